//! Questions to the user before something is deleted.

use std::io::{IsTerminal as _, Write as _, stderr, stdin};

use crate::failure::Failure;

/// Returns whether there is a terminal on which a question can be asked and answered.
#[must_use]
pub fn can_ask() -> bool {
    stdin().is_terminal() && stderr().is_terminal()
}

/// Asks a question on the terminal, and waits for the answer.
///
/// # Errors
/// If the answer is not yes.
pub(crate) async fn confirm(question: String) -> Result<(), Failure> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    // A read from a terminal cannot be cancelled. A thread of its own does not keep the program from ending.
    std::thread::spawn(move || {
        let mut line = String::new();
        drop(write!(stderr(), "{question} [y/N] "));
        drop(stdin().read_line(&mut line));
        drop(sender.send(line));
    });
    let answer = answer.await.unwrap_or_default();
    if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::from_client("declined", "Nothing was deleted", "The answer was not yes."))
}
