//! The form of an upload as it arrives: where its file begins and ends, without keeping it.

use crate::digests::{Digests, Hashers};

/// The most that stands before the file's bytes: the fields, and the head of the file's own part.
const MAX_PREAMBLE: usize = 64 * 1024;

/// A form under way.
pub(crate) struct Intake {
    /// What the form has behind its file: the last boundary.
    tail: u64,
    length: u64,
    preamble: Vec<u8>,
    file: Option<FileUnderWay>,
}

struct FileUnderWay {
    size: u64,
    left: u64,
    hashers: Option<Hashers>,
}

/// What arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arrived {
    pub(crate) size: u64,
    pub(crate) digests: Option<Digests>,
}

/// What is wanted of a form's file beside its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Size,
    Digests,
}

impl Intake {
    /// A form of this length; `None` where the media type is not that of a form.
    pub(crate) fn new(content_type: &str, length: u64) -> Option<Self> {
        let (_, boundary) = content_type.split_once("boundary=")?;
        let boundary = boundary.trim_matches('"').len() as u64;
        // CR, LF, two hyphens before and two behind, CR, LF.
        Some(Self { tail: boundary + 8, length, preamble: Vec::new(), file: None })
    }

    /// Takes the next bytes.
    pub(crate) fn feed(&mut self, bytes: &[u8], wanted: Wanted) {
        match &mut self.file {
            Some(file) => file.feed(bytes),
            None if self.preamble.len() < MAX_PREAMBLE => {
                self.preamble.extend_from_slice(bytes);
                let Some(begin) = file_begin(&self.preamble) else { return };
                let size = self.length.saturating_sub(begin as u64 + self.tail);
                let hashers = (wanted == Wanted::Digests).then(Hashers::default);
                let file = self.file.insert(FileUnderWay { size, left: size, hashers });
                file.feed(&self.preamble[begin..]);
                self.preamble = Vec::new();
            }
            None => {}
        }
    }

    /// The file, if the form had one.
    pub(crate) fn finish(self) -> Option<Arrived> {
        let file = self.file.filter(|file| file.left == 0)?;
        Some(Arrived { size: file.size, digests: file.hashers.map(Hashers::finish) })
    }
}

impl FileUnderWay {
    fn feed(&mut self, bytes: &[u8]) {
        let mine = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        if let Some(hashers) = &mut self.hashers {
            hashers.update(&bytes[..mine]);
        }
        self.left -= mine as u64;
    }
}

/// Behind the head of the part that has a file name.
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
    fn a_file_is_found_in_its_form_however_the_bytes_are_cut() {
        let form = "--b\r\nContent-Disposition: form-data; name=\"folder_id\"\r\n\r\n12\r\n\
                    --b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n\"\r\n\r\nabc\r\n--b--\r\n";
        for cut in 1..form.len() {
            let mut intake = Intake::new("multipart/form-data; boundary=b", form.len() as u64).unwrap();
            intake.feed(&form.as_bytes()[..cut], Wanted::Digests);
            intake.feed(&form.as_bytes()[cut..], Wanted::Digests);
            let arrived = intake.finish().unwrap();
            assert_eq!(arrived.size, 3);
            assert_eq!(arrived.digests.unwrap().md5, "900150983cd24fb0d6963f7d28e17f72");
        }
        assert!(Intake::new("text/plain", 1).is_none());
    }
}
