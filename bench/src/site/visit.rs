//! One request: which file or answer its path stands for.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::answers;
use super::connection::{Connection, Head};
use super::intake::{Intake, Wanted};
use super::manner::Manner;
use super::trouble::{self, Trouble};

/// The largest body that is not an upload.
const MAX_FORM: u64 = 64 * 1024;
/// How fast bytes are taken under `/slow`, for each upload: in bytes per second.
const SLOW: f64 = 16.0 * 1024.0 * 1024.0;

/// Answers a request.
///
/// # Errors
/// Where the connection can be used no more.
pub(crate) async fn answer(connection: &mut Connection, head: &Head, address: SocketAddr) -> io::Result<()> {
    let (manner, path) = Manner::of(&head.path);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if let Some(mood) = path.strip_prefix(trouble::SWITCH) {
        let known = trouble::switch(mood);
        return connection.answer(if known { "200 OK" } else { "404 Not Found" }, "{}").await;
    }
    let trouble = if manner == Manner::Troubled { trouble::of(path).await } else { Trouble::None };
    if trouble == Trouble::Refused {
        return Err(io::ErrorKind::ConnectionReset.into());
    }
    connection.invite(head).await?;
    if trouble != Trouble::None {
        skim(connection, head.length).await?;
        return trouble.befall(connection).await;
    }
    if let Some(size) = path.strip_prefix("/bytes/").and_then(|size| size.parse().ok()) {
        return connection.give(size).await;
    }
    if head.method == "POST" && (path == answers::UPLOAD || path == answers::YETISHARE_UPLOAD) {
        return receive(connection, head, manner, path).await;
    }
    let form = form(connection, head.length).await?;
    let named = ["file_id", "file"].into_iter().find_map(|name| parameter(&form, name).or(parameter(query, name)));
    let file = named.unwrap_or_default();
    match answers::to(path, file, manner, address) {
        Some(json) => connection.answer("200 OK", &json).await,
        None => connection.answer("404 Not Found", "{}").await,
    }
}

async fn receive(connection: &mut Connection, head: &Head, manner: Manner, path: &str) -> io::Result<()> {
    let Some(mut intake) = Intake::new(&head.content_type, head.length) else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "an upload is a form"));
    };
    let wanted = if manner == Manner::Digesting { Wanted::Digests } else { Wanted::Size };
    let mut left = head.length;
    while left > 0 {
        let bytes = connection.take(left).await?;
        let taken = bytes.len();
        intake.feed(bytes, wanted);
        left -= taken as u64;
        if manner == Manner::Slow {
            tokio::time::sleep(Duration::from_secs_f64(taken as f64 / SLOW)).await;
        }
    }
    match intake.finish() {
        Some(arrived) => connection.answer("200 OK", &answers::stored(path, &arrived)).await,
        None => connection.answer("400 Bad Request", "{}").await,
    }
}

/// Reads a body of any length and forgets it.
async fn skim(connection: &mut Connection, length: u64) -> io::Result<()> {
    let mut left = length;
    while left > 0 {
        left -= connection.take(left).await?.len() as u64;
    }
    Ok(())
}

async fn form(connection: &mut Connection, length: u64) -> io::Result<String> {
    if length > MAX_FORM {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "only uploads are large"));
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

/// A parameter as it stands; ids need no decoding.
fn parameter<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&').find_map(|pair| pair.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_says_how_its_bytes_are_treated() {
        assert_eq!(Manner::of("/openload/v1/file/ul"), (Manner::Fast, "/openload/v1/file/ul"));
        assert_eq!(Manner::of("/slow/upload"), (Manner::Slow, "/upload"));
        assert_eq!(Manner::of("/digesting/upload"), (Manner::Digesting, "/upload"));
    }

    #[test]
    fn a_parameter_is_found_by_its_whole_name() {
        assert_eq!(parameter("my_file_id=1&file_id=42&x", "file_id"), Some("42"));
        assert_eq!(parameter("", "file_id"), None);
    }
}
