//! The reasons why an answer cannot be parsed. They never quote the answer, because it may contain secrets.

use serde::Deserialize;

use super::shape::value;

/// The reason why an answer cannot be parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The body is empty.
    #[error("an empty body")]
    Empty,
    /// The body is an HTML page.
    #[error("an HTML page")]
    Html,
    /// The body is not JSON, or JSON that ends early.
    #[error("something that is not JSON (line {line}, column {column})")]
    NotJson {
        /// The line of the first error, from 1.
        line: usize,
        /// The column of the first error, from 1.
        column: usize,
    },
    /// The body is JSON of another shape than expected.
    #[error("JSON of another shape than its API has")]
    Shape,
    /// The answer is a list in which no entry can be read.
    #[error("a list in which no entry can be read")]
    NoEntry,
    /// The answer is a list whose entries would take many times the memory of the answer.
    #[error("a list of more entries than are read")]
    TooMany,
    /// The answer is JSON without a required part.
    #[error("an answer without {0}")]
    Missing(&'static str),
}

/// Reads JSON, with or without a byte order mark before it. A struct is read from a map only.
///
/// # Errors
/// [`Unreadable`], which quotes nothing of the answer.
pub fn json<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, Unreadable> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    match (body.first(), std::str::from_utf8(body)) {
        (None, _) => Err(Unreadable::Empty),
        (Some(b'<'), _) => Err(Unreadable::Html),
        (_, Err(error)) => Err(not_text(body.get(..error.valid_up_to()).unwrap_or_default())),
        (_, Ok(text)) => value(text).map_err(|error| Unreadable::from(&error)),
    }
}

/// Returns the error for invalid UTF-8 that follows the valid bytes `before`.
fn not_text(before: &[u8]) -> Unreadable {
    let last_line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
    Unreadable::NotJson { line, column: last_line.len() + 1 }
}

impl From<&serde_json::Error> for Unreadable {
    fn from(error: &serde_json::Error) -> Self {
        if error.is_data() { Self::Shape } else { Self::NotJson { line: error.line(), column: error.column() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_an_unreadable_answer_does_not_quote_it() {
        let cases: [(&[u8], Unreadable); 5] = [
            (b" \n", Unreadable::Empty),
            (b"<html>key=hunter2</html>", Unreadable::Html),
            (b"[1,", Unreadable::NotJson { line: 1, column: 3 }),
            (b"\"hunter2\"", Unreadable::Shape),
            (b"\xff\xfe", Unreadable::NotJson { line: 1, column: 1 }),
        ];
        for (body, why) in cases {
            assert_eq!(json::<Vec<u8>>(body), Err(why));
            assert!(!why.to_string().contains("hunter2"));
        }
        assert_eq!(json::<Vec<u8>>(b"\xef\xbb\xbf [1, 2] \n"), Ok(vec![1, 2]));
    }
}
