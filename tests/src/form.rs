//! A body of `multipart/form-data`, put together as it is told to be: right, or wrong in any way.

/// What separates the parts.
const BOUNDARY: &str = "----PolyhostEndToEnd7MA4YWxkTrZu0gW";

/// A form that is being put together.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<u8>);

impl Form {
    /// A form without a part.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text.
    #[must_use]
    pub fn field(self, name: &str, value: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), value.as_bytes())
    }

    /// Adds a video in the field `file`.
    #[must_use]
    pub fn file(self, file_name: &str, bytes: &[u8]) -> Self {
        let disposition = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"");
        self.part(&format!("{disposition}\r\nContent-Type: video/mp4"), bytes)
    }

    /// Adds a part with a head as it stands there.
    #[must_use]
    pub fn part(mut self, head: &str, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    /// The value of Content-Type.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// The whole.
    pub fn body(&self) -> Vec<u8> {
        let mut whole = self.0.clone();
        whole.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        whole
    }
}
