//! What a request with an `Idempotency-Key` is known by, and the record of its answer.

mod answer;
mod fingerprint;
mod key;
mod record;
mod records;
#[cfg(test)]
mod tests;

pub use answer::Answer;
pub use fingerprint::Fingerprint;
pub use key::{IdempotencyKey, KEY_FIELD, Key};
pub use records::{Begun, Records, Running};

/// What an answer is that was given before.
#[derive(Debug, Clone, Copy)]
pub struct Replayed;
