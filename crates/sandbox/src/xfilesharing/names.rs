//! The changes that a site makes to names before it stores them.

use super::flavours::Names;
use super::options::Options;

impl Options {
    /// Returns the name that is stored for the name that was sent.
    pub(crate) fn stored_name(&self, sent: &str) -> String {
        let most = self.name_max.unwrap_or(usize::MAX).min(sent.len());
        let bytes = sent.as_bytes().get(..most).unwrap_or_default();
        match self.names {
            Names::Plain => String::from_utf8_lossy(bytes).into_owned(),
            Names::Entities => with_entities(&String::from_utf8_lossy(bytes)),
            // A cut in the middle of a character leaves some of its bytes.
            Names::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().replace('"', "&quote;"),
        }
    }

    /// Returns the stored name of an upload, for the file name of its part.
    pub(crate) fn name_of_upload(&self, file_name: &str) -> String {
        let mut name = file_name.to_owned();
        for word in &self.forbidden_words {
            name = name.replace(word, "_");
        }
        if self.titles_from_names {
            let stem = name.rfind('.').filter(|dot| *dot > 0).and_then(|dot| name.get(..dot)).unwrap_or(&name);
            name = stem.replace(['_', '.'], " ");
        }
        self.stored_name(&name)
    }
}

fn with_entities(name: &str) -> String {
    let mut stored = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '<' => stored.push_str("&lt;"),
            '>' => stored.push_str("&gt;"),
            '"' => stored.push_str("&quot;"),
            '(' => stored.push_str("&#40;"),
            ')' => stored.push_str("&#41;"),
            '\\' => stored.push_str("\\\\"),
            letter => stored.push(letter),
        }
    }
    stored.replace("..", "&#46;&#46;")
}

/// Returns whether a stored name contains a value, in which `%` and `_` are wildcards.
pub(crate) fn matches(name: &str, value: &str) -> bool {
    let name: Vec<char> = name.to_lowercase().chars().collect();
    let pattern: Vec<char> = format!("%{}%", value.to_lowercase()).chars().collect();
    let mut reached = vec![false; name.len() + 1];
    reached[0] = true;
    for wanted in pattern {
        let mut next = vec![false; reached.len()];
        if wanted == '%' {
            let first = reached.iter().position(|reached| *reached).unwrap_or(reached.len());
            next.iter_mut().skip(first).for_each(|place| *place = true);
        } else {
            for (at, letter) in name.iter().enumerate() {
                next[at + 1] = reached[at] && (wanted == '_' || wanted == *letter);
            }
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::matches;
    use crate::xfilesharing::{Flavour, Options};

    #[test]
    fn video_sites_store_names_with_entities() {
        let options = Options::of(Flavour::Xvs);
        assert_eq!(
            options.stored_name(r#"<a> "(b)" \.. é & ;"#),
            r"&lt;a&gt; &quot;&#40;b&#41;&quot; \\&#46;&#46; é & ;"
        );
        assert_eq!(options.name_of_upload("Big_Buck.Bunny.mp4"), "Big Buck Bunny");
        assert_eq!(options.name_of_upload(".mp4"), " mp4");
    }

    #[test]
    fn file_hosts_store_128_bytes_of_names_as_latin_1() {
        let options = Options::of(Flavour::Xfs);
        assert_eq!(options.stored_name("é\".zip"), "\u{c3}\u{a9}&quote;.zip");
        let cut = options.stored_name(&format!("a{}", "é".repeat(100)));
        assert_eq!((cut.chars().count(), cut.chars().last()), (128, Some('\u{c3}')));
    }

    #[test]
    fn percent_and_underscore_are_wildcards() {
        for (value, expected) in [("buck", true), ("b%k b", true), ("b_ck", true), ("bc", false), ("%", true)] {
            assert_eq!(matches("Big Buck Bunny", value), expected, "{value}");
        }
    }
}
