//! The faults of a configuration: their places in the file, their messages, and suggestions for misspelt words.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// A fault of a configuration.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The line in the file, from 1; `None` if the fault has no place in it.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// The table, such as `[accounts.main]` or `[[clients]] 1`; empty at the top of the file.
    pub table: String,
    /// The key; empty if the fault is about the whole table.
    pub key: String,
    /// What is wrong. It contains no secret.
    pub message: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl Fault {
    /// Creates a fault without a place.
    #[must_use]
    pub fn new(table: &str, message: impl fmt::Display) -> Self {
        Self { table: table.to_owned(), message: message.to_string(), ..Self::default() }
    }

    /// Adds the place: an offset in the text of the file, in bytes.
    pub(crate) fn at(self, text: &str, offset: Option<usize>) -> Self {
        let Some(before) = offset.and_then(|offset| text.get(..offset)) else { return self };
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
        Self { line: Some(line), column: Some(column), ..self }
    }

    /// Returns the fault with its file, as compilers print it: `FILE:LINE:COLUMN: TABLE KEY: MESSAGE`.
    #[must_use]
    pub fn in_file(&self, file: &Path) -> String {
        match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}: {self}", file.display()),
            _ => format!("{}: {self}", file.display()),
        }
    }
}

/// The fault without its place.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, key, message, suggestion, .. } = self;
        match (table.is_empty(), key.is_empty()) {
            (true, true) => {}
            (false, false) => write!(f, "{table} {key}: ")?,
            _ => write!(f, "{table}{key}: ")?,
        }
        f.write_str(message)?;
        suggestion.iter().try_for_each(|word| write!(f, ". Did you mean \"{word}\"?"))
    }
}

/// The faults of a configuration, and the files that it was read from.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The faults, in the order of the file. The program does not start with any.
    pub faults: Vec<Fault>,
    /// The files that secrets are in, including unreadable ones.
    pub files: Vec<PathBuf>,
}

impl Findings {
    /// Creates findings with one fault and no files.
    #[must_use]
    pub fn fault(fault: Fault) -> Self {
        Self { faults: vec![fault], files: Vec::new() }
    }
}

/// Returns the candidate that a misspelt word probably means: at most a quarter of its letters differ.
pub(crate) fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let distances = candidates.into_iter().map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate));
    let near = distances.filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 4).max(1));
    near.min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_word_is_recognized_and_a_foreign_one_is_not() {
        let known = ["listen", "max_body", "read", "write"];
        for (word, meant) in [
            ("lisen", Some("listen")),
            ("Listen", Some("listen")),
            ("max-body", Some("max_body")),
            ("raed", Some("read")),
            ("colour", None),
            ("rwad_only", None),
            ("", None),
        ] {
            assert_eq!(closest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn place_is_counted_in_lines_and_characters() {
        let fault = Fault::new("[a]", "is wrong").at("x = 1\n\"é\" = 2", Some("x = 1\n\"é\" ".len()));
        assert_eq!(fault.in_file(Path::new("a.toml")), "a.toml:2:5: [a]: is wrong");
    }
}
