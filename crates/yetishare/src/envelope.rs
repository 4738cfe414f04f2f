//! What every answer comes in, and whether it tells of a success. Versions 4 and 5 of the script have another name for
//! the status, and older ones none; whichever it is, an answer with data and without an error is a success.

use polyhost_upstream::decode::{self, Message, Unreadable, json};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A JSON answer, as far as it is the same for every endpoint.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Deserialize)]
struct Envelope<'a> {
    /// As version 4 has it.
    status: Option<String>,
    /// As version 5 has it.
    #[serde(rename = "_status")]
    underscored_status: Option<String>,
    /// The site's clock, where it is.
    #[serde(rename = "_datetime")]
    clock: Option<String>,
    response: Option<Message>,
    /// As older versions have it.
    message: Option<Message>,
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    /// As older versions have it.
    result: Option<bool>,
    /// As older versions have it.
    success: Option<bool>,
    /// The message about an endpoint that is not there.
    #[serde(rename = "0")]
    unnamed: Option<Message>,
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    data: Option<&'a RawValue>,
    /// Of `file/copy`, which has no `data` of its own.
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    new_file: Option<&'a RawValue>,
}

/// The `new_file` of `file/copy`.
#[derive(Deserialize)]
struct Nested<'a> {
    #[serde(default, borrow)]
    data: Option<&'a RawValue>,
}

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Said<'a> {
    /// It was done.
    Success(Success<'a>),
    /// It was not, with the site's word for that and its message.
    Error { status: Option<String>, message: Option<String>, signature: Signature },
    /// JSON that says neither.
    Neither,
}

/// What shows that an answer is the API's, and not that of a proxy or a firewall before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signature {
    /// Its status beside its message or its clock: no other server writes them so.
    Own,
    /// Only what other servers write, too: a status, a flag with a message, or data.
    Shared,
    /// Nothing.
    Missing,
}

/// A success.
#[derive(Debug)]
pub(crate) struct Success<'a> {
    /// Whether the answer has a word for it, and not only data.
    pub(crate) confirmed: bool,
    /// What was asked for; a call that only does something may answer nothing.
    pub(crate) data: Option<&'a RawValue>,
    /// The site's clock.
    pub(crate) clock: Option<String>,
}

/// Reads an answer.
///
/// # Errors
/// No JSON object.
pub(crate) fn read(body: &[u8]) -> Result<Said<'_>, Unreadable> {
    let envelope: Envelope<'_> = json(body)?;
    let statuses = [&envelope.underscored_status, &envelope.status];
    let is = |word: &str| {
        statuses.iter().any(|status| status.as_deref().is_some_and(|told| told.eq_ignore_ascii_case(word)))
    };
    let confirmed = is("success");
    let denied = envelope.underscored_status.as_deref().is_some_and(|told| !told.eq_ignore_ascii_case("success"));
    let flags = [envelope.result, envelope.success];
    let error = envelope.error.and_then(words);
    let has_text = envelope.response.is_some() || envelope.message.is_some();
    let has_status = confirmed || is("error");
    let signature = if envelope.underscored_status.is_some()
        || (has_status && (envelope.response.is_some() || envelope.clock.is_some()))
    {
        Signature::Own
    } else if has_status || (flags.contains(&Some(false)) && has_text) || envelope.data.is_some_and(is_something) {
        Signature::Shared
    } else {
        Signature::Missing
    };
    if denied || is("error") || flags.contains(&Some(false)) || envelope.unnamed.is_some() {
        let status = envelope.underscored_status.or(envelope.status);
        let message = envelope.response.or(envelope.message).or(error).or(envelope.unnamed);
        return Ok(Said::Error { status, message: message.map(|message| message.0), signature });
    }
    if error.is_some() {
        // Whatever else it says was written for a success.
        return Ok(Said::Error {
            status: envelope.underscored_status.or(envelope.status),
            message: error.map(|error| error.0),
            signature,
        });
    }
    let copied = envelope.new_file.and_then(|raw| decode::value::<Nested<'_>>(raw.get()).ok()?.data);
    let data = [envelope.data, copied].into_iter().flatten().find(|raw| is_something(raw));
    match data {
        None if !confirmed => Ok(Said::Neither),
        data => Ok(Said::Success(Success { confirmed, data, clock: envelope.clock })),
    }
}

/// PHP has many words for nothing.
fn is_something(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "false" | "\"\"")
}

/// The text of an error, where there is one. A number or a flag in its place counts or denies errors.
fn words(raw: &RawValue) -> Option<Message> {
    let text = raw.get().starts_with('"').then(|| decode::value::<Text>(raw.get()).ok()?.0)?;
    text.filter(is_error)
}

/// Whether a text in the place of an error is one. PHP's words for nothing may stand there, as texts.
pub(crate) fn is_error(text: &Message) -> bool {
    !matches!(text.0.trim().to_ascii_lowercase().as_str(), "" | "0" | "null" | "false" | "none")
}

/// A text that stands alone.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text(#[serde(deserialize_with = "decode::lenient")] Option<Message>);

#[cfg(test)]
mod tests {
    use super::*;

    /// `+` and the data of a success, `-` and the message of an error, `?` for neither.
    fn said(body: &str) -> String {
        match read(body.as_bytes()).unwrap() {
            Said::Success(success) => format!("+{}", success.data.map_or("", RawValue::get)),
            Said::Error { message, .. } => format!("-{}", message.unwrap_or_default()),
            Said::Neither => "?".to_owned(),
        }
    }

    #[test]
    fn a_success_is_told_in_many_ways() {
        let rows = [
            (r#"{"data": {"id": "1"}, "_status": "success"}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "status": "success"}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}}"#, r#"+{"id": "1"}"#),
            (r#"{"response": "Folder successfully set as deleted.", "_status": "success"}"#, "+"),
            (r#"{"response": "done", "data": null, "status": "Success"}"#, "+"),
            (r#"{"data": false, "_status": "success"}"#, "+"),
            (r#"{"new_file": {"data": {"id": "2"}}, "original_file": {"data": {"id": "1"}}}"#, r#"+{"id": "2"}"#),
            (r#"{"new_file": "odd", "_status": "success"}"#, "+"),
            (r#"{"data": {"id": "1"}, "status": "active", "_status": "success"}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "error": null}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "error": ""}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "error": 0, "_status": "success"}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "error": "0", "_status": "success"}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "error": false, "_status": "success"}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "error": "null", "_status": "success"}"#, r#"+{"id": "1"}"#),
            (r#"{"data": {"id": "1"}, "error": "False", "_status": "success"}"#, r#"+{"id": "1"}"#),
        ];
        for (body, expected) in rows {
            assert_eq!(said(body), expected, "{body}");
        }
    }

    #[test]
    fn an_error_is_told_in_many_ways_and_outweighs_any_data() {
        let rows = [
            (r#"{"status": "error", "response": "No."}"#, "-No."),
            (r#"{"response": "No.", "_status": "error"}"#, "-No."),
            (r#"{"response": "No.", "_status": "ERROR", "data": {"id": "1"}}"#, "-No."),
            (r#"{"message": "Username could not be found.", "result": false}"#, "-Username could not be found."),
            (r#"{"success": false, "message": "You can`t."}"#, "-You can`t."),
            (
                r#"{"0": "No method found within endpoint (file): x", "_status": "error"}"#,
                "-No method found within endpoint (file): x",
            ),
            (r#"{"status": "error"}"#, "-"),
            (r#"{"status": "error", "response": ["odd"]}"#, "-"),
            (r#"{"_status": "failed", "response": "No.", "data": {"id": "1"}}"#, "-No."),
            (r#"{"_status": "fail", "data": {"id": "1"}}"#, "-"),
            (r#"{"_status": "pending", "status": "success"}"#, "-"),
            (r#"{"error": "No."}"#, "-No."),
            (r#"{"error": "No.", "data": {"id": "1"}}"#, "-No."),
            (r#"{"error": "No.", "data": {"id": "1"}, "response": "Done.", "_status": "success"}"#, "-No."),
            (r#"{"error": "No.", "_status": "error"}"#, "-No."),
            (r#"{"error": "no", "response": "No.", "_status": "error"}"#, "-No."),
        ];
        for (body, expected) in rows {
            assert_eq!(said(body), expected, "{body}");
        }
    }

    #[test]
    fn answer_of_the_api_is_known_by_its_fields() {
        let rows = [
            (r#"{"_status": "error", "response": "No."}"#, Signature::Own),
            (r#"{"_status": "error"}"#, Signature::Own),
            (r#"{"status": "error", "response": "No."}"#, Signature::Own),
            (r#"{"status": "error", "_datetime": "2024-11-19 00:28:38"}"#, Signature::Own),
            (r#"{"0": "No.", "_status": "error"}"#, Signature::Own),
            (r#"{"status": "error", "message": "No."}"#, Signature::Shared),
            (r#"{"status": "error"}"#, Signature::Shared),
            (r#"{"message": "No.", "result": false}"#, Signature::Shared),
            (r#"{"success": false, "message": "No."}"#, Signature::Shared),
            (r#"{"error": "No.", "data": {"id": "1"}}"#, Signature::Shared),
            (r#"{"success": false, "errors": [{"code": 1}]}"#, Signature::Missing),
            (r#"{"error": "No."}"#, Signature::Missing),
            (r#"{"error": "No.", "status": 403, "message": "No.", "path": "/"}"#, Signature::Missing),
        ];
        for (body, expected) in rows {
            let Said::Error { signature, .. } = read(body.as_bytes()).unwrap() else { panic!("{body}") };
            assert_eq!(signature, expected, "{body}");
        }
    }

    #[test]
    fn what_says_neither_is_no_success() {
        for body in [
            "{}",
            "[]",
            r#"{"response": "File uploaded"}"#,
            r#"{"data": null}"#,
            r#"{"status": "trash"}"#,
            r#"{"result": true}"#,
        ] {
            assert_eq!(said(body), "?", "{body}");
        }
        for body in ["", "<html>", "true", r#"["success"]"#, "{"] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
