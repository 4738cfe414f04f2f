//! Messages for TOML syntax errors. They do not contain the text, because the faulty line may contain a secret.

/// Describes the error with its line and column, both counted from 1.
pub(crate) fn fault(text: &str, error: &toml::de::Error) -> String {
    let message = Some(error.message()).filter(|message| !may_repeat_the_text(message));
    let message = message.unwrap_or("the text is not TOML");
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => {
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
            format!("line {line}, column {column}: {message}")
        }
        None => message.to_owned(),
    }
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
        fault(text, &text.parse::<toml::Table>().unwrap_err())
    }

    #[test]
    fn syntax_error_has_its_place_and_not_the_text() {
        let cases = [
            (format!("[accounts.a]\nkey = \"{SECRET}\n"), "line 2, column "),
            (format!("[accounts.a]\nkey = '{SECRET}\n"), "line 2, column "),
            (format!("[accounts.a]\nkey = {SECRET}\n"), "line 2, column 7: "),
            (format!("[accounts.a]\nkey = \"k\" {SECRET}\n"), "line 2, column "),
            (format!("[accounts.a]\nkey = \"k\"{SECRET}\"\n"), "line 2, column "),
            (format!("[accounts.a]\nkey = \"k\"\nkey = \"{SECRET}\"\n"), "line 3, column 1: "),
            (format!("[accounts.a]\nkey = \"\"\"{SECRET}\n"), "line "),
            (format!("[accounts.a]\nkey = \"\\{SECRET}\"\n"), "line 2, column "),
            (format!("[accounts.a]\nkey = 5{SECRET}\n"), "line 2, column "),
            (format!("[accounts.a]\nkey.{SECRET} = 1\nkey.{SECRET}.b = 2\n"), "line 3, column "),
            (format!("[accounts.a]\n{SECRET}\n"), "line 2, column "),
            (format!("[accounts.a]\nkey = [\"{SECRET}\"\n"), "line "),
            (format!("[accounts.a]\nkey = 99999999999999999999 # {SECRET}\n"), "line 2, column "),
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
        assert!(message.starts_with("line 1, column 7: "), "{message}");
    }

    #[test]
    fn message_that_quotes_words_is_not_repeated() {
        assert!(may_repeat_the_text("duplicate key: `hunter2`"));
        assert!(may_repeat_the_text("invalid type: string \"hunter2\", expected a map"));
        assert!(!may_repeat_the_text("invalid basic string, expected `\"`"));
        assert!(!may_repeat_the_text("unexpected key or value, expected newline, `#`"));
    }
}
