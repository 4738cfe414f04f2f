//! A `multipart/form-data` body of a few fields and one file, of exact length.
//!
//! The HTTP library is not used for this, because it doubles every backslash of a file name. Servers that are tested
//! only with browsers then keep both.

use std::fmt;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use polyhost_domain::{UploadBody, UploadReport};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// A file to upload, and the form that it is sent in.
pub struct FilePart {
    /// Fields of the form that come before the file, by name and value.
    pub fields: Vec<(String, SecretString)>,
    /// The form field that holds the file.
    pub field: String,
    /// The file's name.
    pub file_name: String,
    /// The file's media type. If it is unknown or not valid in a header, `application/octet-stream` is sent.
    pub content_type: Option<String>,
    /// The bytes, which are opened on demand.
    pub body: UploadBody,
    /// Records the amount of the file that had been sent when the answer arrived.
    pub report: UploadReport,
}

impl fmt::Debug for FilePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FilePart").field("file_name", &self.file_name).field("body", &self.body).finish_non_exhaustive()
    }
}

/// The parts of the form before and after the bytes of the file.
pub(crate) struct Form {
    boundary: String,
    head: Bytes,
    tail: Bytes,
}

impl Form {
    pub(crate) fn new(part: &FilePart) -> Self {
        Self::with_boundary(part, format!("polyhost-{}", Uuid::new_v4().simple()))
    }

    fn with_boundary(part: &FilePart, boundary: String) -> Self {
        let field = escape(&part.field);
        let file_name = escape(&part.file_name);
        let content_type = part.content_type.as_deref().filter(|text| is_header_text(text));
        let content_type = content_type.unwrap_or("application/octet-stream");
        let fields: String = part.fields.iter().map(|(name, value)| text_part(&boundary, name, value)).collect();
        let head = format!(
            "{fields}--{boundary}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file_name}\"\r\n\
             Content-Type: {content_type}\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        Self { boundary, head: head.into(), tail: tail.into() }
    }

    pub(crate) fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={}", self.boundary)
    }

    /// Returns the length of the whole body for a file of at most `length` bytes.
    pub(crate) fn length(&self, length: u64) -> u64 {
        length.saturating_add((self.head.len() + self.tail.len()) as u64)
    }

    /// Returns the number of bytes of the body before the end of a file of `length` bytes.
    pub(crate) fn until_end_of_file(&self, length: u64) -> u64 {
        length.saturating_add(self.head.len() as u64)
    }

    /// Returns the stream of the whole body.
    ///
    /// After the end of the file, `missing` returns the number of bytes by which it was shorter than its maximum
    /// length. As many spaces are appended after the last line, so that the body has the announced length. Servers
    /// ignore text after the last line (RFC 2046).
    pub(crate) fn around<S, E>(
        self,
        file: S,
        missing: impl FnOnce() -> u64 + Send + 'static,
    ) -> impl Stream<Item = Result<Bytes, E>> + Send + 'static
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Send + 'static,
    {
        let head = stream::iter([Ok(self.head)]);
        let tail = stream::once(async move {
            let missing = usize::try_from(missing()).unwrap_or_default();
            if missing == 0 { Ok(self.tail) } else { Ok([&self.tail[..], &vec![b' '; missing]].concat().into()) }
        });
        head.chain(file).chain(tail)
    }
}

fn text_part(boundary: &str, name: &str, value: &SecretString) -> String {
    let (name, value) = (escape(name), value.expose_secret());
    format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
}

/// Escapes a text for a quoted header parameter. UTF-8 stays as it is, as in browsers. A quote becomes `\"` and not the
/// browsers' `%22`, which PHP does not decode. A backslash is doubled only where it would be read as an escape, because
/// not every server undoes that.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => escaped.push_str("\\\""),
            '\r' => escaped.push_str("%0D"),
            '\n' => escaped.push_str("%0A"),
            '\\' if matches!(letters.peek(), None | Some('"' | '\\')) => escaped.push_str("\\\\"),
            _ => escaped.push(letter),
        }
    }
    escaped
}

fn is_header_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn form_has_the_announced_length_and_escaped_names() {
        let part = FilePart {
            fields: vec![("access_token".into(), "t0ken".into()), ("folder_id".into(), "12".into())],
            field: "file1".into(),
            file_name: "Le \"dîner\"\r\n\\ 夏.mp4".into(),
            content_type: Some("video/mp4".into()),
            body: UploadBody::once(3, stream::empty().boxed()),
            report: UploadReport::default(),
        };
        let form = Form::with_boundary(&part, "b".into());
        let length = form.length(3);
        assert_eq!(form.content_type(), "multipart/form-data; boundary=b");

        let file = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"abc"))]);
        let body: Vec<Bytes> = form.around(file, || 0).map(Result::unwrap).collect().await;
        let body = body.concat();
        assert_eq!(body.len() as u64, length);
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "--b\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\nt0ken\r\n\
             --b\r\nContent-Disposition: form-data; name=\"folder_id\"\r\n\r\n12\r\n\
             --b\r\nContent-Disposition: form-data; name=\"file1\"; \
             filename=\"Le \\\"dîner\\\"%0D%0A\\ 夏.mp4\"\r\nContent-Type: video/mp4\r\n\r\nabc\r\n--b--\r\n"
        );
    }

    #[tokio::test]
    async fn shorter_file_is_padded_to_the_announced_length() {
        let part = FilePart {
            fields: Vec::new(),
            field: "f".into(),
            file_name: "n".into(),
            content_type: None,
            body: UploadBody::once_within(5, 2, stream::empty().boxed()),
            report: UploadReport::default(),
        };
        let form = Form::with_boundary(&part, "b".into());
        let length = form.length(5);
        let file = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"abc"))]);
        let body: Vec<Bytes> = form.around(file, || 2).map(Result::unwrap).collect().await;
        let body = body.concat();
        assert_eq!(body.len() as u64, length);
        assert!(body.ends_with(b"\r\n\r\nabc\r\n--b--\r\n  "));
    }

    #[test]
    fn no_character_of_a_name_ends_its_quotes() {
        let cases =
            [("a\"b", "a\\\"b"), ("a\\b", "a\\b"), ("a\\", "a\\\\"), ("a\\\"", "a\\\\\\\""), ("\\\\x", "\\\\\\x")];
        for (name, escaped) in cases {
            assert_eq!(escape(name), escaped);
        }
    }

    #[test]
    fn invalid_media_type_cannot_inject_a_header() {
        let part = |content_type: &str| FilePart {
            fields: Vec::new(),
            field: "f".into(),
            file_name: "n".into(),
            content_type: Some(content_type.into()),
            body: UploadBody::once(0, stream::empty().boxed()),
            report: UploadReport::default(),
        };
        for bad in ["video/mp4\r\nX: y", "", "vidéo/mp4"] {
            let head = Form::new(&part(bad)).head;
            let head = std::str::from_utf8(&head).unwrap();
            assert!(head.ends_with("Content-Type: application/octet-stream\r\n\r\n"), "{head}");
        }
    }
}
