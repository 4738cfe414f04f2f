//! Names for what must not be told: who uses a site, and with what.

use sha2::{Digest as _, Sha256};

/// Stands for these texts, in this order, and for no others. It tells none of them.
#[must_use]
pub fn fingerprint(texts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        // With the lengths, for `["ab", ""]` is not `["a", "b"]`.
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    hex::encode(&digest.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_have_another_fingerprint_and_the_same_have_the_same() {
        let all =
            [fingerprint(&["ab", "c"]), fingerprint(&["a", "bc"]), fingerprint(&["c", "ab"]), fingerprint(&["abc"])];
        for (place, one) in all.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(all.iter().skip(place + 1).all(|other| other != one));
        }
        assert_eq!(fingerprint(&["ab", "c"]), all[0]);
    }
}
