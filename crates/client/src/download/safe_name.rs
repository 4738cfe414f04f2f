//! A file's name at its site, made a file's name here. It comes from a stranger, who may have thought of this moment.

use crate::display::misleads;

/// As long as a name may be on the usual file systems, in bytes, with room for `.part.json`.
const LONGEST: usize = 255 - ".part.json".len();
/// What is longer behind the last dot is no ending.
const LONGEST_ENDING: usize = 20;

/// A name that is one step of a path, not hidden, no option of a command, and as long as a name may be; as near to the
/// name given as that allows. `fallback` is for files that have none.
pub(super) fn safe_name(name: Option<&str>, fallback: &str) -> String {
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(fallback);
    let mut safe: String = name.chars().map(|c| if is_unsafe(c) { '_' } else { c }).collect();
    let leading = safe.chars().take_while(|c| matches!(c, '.' | '-')).count();
    // Both are a byte each.
    safe.replace_range(..leading, &"_".repeat(leading));
    if safe.is_empty() { "_".to_owned() } else { shortened(&safe) }
}

/// What separates the steps of a path on any system, or is not what it looks like.
fn is_unsafe(character: char) -> bool {
    matches!(character, '/' | '\\') || misleads(character)
}

/// The name with its ending, and as much of the rest as fits.
fn shortened(name: &str) -> String {
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rfind('.').map(|dot| &name[dot..]).filter(|ending| ending.len() <= LONGEST_ENDING);
    let ending = ending.unwrap_or_default();
    let kept = name.floor_char_boundary(LONGEST - ending.len());
    format!("{}{ending}", &name[..kept])
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
    fn whatever_a_stranger_calls_a_file_it_is_one_plain_step_of_a_path() {
        for name in HOSTILE {
            let safe = safe_name(Some(name), "12");
            let steps: Vec<Component<'_>> = Path::new(&safe).components().collect();
            assert!(matches!(steps[..], [Component::Normal(step)] if step == safe.as_str()), "{name:?}: {safe:?}");
            assert!(!safe.starts_with(['.', '-']), "{name:?}: {safe:?}");
            assert!(!safe.chars().any(misleads) && !safe.contains(['/', '\\']), "{name:?}: {safe:?}");
        }
    }

    #[test]
    fn ordinary_names_of_any_language_stay_as_they_are() {
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
    fn what_is_unsafe_is_replaced_and_the_rest_stays_readable() {
        assert_eq!(safe_name(Some("../../etc/passwd"), "12"), "___.._etc_passwd");
        assert_eq!(safe_name(Some(".hidden.mp4"), "12"), "_hidden.mp4");
        assert_eq!(safe_name(Some("AC/DC.mp4"), "12"), "AC_DC.mp4");
    }

    #[test]
    fn a_file_without_a_name_is_called_by_its_id() {
        assert_eq!(safe_name(None, "VKrJd-A_v"), "VKrJd-A_v");
        assert_eq!(safe_name(Some(" "), "../x"), "___x");
        assert_eq!(safe_name(None, ""), "_");
    }

    #[test]
    fn a_long_name_keeps_its_ending_and_no_half_characters() {
        for name in ["夏".repeat(255) + ".mp4", "x".repeat(300), "a.".to_owned() + &"b".repeat(300)] {
            let safe = safe_name(Some(&name), "12");
            assert!(safe.len() <= LONGEST && safe.len() > LONGEST - 4, "{}", safe.len());
        }
        assert!(safe_name(Some(&("夏".repeat(255) + ".mp4")), "12").ends_with("夏.mp4"));
    }
}
