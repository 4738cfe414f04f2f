//! The ids of files, which are texts in this dialect.

use crate::content::digest;

/// The characters of a file's id.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns a new random id, such as `VKrJd-A_vNmpP4L`.
pub(crate) fn random_id() -> String {
    let length = rand::random_range(12..=16);
    (0..length).map(|_| letter(rand::random_range(0..64))).collect()
}

/// Returns an id that is always the same for the same text, so that documentation can name the seeded files.
pub(crate) fn stable_id(text: &str) -> String {
    digest(text.as_bytes()).into_iter().take(12).map(|byte| letter(byte & 63)).collect()
}

fn letter(index: u8) -> char {
    LETTERS.get(usize::from(index)).copied().map_or('A', char::from)
}

#[cfg(test)]
mod tests {
    use super::random_id;

    #[test]
    fn random_id_has_the_sites_format() {
        let id = random_id();
        assert!((12..=16).contains(&id.len()));
        assert!(id.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_".contains(letter)));
    }
}
