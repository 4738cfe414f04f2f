//! [`Form`]: a builder of `multipart/form-data` bodies, well-formed or malformed.

/// The boundary between the parts.
const BOUNDARY: &str = "----PolyhostEndToEnd7MA4YWxkTrZu0gW";

/// A form, built part by part.
#[derive(Debug, Clone, Default)]
pub struct Form(Vec<u8>);

impl Form {
    /// Returns a form without parts.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text field.
    #[must_use]
    pub fn field(self, name: &str, value: &str) -> Self {
        self.part(&format!("Content-Disposition: form-data; name=\"{name}\""), value.as_bytes())
    }

    /// Adds a file with the type `video/mp4` in the field `file`.
    #[must_use]
    pub fn file(self, file_name: &str, bytes: &[u8]) -> Self {
        let disposition = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"");
        self.part(&format!("{disposition}\r\nContent-Type: video/mp4"), bytes)
    }

    /// Adds a part. `head` contains its header lines, which are sent unchanged.
    #[must_use]
    pub fn part(mut self, head: &str, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
        self.0.extend_from_slice(bytes);
        self.0.extend_from_slice(b"\r\n");
        self
    }

    /// Returns the value of `Content-Type`.
    pub fn content_type(&self) -> String {
        format!("multipart/form-data; boundary={BOUNDARY}")
    }

    /// Returns the whole body.
    pub fn body(&self) -> Vec<u8> {
        let mut whole = self.0.clone();
        whole.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        whole
    }
}
