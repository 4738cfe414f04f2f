//! Faults for TOML syntax errors. They do not contain the text, because the faulty line may contain a secret.

use crate::fault::Fault;

/// Describes the error, with its place.
pub(crate) fn fault(text: &str, error: &toml::de::Error) -> Fault {
    let message = Some(error.message()).filter(|message| !may_repeat_the_text(message));
    let message = message.unwrap_or("the text is not TOML");
    Fault::new("", message).at(text, error.span().map(|span| span.start))
}

/// Returns whether a message of the parser may quote the text. Its messages are fixed phrases that quote only
/// punctuation. Should a message ever quote words, they may be words of the text.
fn may_repeat_the_text(message: &str) -> bool {
    let quoted = message.find(['`', '"', '\'']).map(|start| &message[start..]);
    quoted.is_some_and(|quoted| {
        let fixed = quoted.replace("newline", "").replace("expected", "");
        fixed.contains(char::is_alphanumeric)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "hunter2hunter2";

    fn message(text: &str) -> String {
        fault(text, &text.parse::<toml::Table>().unwrap_err()).in_file("f".as_ref())
    }

    #[test]
    fn syntax_error_has_its_place_and_not_the_text() {
        let cases = [
            (format!("[accounts.a]\nkey = \"{SECRET}\n"), "f:2:"),
            (format!("[accounts.a]\nkey = '{SECRET}\n"), "f:2:"),
            (format!("[accounts.a]\nkey = {SECRET}\n"), "f:2:7: "),
            (format!("[accounts.a]\nkey = \"k\" {SECRET}\n"), "f:2:"),
            (format!("[accounts.a]\nkey = \"k\"{SECRET}\"\n"), "f:2:"),
            (format!("[accounts.a]\nkey = \"k\"\nkey = \"{SECRET}\"\n"), "f:3:1: "),
            (format!("[accounts.a]\nkey = \"\"\"{SECRET}\n"), "f:"),
            (format!("[accounts.a]\nkey = \"\\{SECRET}\"\n"), "f:2:"),
            (format!("[accounts.a]\nkey = 5{SECRET}\n"), "f:2:"),
            (format!("[accounts.a]\nkey.{SECRET} = 1\nkey.{SECRET}.b = 2\n"), "f:3:"),
            (format!("[accounts.a]\n{SECRET}\n"), "f:2:"),
            (format!("[accounts.a]\nkey = [\"{SECRET}\"\n"), "f:"),
            (format!("[accounts.a]\nkey = 99999999999999999999 # {SECRET}\n"), "f:2:"),
        ];
        for (text, place) in cases {
            let message = message(&text);
            assert!(message.starts_with(place), "{text}: {message}");
            assert!(!message.contains(SECRET) && !message.contains("hunter"), "{text}: {message}");
        }
    }

    #[test]
    fn columns_are_counted_in_characters() {
        let message = message("\"é\" = x");
        assert!(message.starts_with("f:1:7: "), "{message}");
    }

    #[test]
    fn message_that_quotes_words_is_not_repeated() {
        assert!(may_repeat_the_text("duplicate key: `hunter2`"));
        assert!(may_repeat_the_text("invalid type: string \"hunter2\", expected a map"));
        assert!(!may_repeat_the_text("invalid basic string, expected `\"`"));
        assert!(!may_repeat_the_text("unexpected key or value, expected newline, `#`"));
    }
}
