//! A safe local name for a file. The name at the site is untrusted and may be hostile.

use crate::display::misleads;

/// The longest name on common file systems, in bytes, with room for `.part.json`.
pub(in crate::transfer) const MAX_LENGTH: usize = 255 - ".part.json".len();
/// The longest suffix after the last dot that counts as a file extension.
const MAX_EXTENSION: usize = 20;

/// Returns a name that is one path component, is not hidden, is not an option of a command, and is not too long. It is
/// as similar to the original as possible. `fallback` is for files without a name.
pub(in crate::transfer) fn safe_name(name: Option<&str>, fallback: &str) -> String {
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(fallback);
    let mut safe: String = name.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    let leading = safe.chars().take_while(|c| matches!(c, '.' | '-')).count();
    // Dots and dashes are one byte each.
    safe.replace_range(..leading, &"_".repeat(leading));
    if safe.is_empty() { "_".to_owned() } else { shortened(&safe) }
}

/// Returns whether a character separates path components on any system, or acts on the display.
fn is_unsafe(character: char) -> bool {
    matches!(character, '/' | '\\') || misleads(character)
}

/// Shortens the name, but keeps its extension.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_LENGTH {
        return name.to_owned();
    }
    let extension = name.rfind('.').map(|dot| &name[dot..]).filter(|extension| extension.len() <= MAX_EXTENSION);
    let extension = extension.unwrap_or_default();
    let kept = name.floor_char_boundary(MAX_LENGTH - extension.len());
    format!("{}{extension}", &name[..kept])
}

#[cfg(test)]
mod tests {
    use std::path::{Component, Path};

    use super::*;

    const HOSTILE: [&str; 18] = [
        "../../etc/passwd",
        "..",
        ".",
        "/etc/passwd",
        "..\\..\\x.exe",
        ".bashrc",
        "...",
        "-rf",
        "--output=x",
        "a\0b",
        "a\nb",
        "\u{1b}[2J",
        "exe.\u{202e}4pm",
        "",
        "   ",
        "\u{2028}",
        " .ssh/authorized_keys",
        "a/../../b",
    ];

    #[test]
    fn hostile_names_become_one_plain_path_component() {
        for name in HOSTILE {
            let safe = safe_name(Some(name), "12");
            let steps: Vec<Component<'_>> = Path::new(&safe).components().collect();
            assert!(matches!(steps[..], [Component::Normal(step)] if step == safe.as_str()), "{name:?}: {safe:?}");
            assert!(!safe.starts_with(['.', '-']), "{name:?}: {safe:?}");
            assert!(!safe.chars().any(misleads) && !safe.contains(['/', '\\']), "{name:?}: {safe:?}");
        }
    }

    #[test]
    fn ordinary_names_of_any_language_are_unchanged() {
        for name in [
            "clip.mp4",
            "東京物語.mp4",
            "فيلم قصير.mp4",
            "🎬🍿.mkv",
            "it's \"quoted\".mp4",
            "100% + ünï.mp4",
            "a..b",
            "x.",
        ] {
            assert_eq!(safe_name(Some(name), "12"), name);
        }
    }

    #[test]
    fn only_unsafe_characters_are_replaced() {
        assert_eq!(safe_name(Some("../../etc/passwd"), "12"), "___.._etc_passwd");
        assert_eq!(safe_name(Some(".hidden.mp4"), "12"), "_hidden.mp4");
        assert_eq!(safe_name(Some("AC/DC.mp4"), "12"), "AC_DC.mp4");
    }

    #[test]
    fn file_without_a_name_is_named_by_its_id() {
        assert_eq!(safe_name(None, "VKrJd-A_v"), "VKrJd-A_v");
        assert_eq!(safe_name(Some(" "), "../x"), "___x");
        assert_eq!(safe_name(None, ""), "_");
    }

    #[test]
    fn long_name_keeps_its_extension_and_whole_characters() {
        for name in ["夏".repeat(255) + ".mp4", "x".repeat(300), "a.".to_owned() + &"b".repeat(300)] {
            let safe = safe_name(Some(&name), "12");
            assert!(safe.len() <= MAX_LENGTH && safe.len() > MAX_LENGTH - 4, "{}", safe.len());
        }
        assert!(safe_name(Some(&("夏".repeat(255) + ".mp4")), "12").ends_with("夏.mp4"));
    }
}
