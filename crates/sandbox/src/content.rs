//! The bytes of files: where they are stored, their digests, and the generated content of simulated files.

use std::io;
use std::path::Path;
use std::sync::Arc;

use sha1::{Digest, Sha1};
use tempfile::TempPath;

/// The storage of a file's bytes.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// In memory: small files that the simulator generated.
    Memory(Arc<[u8]>),
    /// On disk: files that were uploaded. The file is deleted when the last clone is dropped.
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

/// Returns bytes that depend only on the name: the name itself, followed by a pattern.
pub(crate) fn generated(name: &str, length: usize) -> Vec<u8> {
    let seed = digest(name.as_bytes());
    let pattern = seed.iter().cycle().enumerate().map(|(at, byte)| byte.wrapping_add((at / 20) as u8));
    format!("{name}\n").into_bytes().into_iter().chain(pattern).take(length).collect()
}

/// Returns the SHA-1 of some bytes, in hexadecimal.
pub(crate) fn sha1_of(bytes: &[u8]) -> String {
    hex::encode(digest(bytes))
}

pub(crate) fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha1::digest(bytes).to_vec()
}

/// Returns the content type that the file name's extension stands for.
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
    use super::{generated, sha1_of};

    #[test]
    fn generated_bytes_depend_on_name_and_length() {
        assert_eq!(generated("a.mp4", 5000).len(), 5000);
        assert_eq!(generated("a.mp4", 5000), generated("a.mp4", 5000));
        assert_ne!(sha1_of(&generated("a.mp4", 5000)), sha1_of(&generated("b.mp4", 5000)));
    }
}
