//! One upload: its source, and the request that sends it.

mod checksum;
mod flow;
mod remote;
mod send;
mod source;

pub(super) use checksum::checksum_of;
pub(super) use send::Upload;
pub(super) use source::Source;

/// Whether the SHA-1 of a file is declared. That requires reading the file before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// The SHA-1 is declared.
    Declared,
    /// No SHA-1 is declared.
    Omitted,
}
