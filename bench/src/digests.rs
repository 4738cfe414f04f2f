//! The two digests that sites report for a file.

use md5::Md5;
use sha1::{Digest as _, Sha1};

/// Digests that are being computed.
#[derive(Default)]
pub(crate) struct Hashers {
    sha1: Sha1,
    md5: Md5,
}

/// The digests of a file, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) sha1: String,
    pub(crate) md5: String,
}

impl Hashers {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha1.update(bytes);
        self.md5.update(bytes);
    }

    pub(crate) fn finish(self) -> Digests {
        Digests { sha1: hex::encode(self.sha1.finalize()), md5: hex::encode(self.md5.finalize()) }
    }
}
