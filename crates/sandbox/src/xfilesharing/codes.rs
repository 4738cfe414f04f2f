//! The codes of files, and the ids of upload sessions.

use crate::content;
use crate::random::random_text;

/// The characters of a new code.
const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The length of a code.
const LENGTH: usize = 12;

/// Returns a new random code, such as `a1b2c3d4e5f6`.
pub(crate) fn random_code() -> String {
    random_text(LETTERS, LENGTH)
}

/// Returns a code that is always the same for the same text.
pub(crate) fn stable_code(text: &str) -> String {
    let letter = |byte: u8| LETTERS.get(usize::from(byte % 36)).copied().map_or('a', char::from);
    content::digest(text.as_bytes()).into_iter().take(LENGTH).map(letter).collect()
}

/// Returns the id of a new upload session.
pub(crate) fn random_session() -> String {
    random_text(b"abcdefghijklmnopqrstuvwxyz0123456789", 32)
}

/// Returns whether a text has the form of a code: 12 word characters.
pub(crate) fn is_code(text: &str) -> bool {
    text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
