//! The multipart form of an upload. It finds the begin and end of the file in the form, without storing it.

use crate::digests::{Digests, Hashers};

/// The largest size of the bytes before the file: the fields, and the head of the file's own part.
const MAX_PREAMBLE: usize = 64 * 1024;

/// A form that is being received.
pub(crate) struct UploadForm {
    /// The length of the form after the file: the last boundary.
    tail: u64,
    length: u64,
    preamble: Vec<u8>,
    file: Option<PartialFile>,
}

struct PartialFile {
    size: u64,
    left: u64,
    hashers: Option<Hashers>,
}

/// A file that was received.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReceivedFile {
    pub(crate) size: u64,
    pub(crate) digests: Option<Digests>,
}

/// What to determine of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Size,
    Digests,
}

impl UploadForm {
    /// Creates a form of this length, or returns `None` if the media type is not that of a form.
    pub(crate) fn new(content_type: &str, length: u64) -> Option<Self> {
        let (_, boundary) = content_type.split_once("boundary=")?;
        let boundary = boundary.trim_matches('"').len() as u64;
        // CR, LF, two hyphens before the boundary and two after it, CR, LF.
        Some(Self { tail: boundary + 8, length, preamble: Vec::new(), file: None })
    }

    /// Processes the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8], wanted: Wanted) {
        match &mut self.file {
            Some(file) => file.feed(bytes),
            None if self.preamble.len() < MAX_PREAMBLE => {
                self.preamble.extend_from_slice(bytes);
                let Some(begin) = file_begin(&self.preamble) else { return };
                let size = self.length.saturating_sub(begin as u64 + self.tail);
                let hashers = (wanted == Wanted::Digests).then(Hashers::default);
                let file = self.file.insert(PartialFile { size, left: size, hashers });
                file.feed(&self.preamble[begin..]);
                self.preamble = Vec::new();
            }
            None => {}
        }
    }

    /// Returns the file, if the form had a complete one.
    pub(crate) fn finish(self) -> Option<ReceivedFile> {
        let file = self.file.filter(|file| file.left == 0)?;
        Some(ReceivedFile { size: file.size, digests: file.hashers.map(Hashers::finish) })
    }
}

impl PartialFile {
    fn feed(&mut self, bytes: &[u8]) {
        let own = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        if let Some(hashers) = &mut self.hashers {
            hashers.update(&bytes[..own]);
        }
        self.left -= own as u64;
    }
}

/// Returns the position after the head of the part that has a file name.
fn file_begin(preamble: &[u8]) -> Option<usize> {
    let name = find(preamble, b"filename=")?;
    let end = find(&preamble[name..], b"\r\n\r\n")?;
    Some(name + end + 4)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_is_found_wherever_the_form_is_split() {
        let form = "--b\r\nContent-Disposition: form-data; name=\"folder_id\"\r\n\r\n12\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\nabc\r\n--b--\r\n";
        for cut in 1..form.len() {
            let mut upload = UploadForm::new("multipart/form-data; boundary=b", form.len() as u64).unwrap();
            upload.feed(&form.as_bytes()[..cut], Wanted::Digests);
            upload.feed(&form.as_bytes()[cut..], Wanted::Digests);
            let received = upload.finish().unwrap();
            assert_eq!(received.size, 3);
            assert_eq!(received.digests.unwrap().md5, "900150983cd24fb0d6963f7d28e17f72");
        }
        assert!(UploadForm::new("text/plain", 1).is_none());
    }
}
