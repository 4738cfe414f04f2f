//! The names of files and folders, as sites return them: with HTML entities, or with UTF-8 that was read as Latin-1.

/// The form in which a site returns names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameForm {
    /// As they were sent.
    Plain,
    /// With HTML entities, a doubled backslash, and the site's own `&quote;`.
    Entities,
    /// UTF-8 that was read as Latin-1, with HTML entities.
    Latin1,
}

impl NameForm {
    /// Returns the name that the site means.
    pub(crate) fn decode(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Entities => without_entities(text),
            Self::Latin1 => {
                let plain = without_entities(text);
                from_latin1(&plain).unwrap_or(plain)
            }
        }
    }
}

fn without_entities(text: &str) -> String {
    let text = text.replace("&quote;", "\"");
    html_escape::decode_html_entities(&text).replace("\\\\", "\\")
}

/// Returns the text whose UTF-8 was read as Latin-1. `None` if the text is not such a text.
fn from_latin1(text: &str) -> Option<String> {
    let bytes: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect::<Option<_>>()?;
    if bytes.is_ascii() {
        return None;
    }
    // A name that the site has cut may end in the middle of a character.
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.utf8_error().error_len().is_none() && error.utf8_error().valid_up_to() > 0 => {
            let valid = error.utf8_error().valid_up_to();
            let whole = String::from_utf8(error.into_bytes()[..valid].to_vec()).ok()?;
            (!whole.is_ascii()).then_some(whole)
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_decoded_once() {
        let rows = [
            ("a &lt;b&gt; &quot;c&quot; &#40;d&#41;", "a <b> \"c\" (d)"),
            ("&quote;x&quote;", "\"x\""),
            ("a\\\\b", "a\\b"),
            ("&#46;&#46;/x", "../x"),
            ("&amp;lt;", "&lt;"),
            ("plain & simple", "plain & simple"),
        ];
        for (stored, name) in rows {
            assert_eq!(NameForm::Entities.decode(stored), name);
            assert_eq!(NameForm::Plain.decode(stored), stored);
        }
    }

    #[test]
    fn utf8_that_was_read_as_latin1_is_restored() {
        let misread = |text: &str| -> String { text.bytes().map(char::from).collect() };
        for name in ["dîner.mp4", "夏.mkv", "Ünïcode"] {
            assert_eq!(NameForm::Latin1.decode(&misread(name)), name);
            assert_eq!(NameForm::Latin1.decode(name), name, "a name that was not misread");
        }
        let cut: String = misread("夏夏").chars().take(5).collect();
        assert_eq!(NameForm::Latin1.decode(&cut), "夏");
        assert_eq!(NameForm::Latin1.decode("plain.zip"), "plain.zip");
        assert_eq!(NameForm::Latin1.decode("\u{e9}"), "\u{e9}", "a lone Latin-1 letter is itself");
    }
}
