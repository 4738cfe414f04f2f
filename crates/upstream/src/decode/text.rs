//! Repairs the bytes of an answer, so that they can be parsed as JSON.

use bytes::Bytes;

/// An answer is not repaired if more than one in this many bytes is invalid UTF-8. It cannot be JSON then.
const RARE: usize = 4;

/// Returns the bytes as UTF-8. U+FFFD replaces invalid bytes, and a space replaces each control character inside a JSON
/// string. Valid bytes are not copied.
pub(crate) fn repaired(mut body: Vec<u8>) -> Bytes {
    if body.iter().any(|byte| *byte < b' ') {
        blank_controls(&mut body);
    }
    if std::str::from_utf8(&body).is_ok() {
        return body.into();
    }
    let broken = body.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
    if broken > body.len() / RARE {
        return body.into();
    }
    let mut text = Vec::with_capacity(body.len() + broken * (char::REPLACEMENT_CHARACTER.len_utf8() - 1));
    for chunk in body.utf8_chunks() {
        text.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            text.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    text.into()
}

/// Replaces control characters inside JSON strings with spaces. JSON requires them to be escaped, but sites that build
/// their JSON by hand do not do that.
fn blank_controls(body: &mut [u8]) {
    let (mut is_text, mut is_escaped) = (false, false);
    for byte in body {
        match *byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            ..b' ' if is_text => *byte = b' ',
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repair(body: &[u8]) -> Vec<u8> {
        repaired(body.to_vec()).to_vec()
    }

    #[test]
    fn valid_text_is_not_copied() {
        let body = "{\n\"a\": \"é\"\n}".as_bytes().to_vec();
        let place = body.as_ptr();
        assert_eq!(repaired(body).as_ptr(), place);
    }

    #[test]
    fn invalid_bytes_are_replaced() {
        assert_eq!(repair(b"{\"a\": \"caf\xe9 au lait\"}"), "{\"a\": \"caf\u{fffd} au lait\"}".as_bytes());
        assert_eq!(repair(b"\xff\xfe\xff\xfe"), b"\xff\xfe\xff\xfe");
    }

    #[test]
    fn control_characters_in_a_string_become_spaces() {
        assert_eq!(repair(b"{\n\t\"a\\\"\tb\": \"c\nd\\\\\"\r\n}"), b"{\n\t\"a\\\" b\": \"c d\\\\\"\r\n}");
    }
}
