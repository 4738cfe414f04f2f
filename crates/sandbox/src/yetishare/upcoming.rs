//! What a test has set for the next upload.

use crate::receive::Damage;

/// What is to happen to the next upload.
#[derive(Debug, Default)]
pub(crate) struct Upcoming {
    pub(crate) damage: Damage,
    /// Whether every token ends when it arrives.
    pub(crate) ends_tokens: bool,
    /// The uploader's words, by which it fails.
    pub(crate) error: Option<String>,
}

impl Upcoming {
    /// How the upload that comes now is damaged; the one after it is not.
    pub(crate) fn take_damage(&mut self) -> Damage {
        std::mem::take(&mut self.damage)
    }
}
