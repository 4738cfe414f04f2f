//! The bytes of files: where they lie, what they hash to, and how made-up ones are made.

use std::io;
use std::path::Path;
use std::sync::Arc;

use sha1::{Digest, Sha1};
use tempfile::TempPath;

/// Where a file's bytes lie.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// In memory: files that the simulator made up, which are small.
    Memory(Arc<[u8]>),
    /// On disk: files that were uploaded. The file goes when the last of these goes.
    Disk(Arc<TempPath>),
}

impl Content {
    pub(crate) fn read(&self) -> io::Result<Vec<u8>> {
        match self {
            Self::Memory(bytes) => Ok(bytes.to_vec()),
            Self::Disk(path) => std::fs::read::<&Path>(path.as_ref()),
        }
    }
}

/// Bytes that depend on the name alone: the name itself, and then a pattern.
pub(crate) fn made_up(name: &str, length: usize) -> Vec<u8> {
    let seed = digest(name.as_bytes());
    let pattern = seed.iter().cycle().enumerate().map(|(at, byte)| byte.wrapping_add((at / 20) as u8));
    format!("{name}\n").into_bytes().into_iter().chain(pattern).take(length).collect()
}

/// SHA-1 of some bytes, in hexadecimal.
pub(crate) fn sha1_of(bytes: &[u8]) -> String {
    hex::encode(digest(bytes))
}

pub(crate) fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha1::digest(bytes).to_vec()
}

/// The content type of a file, by the end of its name.
pub(crate) fn type_by_name(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref() {
        Some("mp4" | "m4v") => "video/mp4",
        Some("mkv") => "video/x-matroska",
        Some("webm") => "video/webm",
        Some("avi") => "video/x-msvideo",
        Some("mov") => "video/quicktime",
        Some("mpg" | "mpeg") => "video/mpeg",
        Some("flv") => "video/x-flv",
        Some("wmv") => "video/x-ms-wmv",
        Some("ts") => "video/mp2t",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::{made_up, sha1_of};

    #[test]
    fn made_up_bytes_have_their_length_and_depend_on_the_name() {
        assert_eq!(made_up("a.mp4", 5000).len(), 5000);
        assert_eq!(made_up("a.mp4", 5000), made_up("a.mp4", 5000));
        assert_ne!(sha1_of(&made_up("a.mp4", 5000)), sha1_of(&made_up("b.mp4", 5000)));
    }
}
