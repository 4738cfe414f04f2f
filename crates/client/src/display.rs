//! Formatting of untrusted texts and of numbers for people.

use bytesize::ByteSize;

/// Escapes a text, so that it cannot move the cursor, colour the terminal or reverse the order of its characters.
pub(crate) fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if misleads(character) { shown.extend(character.escape_default()) } else { shown.push(character) }
    }
    shown
}

/// Returns whether a character acts on the display: control characters, line separators, and overrides of the text
/// direction. Plain direction marks, which Arabic and Hebrew names need, do not count.
pub(crate) fn misleads(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Formats a number of bytes, such as `189.4 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    ByteSize::b(bytes).to_string()
}

/// Counts things in words: `1 file`, `2 files`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_characters_that_act_on_a_terminal_are_escaped() {
        assert_eq!(escaped("a\u{1b}[31mb\n\u{7}"), "a\\u{1b}[31mb\\n\\u{7}");
        assert_eq!(escaped("exe.\u{202e}4pm"), "exe.\\u{202e}4pm");
        assert_eq!(escaped("\u{9b}x"), "\\u{9b}x");
        for plain in ["東京物語.mp4", "فيلم\u{200f}.mp4", "🎬 \"quoted\" 'x' \\ .mkv"] {
            assert_eq!(escaped(plain), plain);
        }
    }

    #[test]
    fn sizes_have_a_unit() {
        assert_eq!(size(5), "5 B");
        assert_eq!(size(193_986), "189.4 KiB");
    }
}
