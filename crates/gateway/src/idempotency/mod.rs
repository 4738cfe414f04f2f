//! Idempotency: the key and fingerprint of a request with an `Idempotency-Key`, and the record of its response.

mod answer;
mod fingerprint;
mod key;
mod known;
mod record;
mod records;
mod running;
#[cfg(test)]
mod tests;

pub(crate) use answer::Answer;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use key::{IdempotencyKey, Key};
pub(crate) use records::{Begun, Records};
pub(crate) use running::Running;

/// A response extension that marks a repeated response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replayed;
