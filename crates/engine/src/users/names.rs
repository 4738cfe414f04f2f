//! Compares a file's name with the name under which it was sent, allowing for the changes that sites make to names.

use icu_normalizer::ComposingNormalizerBorrowed;
use unicase::UniCase;

/// Returns whether a name is `asked` or a site's variant of it. Sites change the Unicode normal form and the case, and
/// add a number if the name is taken (`clip (1).mp4`, `clip(1).mp4`, `clip-1.mp4`, `clip_1.mp4`, `clip 1.mp4`).
pub(crate) fn is_named(name: &str, asked: &str) -> bool {
    is_numbered(&folded(name), &folded(asked))
}

/// Returns a text that is equal for all texts that differ only in case and normal form.
fn folded(text: &str) -> String {
    let normal = ComposingNormalizerBorrowed::new_nfc();
    let text = UniCase::unicode(normal.normalize(text)).to_folded_case();
    normal.normalize(&text).into_owned()
}

fn is_numbered(name: &str, asked: &str) -> bool {
    let (stem, extension) = match asked.rfind('.') {
        Some(dot) if dot > 0 => asked.split_at(dot),
        _ => (asked, ""),
    };
    let between = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
    between.is_some_and(|between| between.is_empty() || is_number(between))
}

fn is_number(text: &str) -> bool {
    let bare = text.strip_prefix(' ').unwrap_or(text);
    let digits = match bare.strip_prefix('(') {
        Some(rest) => rest.strip_suffix(')'),
        None if bare.len() < text.len() => Some(bare),
        None => bare.strip_prefix(['-', '_']),
    };
    digits.is_some_and(|digits| (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_may_differ_by_an_added_number_only() {
        for name in ["clip.mp4", "clip (1).mp4", "clip(12).mp4", "clip-1.mp4", "clip_2.mp4", "clip 3.mp4"] {
            assert!(is_named(name, "clip.mp4"), "{name}");
        }
        for name in
            ["clip.mp3", "clip1.mp4", "clip ().mp4", "clip (a).mp4", "clip-12345.mp4", "my clip.mp4", "clip.mp4.1"]
        {
            assert!(!is_named(name, "clip.mp4"), "{name}");
        }
        assert!(is_named(".profile (1)", ".profile"));
        assert!(is_named("read me-1", "read me"));
        assert!(!is_named("a", "a.a"));
    }

    #[test]
    fn name_matches_in_other_normal_forms_and_cases() {
        let rows = [
            ("Été.mp4", "E\u{301}te\u{301}.mp4"),
            ("E\u{301}te\u{301} (1).MP4", "été.mp4"),
            ("straße.mp4", "STRASSE.mp4"),
            ("Å.mkv", "\u{212b}.mkv"),
            ("한국어.mp4", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}\u{110b}\u{1165}.mp4"),
        ];
        for (name, asked) in rows {
            assert!(is_named(name, asked), "{name} {asked}");
            assert!(is_named(asked, &name.replace(" (1)", "")), "{name} {asked}");
        }
        assert!(!is_named("ete.mp4", "été.mp4"));
    }
}
