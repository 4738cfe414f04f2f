//! Fingerprints: identifiers for secrets, such as the user at a site and the user's token.

use sha2::{Digest as _, Sha256};

/// Returns a fingerprint of these texts in this order, which does not reveal them. Other texts have another
/// fingerprint.
#[must_use]
pub fn fingerprint(texts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        // The lengths keep `["ab", ""]` and `["a", "b"]` apart.
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    hex::encode(&digest.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_equal_for_equal_texts_only() {
        let all =
            [fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]), fingerprint(&["c", "ab"]), fingerprint(&["abc"])];
        for (place, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(all.iter().skip(place + 1).all(|other| other != one));
        }
        assert_eq!(fingerprint(&["ab", "c"]), all[0]);
    }
}
