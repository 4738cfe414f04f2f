//! Makes the texts of a site safe to show: without secrets and control characters, and limited in length.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// The longest message that is shown, in characters.
const MAX_CHARS: usize = 300;

const MASK: &str = "***";

/// Masks known secrets in texts, in every spelling that a URL could give them.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that contains another is masked whole.
    patterns: Vec<String>,
}

impl Redactor {
    /// Creates a redactor that masks these secrets.
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a SecretString>) -> Self {
        let mut patterns: Vec<String> =
            secrets.into_iter().flat_map(|secret| spellings(secret.expose_secret())).collect();
        patterns.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        patterns.dedup();
        Self { patterns }
    }

    /// Returns the text with its secrets masked and its control characters removed, cut to 300 characters.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        // Control characters are removed first. Otherwise their removal could join the halves of a secret afterwards.
        let mut clean: String = text.chars().filter(|c| !c.is_control()).collect();
        for pattern in &self.patterns {
            if clean.contains(pattern.as_str()) {
                clean = clean.replace(pattern.as_str(), MASK);
            }
        }
        match clean.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => clean[..end].to_owned(),
            None => clean,
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").field("patterns", &self.patterns.len()).finish()
    }
}

/// Returns the secret in each encoding in which a site may repeat it.
fn spellings(secret: &str) -> Vec<String> {
    let secret: String = secret.chars().filter(|c| !c.is_control()).collect();
    if secret.is_empty() {
        return Vec::new();
    }
    let percent = utf8_percent_encode(&secret, NON_ALPHANUMERIC).to_string();
    let form: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let path = utf8_percent_encode(&secret, percent_encoding::CONTROLS).to_string();
    let json = serde_json::to_string(&secret).unwrap_or_default().trim_matches('"').to_owned();
    let lower = [lower_escapes(&percent), lower_escapes(&form)];
    [secret, percent, form, path, json].into_iter().chain(lower).filter(|spelling| !spelling.is_empty()).collect()
}

/// Returns the text with escapes such as `%2F` in lower case, because sites use both.
fn lower_escapes(text: &str) -> String {
    let mut after_percent = 0;
    text.chars()
        .map(|c| {
            let escaped = after_percent > 0;
            after_percent = if c == '%' { 2 } else { after_percent.max(1) - 1 };
            if escaped { c.to_ascii_lowercase() } else { c }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redactor(secrets: &[&str]) -> Redactor {
        let secrets: Vec<SecretString> = secrets.iter().map(|text| SecretString::from(*text)).collect();
        Redactor::new(&secrets)
    }

    #[test]
    fn secrets_are_masked_in_every_spelling() {
        let redactor = redactor(&["k/y+A b"]);
        let cases = ["k/y+A b", "k%2Fy%2BA%20b", "k%2fy%2bA%20b", "k%2Fy%2BA+b", "k%2fy%2bA+b", "k/y\u{1}+A\n b"];
        for text in cases {
            assert_eq!(redactor.redact(&format!("no key={text}!")), "no key=***!", "{text:?}");
        }
    }

    #[test]
    fn secret_that_contains_another_is_masked_whole() {
        assert_eq!(redactor(&["abc", "abcdef"]).redact("abcdef abc"), "*** ***");
        assert_eq!(redactor(&[""]).redact("as it was"), "as it was");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let long = "é".repeat(1000);
        assert_eq!(redactor(&[]).redact(&long).chars().count(), 300);
        assert_eq!(redactor(&[]).redact("a\r\nb\u{7f}"), "ab");
    }

    #[test]
    fn debug_output_shows_no_secret() {
        assert!(!format!("{:?}", redactor(&["hunter2"])).contains("hunter2"));
    }
}
