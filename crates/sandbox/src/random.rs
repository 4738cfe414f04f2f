//! Random texts, such as tokens and ids.

/// Returns a random text of these characters.
pub(crate) fn random_text(letters: &[u8], length: usize) -> String {
    let letter = || letters.get(rand::random_range(0..letters.len())).copied().map_or('0', char::from);
    std::iter::repeat_with(letter).take(length).collect()
}
