//! The effects that a test has set for the next upload.

use crate::receive::Damage;

/// The effects to apply to the next upload.
#[derive(Debug, Default)]
pub(crate) struct NextUpload {
    pub(crate) damage: Damage,
    /// Whether its arrival invalidates every access token.
    pub(crate) ends_tokens: bool,
    /// The uploader's message if it fails.
    pub(crate) error: Option<String>,
}

impl NextUpload {
    /// Returns the damage of the current upload. The next one is not damaged.
    pub(crate) fn take_damage(&mut self) -> Damage {
        std::mem::take(&mut self.damage)
    }
}
