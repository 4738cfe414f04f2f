//! The name of a file or folder, checked when it is parsed.

use std::fmt;
use std::str::FromStr;

use utoipa::ToSchema;

/// The name of a file or folder: 1 to 255 characters, no control character, no `/`, not `.` or `..`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, ToSchema)]
#[schema(min_length = 1, max_length = 255, pattern = r"^[^/\u0000-\u001f\u007f-\u009f]+$", example = "holiday.mp4")]
pub struct EntryName(String);

/// The reason why a text is not a valid name of a file or folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntryName {
    /// The text is empty.
    #[error("must not be empty")]
    Empty,
    /// The text has more than 255 characters.
    #[error("must have at most 255 characters")]
    TooLong,
    /// The text has a control character.
    #[error("must not contain control characters")]
    Control,
    /// The text has a slash.
    #[error("must not contain \"/\"")]
    Slash,
    /// The text is `.` or `..`.
    #[error("must not be \".\" or \"..\"")]
    Dots,
    /// The text has more bytes than the account's site stores.
    #[error("must have at most {0} bytes in UTF-8: the account's site cuts longer names")]
    TooManyBytes(usize),
    /// The text has a character that the account's site drops, together with some of the text around it.
    #[error("must not contain \"{0}\": the account's site drops this character")]
    Lost(char),
}

/// The names that a site stores unchanged. It restricts names beyond the rules of [`EntryName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameGrammar {
    lost: &'static [char],
    max_bytes: usize,
}

impl NameGrammar {
    /// The grammar of a site that stores every name unchanged.
    pub const ANY: Self = Self::without(&[]);

    /// Returns the grammar of a site that drops these characters from names.
    #[must_use]
    pub const fn without(lost: &'static [char]) -> Self {
        Self { lost, max_bytes: usize::MAX }
    }

    /// Returns this grammar for a site that cuts names after this number of bytes.
    #[must_use]
    pub const fn within(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Parses a name that the site stores unchanged.
    ///
    /// # Errors
    /// The reason why the text is not such a name.
    pub fn name(&self, text: &str) -> Result<EntryName, InvalidEntryName> {
        let name: EntryName = text.parse()?;
        match text.chars().find(|character| self.lost.contains(character)) {
            Some(lost) => Err(InvalidEntryName::Lost(lost)),
            None if text.len() > self.max_bytes => Err(InvalidEntryName::TooManyBytes(self.max_bytes)),
            None => Ok(name),
        }
    }
}

impl EntryName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 255;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EntryName {
    type Err = InvalidEntryName;

    fn from_str(text: &str) -> Result<Self, InvalidEntryName> {
        match text {
            "" => Err(InvalidEntryName::Empty),
            "." | ".." => Err(InvalidEntryName::Dots),
            _ if text.chars().count() > Self::MAX_CHARS => Err(InvalidEntryName::TooLong),
            _ if text.chars().any(char::is_control) => Err(InvalidEntryName::Control),
            _ if text.contains('/') => Err(InvalidEntryName::Slash),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_is_valid_only_as_a_path_segment() {
        for good in ["a", ".hidden", "...", "Le dîner \"de\" cons.mp4", "夏.mkv", &"é".repeat(255)] {
            assert!(good.parse::<EntryName>().is_ok(), "{good}");
        }
        let cases = [
            ("", InvalidEntryName::Empty),
            (".", InvalidEntryName::Dots),
            ("..", InvalidEntryName::Dots),
            ("a/b", InvalidEntryName::Slash),
            ("a\nb", InvalidEntryName::Control),
            ("a\u{85}b", InvalidEntryName::Control),
        ];
        for (bad, why) in cases {
            assert_eq!(bad.parse::<EntryName>(), Err(why), "{bad:?}");
        }
        assert_eq!("x".repeat(256).parse::<EntryName>(), Err(InvalidEntryName::TooLong));
    }

    #[test]
    fn name_with_a_character_that_the_site_drops_is_rejected() {
        let tags = NameGrammar::without(&['<']);
        assert_eq!(tags.name("a <b>"), Err(InvalidEntryName::Lost('<')));
        assert_eq!(tags.name("a > b").unwrap().as_str(), "a > b");
        assert_eq!(tags.name(""), Err(InvalidEntryName::Empty));
        assert!(NameGrammar::ANY.name("a <b>").is_ok());
    }

    #[test]
    fn name_that_the_site_cuts_is_rejected() {
        let short = NameGrammar::ANY.within(4);
        assert_eq!(short.name("éé").unwrap().as_str(), "éé");
        assert_eq!(short.name("ééx"), Err(InvalidEntryName::TooManyBytes(4)));
    }
}
