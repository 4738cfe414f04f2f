//! The envelope of every answer, and whether it is a success or an error.
//!
//! The status has different names in versions 4 and 5 of the script, and older versions have none. In every version, an
//! answer with data and without an error is a success.

use polyhost_upstream::decode::{self, Message, Unreadable, json};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The fields of an answer that are the same for every endpoint.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Deserialize)]
struct Envelope<'a> {
    /// The status in version 4.
    status: Option<String>,
    /// The status in version 5.
    #[serde(rename = "_status")]
    underscored_status: Option<String>,
    /// The time at the site, in its time zone.
    #[serde(rename = "_datetime")]
    clock: Option<String>,
    response: Option<Message>,
    /// The message in older versions.
    message: Option<Message>,
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    error: Option<&'a RawValue>,
    /// Whether the call succeeded, in older versions.
    result: Option<bool>,
    /// Whether the call succeeded, in older versions.
    success: Option<bool>,
    /// The message about an endpoint that does not exist.
    #[serde(rename = "0")]
    unnamed: Option<Message>,
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    data: Option<&'a RawValue>,
    /// The data of `file/copy`, which has no `data` at the top level.
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

/// The outcome of a call, by its answer.
#[derive(Debug)]
pub(crate) enum Outcome<'a> {
    /// The call succeeded.
    Success(Success<'a>),
    /// The call failed, with the site's status and message.
    Error { status: Option<String>, message: Option<String>, signature: Signature },
    /// The answer is JSON, but neither a success nor an error.
    Neither,
}

/// The evidence that an answer was written by the API, and not by a proxy or a firewall in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signature {
    /// A status together with the API's message or clock. No other server writes these fields.
    Own,
    /// Only fields that other servers write, too: a status, a flag with a message, or data.
    Shared,
    /// No such field.
    Missing,
}

/// The data of a success.
#[derive(Debug)]
pub(crate) struct Success<'a> {
    /// Whether the answer has a status of success, and not only data.
    pub(crate) confirmed: bool,
    /// The requested data. The answer to a write may have none.
    pub(crate) data: Option<&'a RawValue>,
    /// The site's clock.
    pub(crate) clock: Option<String>,
}

/// Parses an answer.
///
/// # Errors
/// The answer is not a JSON object.
pub(crate) fn read(body: &[u8]) -> Result<Outcome<'_>, Unreadable> {
    let envelope: Envelope<'_> = json(body)?;
    let statuses = [&envelope.underscored_status, &envelope.status];
    let is = |word: &str| {
        statuses.iter().any(|status| status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case(word)))
    };
    let confirmed = is("success");
    let has_failed =
        envelope.underscored_status.as_deref().is_some_and(|status| !status.eq_ignore_ascii_case("success"));
    let flags = [envelope.result, envelope.success];
    let error = envelope.error.and_then(error_text);
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
    if has_failed || is("error") || flags.contains(&Some(false)) || envelope.unnamed.is_some() {
        let status = envelope.underscored_status.or(envelope.status);
        let message = envelope.response.or(envelope.message).or(error).or(envelope.unnamed);
        return Ok(Outcome::Error { status, message: message.map(|message| message.0), signature });
    }
    if error.is_some() {
        // The other messages belong to a success, so only the text of `error` is used.
        return Ok(Outcome::Error {
            status: envelope.underscored_status.or(envelope.status),
            message: error.map(|error| error.0),
            signature,
        });
    }
    let copied = envelope.new_file.and_then(|raw| decode::value::<Nested<'_>>(raw.get()).ok()?.data);
    let data = [envelope.data, copied].into_iter().flatten().find(|raw| is_something(raw));
    match data {
        None if !confirmed => Ok(Outcome::Neither),
        data => Ok(Outcome::Success(Success { confirmed, data, clock: envelope.clock })),
    }
}

/// Returns whether a value is not one of PHP's many ways to write "nothing".
fn is_something(raw: &RawValue) -> bool {
    !matches!(raw.get(), "null" | "false" | "\"\"")
}

/// Returns the text of the field `error`, where it describes an error. A number or a flag in it is not an error: it is
/// the number of errors, or means that there are none.
fn error_text(raw: &RawValue) -> Option<Message> {
    let text = raw.get().starts_with('"').then(|| decode::value::<Text>(raw.get()).ok()?.0)?;
    text.filter(is_error)
}

/// Returns whether the text of an error field describes an error. It does not where it is one of PHP's ways to write
/// "nothing", as a text.
pub(crate) fn is_error(text: &Message) -> bool {
    !matches!(text.0.trim().to_ascii_lowercase().as_str(), "" | "0" | "null" | "false" | "none")
}

/// A JSON value that is a text.
#[derive(Deserialize)]
#[serde(transparent)]
struct Text(#[serde(deserialize_with = "decode::lenient")] Option<Message>);

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns `+` and the data of a success, `-` and the message of an error, or `?` for neither.
    fn outcome_of(body: &str) -> String {
        match read(body.as_bytes()).unwrap() {
            Outcome::Success(success) => format!("+{}", success.data.map_or("", RawValue::get)),
            Outcome::Error { message, .. } => format!("-{}", message.unwrap_or_default()),
            Outcome::Neither => "?".to_owned(),
        }
    }

    #[test]
    fn success_is_recognised_in_every_form() {
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
            assert_eq!(outcome_of(body), expected, "{body}");
        }
    }

    #[test]
    fn error_is_recognised_in_every_form_even_with_data() {
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
            assert_eq!(outcome_of(body), expected, "{body}");
        }
    }

    #[test]
    fn answer_of_the_api_is_recognised_by_its_fields() {
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
            let Outcome::Error { signature, .. } = read(body.as_bytes()).unwrap() else { panic!("{body}") };
            assert_eq!(signature, expected, "{body}");
        }
    }

    #[test]
    fn answer_without_status_and_data_is_not_a_success() {
        for body in [
            "{}",
            "[]",
            r#"{"response": "File uploaded"}"#,
            r#"{"data": null}"#,
            r#"{"status": "trash"}"#,
            r#"{"result": true}"#,
        ] {
            assert_eq!(outcome_of(body), "?", "{body}");
        }
        for body in ["", "<html>", "true", r#"["success"]"#, "{"] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
