//! The ids of files, which are texts in this dialect.

use crate::content::digest;

/// The letters of a file's id.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// An id that nobody has seen before, such as `VKrJd-A_vNmpP4L`.
pub(crate) fn random_id() -> String {
    let length = rand::random_range(12..=16);
    (0..length).map(|_| letter(rand::random_range(0..64))).collect()
}

/// An id that is the same each time for the same text, so that what is seeded can be named in a document.
pub(crate) fn lasting_id(text: &str) -> String {
    digest(text.as_bytes()).into_iter().take(12).map(|byte| letter(byte & 63)).collect()
}

fn letter(index: u8) -> char {
    LETTERS.get(usize::from(index)).copied().map_or('A', char::from)
}

#[cfg(test)]
mod tests {
    use super::random_id;

    #[test]
    fn ids_look_like_the_sites() {
        let id = random_id();
        assert!((12..=16).contains(&id.len()));
        assert!(id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)));
    }
}
