//! The names that a site gives to files whose name is already taken in their folder.

/// The name that a site gives to a second file of the same name in one folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Copies {
    /// The same name: both files exist side by side.
    #[default]
    AsNamed,
    /// `clip (1).mp4`, `clip (2).mp4`, and so on.
    Parentheses,
    /// `clip-1.mp4`, `clip-2.mp4`, and so on.
    Dashes,
}

impl Copies {
    /// Returns the name that a new file gets.
    pub(crate) fn name(self, wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
        let (stem, extension) = match wanted.rfind('.') {
            None | Some(0) => (wanted, ""),
            Some(dot) => wanted.split_at(dot),
        };
        let numbered = |number: u64| match self {
            Self::AsNamed => wanted.to_owned(),
            Self::Parentheses => format!("{stem} ({number}){extension}"),
            Self::Dashes => format!("{stem}-{number}{extension}"),
        };
        if self == Self::AsNamed || !is_taken(wanted) {
            return wanted.to_owned();
        }
        (1..).map(numbered).find(|name| !is_taken(name)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Copies;

    #[test]
    fn second_file_gets_the_first_free_number() {
        let taken = ["clip.mp4", "clip (1).mp4", ".hidden"];
        let name = |copies: Copies, wanted: &str| copies.name(wanted, |name| taken.contains(&name));
        assert_eq!(name(Copies::AsNamed, "clip.mp4"), "clip.mp4");
        assert_eq!(name(Copies::Parentheses, "clip.mp4"), "clip (2).mp4");
        assert_eq!(name(Copies::Dashes, "clip.mp4"), "clip-1.mp4");
        assert_eq!(name(Copies::Dashes, ".hidden"), ".hidden-1");
        assert_eq!(name(Copies::Dashes, "other"), "other");
    }
}
