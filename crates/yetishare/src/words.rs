//! Cleans the site's texts before they are classified or shown. They may contain HTML entities, and quote the site's
//! internal addresses with secrets in their queries.

use std::borrow::Cow;

/// Returns the text with its HTML entities decoded once: `R&amp;B` becomes `R&B`.
pub(crate) fn without_entities(text: &str) -> Cow<'_, str> {
    html_escape::decode_html_entities(text)
}

/// Returns the text without the query of every address in it.
pub(crate) fn without_queries(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for word in text.split_inclusive(ends_address) {
        let end = word.chars().next_back().filter(|letter| ends_address(*letter));
        match word.find("://").and_then(|scheme| Some(scheme + word.get(scheme..)?.find('?')?)) {
            Some(query) => {
                clean.push_str(&word[..query]);
                clean.extend(end);
            }
            None => clean.push_str(word),
        }
    }
    clean
}

fn ends_address(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '"' | '\'' | '<' | '>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_once() {
        let rows = [
            ("R&amp;B &lt;live&gt; &quot;it&#039;s&quot;", "R&B <live> \"it's\""),
            ("a&amp;amp;b", "a&amp;b"),
            ("&#201;t&#xE9; &eacute;", "Été é"),
            ("R&B; AT&T &nothing; &#xD800; &#;", "R&B; AT&T &nothing; &#xD800; &#;"),
        ];
        for (text, decoded) in rows {
            assert_eq!(without_entities(text), decoded);
        }
    }

    #[test]
    fn queries_of_addresses_are_removed() {
        let rows = [
            ("File is too big", "File is too big"),
            ("Really? No.", "Really? No."),
            (
                "Error on: https://a.example/up.php?k=1&s=2. File is too big",
                "Error on: https://a.example/up.php File is too big",
            ),
            ("<a href=\"http://é.example/?x=1\">go</a>", "<a href=\"http://é.example/\">go</a>"),
            ("http://a.example/b?c", "http://a.example/b"),
            ("a?b https://c.example/ d?e", "a?b https://c.example/ d?e"),
            ("", ""),
        ];
        for (text, clean) in rows {
            assert_eq!(without_queries(text), clean);
        }
    }
}
