//! What a request with an `Idempotency-Key` is known by, and the record of its answer.

mod answer;
mod fingerprint;
mod key;
mod record;
mod records;
#[cfg(test)]
mod tests;

pub(crate) use answer::Answer;
pub(crate) use fingerprint::Fingerprint;
pub(crate) use key::{IdempotencyKey, Key};
pub(crate) use records::{Begun, Records, Running};

/// What an answer is that was given before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replayed;
