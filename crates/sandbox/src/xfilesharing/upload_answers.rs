//! The answers of the upload nodes, which differ by flavour.

use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::flavours::Flavour;
use super::form::Form;
use super::refusal::Refusal;
use super::reply;
use super::site::{Context, Site};

/// A file of a form, as the node handled it.
#[derive(Debug)]
pub(crate) struct Uploaded {
    pub(crate) file_name: String,
    pub(crate) size: u64,
    pub(crate) outcome: Outcome,
}

/// The outcome of a file.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The code of the stored file.
    Stored(String),
    /// The file is gone, although the status is `OK`. The text stands for the code.
    Discarded(&'static str),
    /// The site's words.
    Refused(String),
}

impl Uploaded {
    fn code(&self) -> &str {
        match &self.outcome {
            Outcome::Stored(code) => code,
            Outcome::Discarded(text) => text,
            Outcome::Refused(_) => "",
        }
    }

    fn status(&self) -> &str {
        match &self.outcome {
            Outcome::Stored(_) | Outcome::Discarded(_) => "OK",
            Outcome::Refused(words) => words,
        }
    }
}

/// Returns an error of the node: HTTP 500 with plain text.
pub(crate) fn error(words: &str) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, format!("ERROR: {words}\n")).into_response()
}

/// Returns the answer to a form.
pub(crate) fn answer(site: &Site, form: &Form, outcome: Result<Vec<Uploaded>, Refusal>) -> Response {
    let options = site.options();
    let files = match outcome {
        Ok(files) => files,
        Err(refusal) => return reply::envelope(options, Err(refusal), None),
    };
    let is_keyless = options.flavour == Flavour::Xvs && form.field("key").is_none();
    if is_keyless && form.field("json") == Some("1") {
        let rows = files.iter().map(|file| json!({"code": file.code(), "status": file.status()}));
        return text(json!({"result": rows.collect::<Vec<_>>()}).to_string());
    }
    let is_unauthorized = files.iter().any(|file| file.status() == "Unauthorized");
    if is_keyless || is_unauthorized || options.upload_textareas || form.field("html_redirect").is_some() {
        return textareas(&files);
    }
    let body = site.with(|context| written(context, &files));
    let is_alive = options.flavour == Flavour::Xfs && form.field("keepalive").is_some();
    text(if is_alive { format!("# Keep-Alive\n# Keep-Alive\n{body}") } else { body })
}

/// Returns the JSON of an answer.
fn written(context: &Context<'_>, files: &[Uploaded]) -> String {
    match context.options.flavour {
        Flavour::Xvs | Flavour::Byse => {
            // The script does not escape the name.
            let rows = files.iter().map(|file| {
                let (code, name, status) = (file.code(), &file.file_name, file.status());
                format!(r#"{{"filecode":"{code}","filename":"{name}","status":"{status}"}}"#)
            });
            let rows = rows.collect::<Vec<_>>().join(",");
            format!(r#"{{"msg":"OK","status":200,"files":[{rows}]}}"#)
        }
        Flavour::Xfs => {
            let rows = files.iter().map(|file| json!({"file_code": file.code(), "file_status": file.status()}));
            Value::from(rows.collect::<Vec<_>>()).to_string()
        }
        Flavour::Dood => dood(context, files).to_string(),
        Flavour::Voe => voe(files).to_string(),
    }
}

fn dood(context: &Context<'_>, files: &[Uploaded]) -> Value {
    if let Some(refused) = files.iter().find(|file| matches!(file.outcome, Outcome::Refused(_))) {
        return json!({"msg": refused.status(), "status": 400});
    }
    let rows = files.iter().map(|file| {
        let code = file.code();
        let mut row = json!({
            "filecode": code, "status": "OK", "title": file.file_name, "size": file.size.to_string(),
            "length": "596", "canplay": 1, "download_url": format!("{}/d/{code}", context.origin),
            "protected_embed": format!("/e/{code}"), "protected_dl": format!("/d/{code}"),
        });
        row["single_img"] = Value::from(context.picture(code, ""));
        row["splash_img"] = Value::from(context.picture(code, "_s"));
        row["uploaded"] = Value::from(context.local(context.now));
        row
    });
    json!({"msg": "OK", "status": 200, "result": rows.collect::<Vec<_>>()})
}

fn voe(files: &[Uploaded]) -> Value {
    match files.first() {
        Some(file) if !matches!(file.outcome, Outcome::Refused(_)) => json!({
            "success": true, "message": "File has been uploaded successfully.",
            "file": {"id": 1, "file_code": file.code(), "file_title": file.file_name, "encoding_necessary": false},
        }),
        refused => json!({"success": false, "message": refused.map_or("No file", Uploaded::status)}),
    }
}

/// Returns the HTML form that browsers get.
fn textareas(files: &[Uploaded]) -> Response {
    let areas = files.iter().map(|file| {
        format!("<textarea name=\"fn\">{}</textarea><textarea name=\"st\">{}</textarea>", file.code(), file.status())
    });
    Html(format!("<HTML><BODY><Form name='F1' method='POST'>{}</Form></BODY></HTML>", areas.collect::<String>()))
        .into_response()
}

fn text(body: String) -> Response {
    ([(CONTENT_TYPE, "text/html; charset=UTF-8")], body).into_response()
}
