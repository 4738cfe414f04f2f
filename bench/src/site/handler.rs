//! Handles one request: selects the file or the answer that its path stands for.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::answers;
use super::connection::{Connection, Head};
use super::faults::{self, Fault};
use super::mode::SiteMode;
use super::upload_form::{UploadForm, Wanted};

/// The largest body that is not an upload.
const MAX_FORM: u64 = 64 * 1024;
/// How fast each upload is received under `/slow`, in bytes per second.
const SLOW: f64 = 16.0 * 1024.0 * 1024.0;

/// Answers a request.
///
/// # Errors
/// Fails if the connection cannot be used any more.
pub(crate) async fn answer(connection: &mut Connection, head: &Head, address: SocketAddr) -> io::Result<()> {
    let (mode, path) = SiteMode::of(&head.path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if let Some(state) = path.strip_prefix(faults::SWITCH) {
        let known = faults::switch(state);
        return connection.answer(if known { "200 OK" } else { "404 Not Found" }, "{}").await;
    }
    let fault = if mode == SiteMode::Troubled { faults::of(path).await } else { Fault::None };
    if fault == Fault::Refused {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    connection.send_continue(head).await?;
    if fault != Fault::None {
        discard(connection, head.length).await?;
        return fault.apply(connection).await;
    }
    if let Some(size) = path.strip_prefix("/bytes/").and_then(|size| size.parse().ok()) {
        return connection.send_file(size).await;
    }
    if head.method == "POST" && (path == answers::UPLOAD || path == answers::YETISHARE_UPLOAD) {
        return receive(connection, head, mode, path).await;
    }
    let form = form(connection, head.length).await?;
    let id = ["file_id", "file", "folder", "parent_folder_id"]
        .into_iter()
        .find_map(|name| parameter(&form, name).or(parameter(query, name)));
    match answers::to(path, id.unwrap_or_default(), mode, address) {
        Some(json) => connection.answer("200 OK", &json).await,
        None => connection.answer("404 Not Found", "{}").await,
    }
}

async fn receive(connection: &mut Connection, head: &Head, mode: SiteMode, path: &str) -> io::Result<()> {
    let Some(mut upload) = UploadForm::new(&head.content_type, head.length) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an upload must be a form"));
    };
    let wanted = if mode == SiteMode::Digesting { Wanted::Digests } else { Wanted::Size };
    let mut left = head.length;
    while left > 0 {
        let bytes = connection.take(left).await?;
        let taken = bytes.len();
        upload.feed(bytes, wanted);
        left -= taken as u64;
        if mode == SiteMode::Slow {
            tokio::time::sleep(Duration::from_secs_f64(taken as f64 / SLOW)).await;
        }
    }
    match upload.finish() {
        Some(received) => connection.answer("200 OK", &answers::stored(path, &received)).await,
        None => connection.answer("400 Bad Request", "{}").await,
    }
}

/// Reads a body of any length and discards it.
async fn discard(connection: &mut Connection, length: u64) -> io::Result<()> {
    let mut left = length;
    while left > 0 {
        left -= connection.take(left).await?.len() as u64;
    }
    Ok(())
}

async fn form(connection: &mut Connection, length: u64) -> io::Result<String> {
    if length > MAX_FORM {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the form is too large"));
    }
    let mut left = length;
    let mut form = Vec::new();
    while left > 0 {
        let bytes = connection.take(left).await?;
        form.extend_from_slice(bytes);
        left -= bytes.len() as u64;
    }
    Ok(String::from_utf8_lossy(&form).into_owned())
}

/// Returns a parameter without decoding it. Ids need no decoding.
fn parameter<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_selects_the_mode() {
        assert_eq!(SiteMode::of("/openload/v1/file/ul"), (SiteMode::Fast, "/openload/v1/file/ul"));
        assert_eq!(SiteMode::of("/slow/upload"), (SiteMode::Slow, "/upload"));
        assert_eq!(SiteMode::of("/digesting/upload"), (SiteMode::Digesting, "/upload"));
    }

    #[test]
    fn parameter_is_found_by_its_full_name() {
        assert_eq!(parameter("my_file_id=1&file_id=42&x", "file_id"), Some("42"));
        assert_eq!(parameter("", "file_id"), None);
    }
}
