//! Parses the `Content-Disposition` of a form's part (RFC 7578, section 4.2): the field's name and the file's name.
//!
//! Clients write names in four ways: as they are; with `\"` (older curl, Go); with `%22`, `%0D` and `%0A` (browsers, as
//! WHATWG HTML requires); and twice, once in `filename*` (RFC 8187). All four are read. Ambiguous values are rejected.

use super::file_name::{self, FileName};

/// The content of a part's `Content-Disposition`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Disposition {
    /// The field's name.
    pub(super) name: String,
    /// The file's name, unless it is missing or empty.
    pub(super) file_name: Option<FileName>,
}

/// A parameter: its name in lower case, and its value without quotes.
type Parameter = (String, Vec<u8>);

/// Parses the value of the header field.
///
/// # Errors
/// The fault of the value, as the end of a sentence.
pub(super) fn parse(value: &[u8]) -> Result<Disposition, &'static str> {
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    let (kind, rest) = value.split_at(end);
    if !kind.trim_ascii().eq_ignore_ascii_case(b"form-data") {
        return Err("must have the Content-Disposition form-data");
    }
    let parameters = parameters(rest)?;
    let find = |name: &str| parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_slice());
    if parameters.iter().enumerate().any(|(at, (name, _))| parameters[..at].iter().any(|(other, _)| other == name)) {
        return Err("has a Content-Disposition with a repeated parameter");
    }
    // RFC 2231 splits long names into pieces. RFC 8187 does not, and no HTTP client does.
    if parameters.iter().any(|(name, _)| name == "name*" || name.starts_with("filename*") && name != "filename*") {
        return Err("has a Content-Disposition with a name in pieces or coded, of which only filename* is read");
    }
    let name = find("name").ok_or("has a Content-Disposition without a name")?;
    let name = std::str::from_utf8(name).map_err(|_| "has a name that is not UTF-8")?;
    let file_name = file_name::read(find("filename*"), find("filename"));
    Ok(Disposition { name: file_name::undo_percents(name), file_name })
}

/// Parses the parameters of `; name=value; name="value"`.
fn parameters(mut rest: &[u8]) -> Result<Vec<Parameter>, &'static str> {
    const MALFORMED: &str = "has a malformed Content-Disposition";
    let mut parameters = Vec::new();
    loop {
        rest = rest.trim_ascii_start();
        let Some(text) = rest.strip_prefix(b";") else {
            return if rest.is_empty() { Ok(parameters) } else { Err(MALFORMED) };
        };
        let text = text.trim_ascii_start();
        if text.is_empty() || text.starts_with(b";") {
            rest = text;
            continue;
        }
        let equals = text.iter().position(|byte| *byte == b'=').ok_or(MALFORMED)?;
        let name = std::str::from_utf8(text[..equals].trim_ascii_end()).map_err(|_| MALFORMED)?;
        if name.is_empty() || name.contains(['"', ';', ' ']) {
            return Err(MALFORMED);
        }
        let text = text[equals + 1..].trim_ascii_start();
        let (value, left) = match text.strip_prefix(b"\"") {
            Some(quoted) => unquoted(quoted).ok_or("has a Content-Disposition whose quotes do not close")?,
            None => {
                let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
                (text[..end].trim_ascii_end().to_vec(), &text[end..])
            }
        };
        parameters.push((name.to_ascii_lowercase(), value));
        rest = left;
    }
}

/// Returns the content of a quoted string, given without its opening quote, and the rest after its closing quote.
///
/// A backslash escapes a quote or a backslash. Before any other character it is literal, since browsers do not escape
/// it.
fn unquoted(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (mut value, mut at) = (Vec::new(), 0);
    loop {
        match text[at..] {
            [b'"', ref rest @ ..] => return Some((value, rest)),
            [b'\\', escaped @ (b'"' | b'\\'), ..] => {
                value.push(escaped);
                at += 2;
            }
            [byte, ..] => {
                value.push(byte);
                at += 1;
            }
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &[u8]) -> (String, Option<FileName>) {
        let Disposition { name, file_name } = parse(value).unwrap();
        (name, file_name)
    }

    fn readable(name: &str) -> Option<FileName> {
        Some(FileName::Readable(name.to_owned()))
    }

    #[test]
    fn names_of_common_clients_are_read() {
        let cases: [(&str, &str, Option<FileName>); 15] = [
            ("form-data; name=\"file\"", "file", None),
            ("form-data; name=\"file\"; filename=\"\"", "file", None),
            ("FORM-DATA;NAME=file;FileName=\"clip.mp4\" ;", "file", readable("clip.mp4")),
            ("form-data; filename=\"x; name=other\"; name=\"file\"", "file", readable("x; name=other")),
            ("form-data; name=\"file\"; filename=\"夏 ñ.mp4\"", "file", readable("夏 ñ.mp4")),
            ("form-data; name=\"file\"; filename=\"a \\\"b\\\".mp4\"", "file", readable("a \"b\".mp4")),
            ("form-data; name=\"file\"; filename=\"a\\\\b\\c.mp4\"", "file", readable("a\\b\\c.mp4")),
            (
                "form-data; name=\"file\"; filename=\"a%22b%0D%0A100%25 %2f%0a.mp4\"",
                "file",
                readable("a\"b\r\n100%25 %2f%0a.mp4"),
            ),
            ("form-data; name=\"a%22b\"", "a\"b", None),
            ("form-data; name=file; filename=my clip.mp4", "file", readable("my clip.mp4")),
            (
                "form-data; name=file; filename=\"=?utf-8?B?Y2xpcC5tcDQ=?=\"; filename*=utf-8''c%C3%A9.mp4",
                "file",
                readable("cé.mp4"),
            ),
            ("form-data; name=file; filename*=utf-8''%e5%a4%8f.mp4; filename=x", "file", readable("夏.mp4")),
            ("form-data; name=file; filename=x.mp4; filename*=utf-8''%zz", "file", readable("x.mp4")),
            ("form-data; name=file; filename=x.mp4; filename*=", "file", readable("x.mp4")),
            ("form-data; name=\"file\"; filename=\"a.mp4\"; size=5", "file", readable("a.mp4")),
        ];
        for (value, name, file_name) in cases {
            assert_eq!(named(value.as_bytes()), (name.to_owned(), file_name), "{value}");
        }
    }

    #[test]
    fn ambiguous_disposition_is_refused() {
        for value in [
            "",
            "attachment; name=\"file\"",
            "form-data",
            "form-data; name",
            "form-data; =x",
            "form-data; filename=\"a\"",
            "form-data; name=\"file",
            "form-data; name=\"file\\\"",
            "form-data; name=\"file\" x",
            "form-data; name=a; name=b",
            "form-data; name=file; filename=a; FILENAME=b",
            "form-data; name=file; filename*=utf-8''a; filename*=utf-8''b",
            "form-data; name=file; filename*0=a; filename*1=b",
            "form-data; name=file; filename*0*=utf-8''a",
            "form-data; name*=utf-8''file",
        ] {
            assert!(parse(value.as_bytes()).is_err(), "{value}");
        }
        assert!(parse(b"form-data; name=\"\xff\"").is_err());
    }

    #[test]
    fn file_name_that_is_not_utf8_is_unreadable() {
        let not_utf8 = named(b"form-data; name=file; filename=\"caf\xe9.mp4\"").1;
        assert!(matches!(not_utf8, Some(FileName::Unreadable(_))));
        let good = named(b"form-data; name=file; filename=\"caf\xe9.mp4\"; filename*=UTF-8''caf%C3%A9.mp4").1;
        assert_eq!(good, readable("café.mp4"));
    }
}
