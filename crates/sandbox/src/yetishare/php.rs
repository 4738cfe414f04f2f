//! PHP's treatment of its input: tags are stripped, ends are trimmed, and a text counts as the number that it begins
//! with.

/// Returns `trim(strip_tags($value))`, which the script applies to every parameter.
pub(crate) fn cleaned(value: &str) -> String {
    strip_tags(value).trim_matches([' ', '\t', '\n', '\r', '\0', '\x0b']).to_owned()
}

/// Implements `strip_tags`: removes the text between `<` and `>`, and everything after a `<` that is never closed. A
/// `<` before a space does not begin a tag.
fn strip_tags(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut letters = value.chars().peekable();
    let mut inside = Inside::default();
    while let Some(letter) = letters.next() {
        let opens = letter == '<' && letters.peek().is_none_or(|next| !next.is_ascii_whitespace());
        if inside.depth > 0 {
            inside.read(letter, opens);
        } else if opens {
            inside.depth = 1;
        } else if letter != '\0' {
            text.push(letter);
        }
    }
    text
}

/// The reader's position inside a tag.
#[derive(Default)]
struct Inside {
    depth: u32,
    quote: Option<char>,
}

impl Inside {
    fn read(&mut self, letter: char, opens: bool) {
        match (letter, self.quote) {
            (letter, Some(quote)) if letter == quote => self.quote = None,
            (_, Some(_)) => {}
            ('"' | '\'', None) => self.quote = Some(letter),
            ('>', None) => self.depth -= 1,
            (_, None) if opens => self.depth += 1,
            _ => {}
        }
    }
}

/// Implements `(int)$value` for an id: the digits at the start, or 0 if there are none or if a minus precedes them.
pub(crate) fn id(value: &str) -> u64 {
    let value = value.trim_start();
    let value = value.strip_prefix('+').unwrap_or(value);
    let end = value.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(value.len());
    let (digits, _) = value.split_at(end);
    if digits.is_empty() { 0 } else { digits.parse().unwrap_or(i64::MAX.unsigned_abs()) }
}

/// Implements `basename`, which the script applies to the name of an uploaded file.
pub(crate) fn basename(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::{basename, cleaned, id};

    #[test]
    fn tags_are_stripped_and_ends_are_trimmed() {
        let pairs = [
            (" a b \n", "a b"),
            ("a<b>c</b>", "ac"),
            ("a < b", "a < b"),
            ("pass<word", "pass"),
            ("a > b", "a > b"),
            ("<a title=\"x>y\">z", "z"),
            ("<<a>b>c", "c"),
            ("Été & 東京 'x'", "Été & 東京 'x'"),
        ];
        for (sent, read) in pairs {
            assert_eq!(cleaned(sent), read, "{sent}");
        }
    }

    #[test]
    fn text_counts_as_the_number_at_its_start() {
        let pairs = [("12", 12), ("12abc", 12), (" 12", 12), ("012", 12), ("+12", 12), ("abc", 0), ("", 0), ("-12", 0)];
        for (text, number) in pairs {
            assert_eq!(id(text), number, "{text}");
        }
        assert_eq!(id("99999999999999999999999"), 9_223_372_036_854_775_807);
    }

    #[test]
    fn basename_has_no_folders() {
        assert_eq!([basename("a/b.mp4"), basename("C:\\films\\b.mp4"), basename("b.mp4")], ["b.mp4"; 3]);
    }
}
