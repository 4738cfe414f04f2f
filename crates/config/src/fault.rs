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

/// The fault without its place, in one line.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, key, message, suggestion, .. } = self;
        let space = if table.is_empty() || key.is_empty() { "" } else { " " };
        let colon = if table.is_empty() && key.is_empty() { "" } else { ": " };
        let meant = suggestion.iter().map(|word| format!(". Did you mean \"{word}\"?"));
        let text = format!("{table}{space}{key}{colon}{message}{}", meant.collect::<String>());
        f.write_str(&escaped(&text))
    }
}

/// Escapes the characters of a text that could fake a line or change what a terminal shows: control characters, line
/// separators, and overrides of the text direction.
#[must_use]
pub fn escaped(text: &str) -> String {
    let acts = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if acts(letter) { shown.extend(letter.escape_default()) } else { shown.push(letter) }
    }
    shown
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

/// The length of the shortest word that can be recognized. Any two shorter words differ by few letters.
const SHORTEST_WORD: usize = 3;

/// Returns the candidate that a misspelt word probably means. At most a quarter of the candidate's letters differ, or one
/// letter if it has fewer than four. Words below [`SHORTEST_WORD`] are not compared.
pub(crate) fn closest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let is_comparable = |candidate: &&str| word.chars().count().min(candidate.chars().count()) >= SHORTEST_WORD;
    let candidates = candidates.into_iter().filter(is_comparable);
    let distances = candidates.map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate));
    let near = distances.filter(|(distance, candidate)| *distance <= (candidate.chars().count() / 4).max(1));
    near.min().map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_word_is_recognized_and_a_foreign_one_is_not() {
        let known = ["listen", "max_body", "read", "write", "a", "key"];
        for (word, meant) in [
            ("lisen", Some("listen")),
            ("Listen", Some("listen")),
            ("max-body", Some("max_body")),
            ("raed", Some("read")),
            ("colour", None),
            ("rwad_only", None),
            ("kay", Some("key")),
            ("ky", None),
            ("b", None),
            ("", None),
        ] {
            assert_eq!(closest(word, known), meant, "{word}");
        }
    }

    #[test]
    fn fault_is_one_line_without_control_characters() {
        let fault = Fault { key: "b\u{1b}[31m".to_owned(), ..Fault::new("[a\nb]", "is\r\u{202e}wrong") };
        let fault = Fault { suggestion: Some("c\u{2028}".to_owned()), ..fault };
        assert_eq!(fault.to_string(), "[a\\nb] b\\u{1b}[31m: is\\r\\u{202e}wrong. Did you mean \"c\\u{2028}\"?");
    }

    #[test]
    fn place_is_counted_in_lines_and_characters() {
        let fault = Fault::new("[a]", "is wrong").at("x = 1\n\"é\" = 2", Some("x = 1\n\"é\" ".len()));
        assert_eq!(fault.in_file(Path::new("a.toml")), "a.toml:2:5: [a]: is wrong");
    }
}
