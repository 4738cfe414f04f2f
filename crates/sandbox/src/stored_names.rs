//! The changes that a site makes to names before it stores them.

use icu_normalizer::ComposingNormalizerBorrowed;

/// The change that a site makes to the name of a file or folder before it stores it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StoredNames {
    /// Unchanged.
    #[default]
    AsSent,
    /// Composed, in Unicode's form NFC: `e` with a combining accent becomes `é`.
    Nfc,
    /// Each space becomes `_`.
    Underscores,
}

impl StoredNames {
    /// Returns the name that is stored for the name that was sent.
    pub(crate) fn store(self, sent: &str) -> String {
        match self {
            Self::AsSent => sent.to_owned(),
            Self::Nfc => ComposingNormalizerBorrowed::new_nfc().normalize(sent).into_owned(),
            Self::Underscores => sent.replace(' ', "_"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::StoredNames;

    #[test]
    fn name_is_stored_in_the_sites_form() {
        let sent = "E\u{301}te\u{301} a.mp4";
        assert_eq!(StoredNames::AsSent.store(sent), sent);
        assert_eq!(StoredNames::Nfc.store(sent), "\u{c9}t\u{e9} a.mp4");
        assert_eq!(StoredNames::Underscores.store("a b.mp4"), "a_b.mp4");
    }
}
