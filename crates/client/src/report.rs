//! The output of a command: lines for people, or one JSON object per line for programs.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::display::escaped;
use crate::exit::{Exit, Tally};
use crate::failure::{Failure, FailureKind};
use crate::progress::Progress;

/// The kind of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Lines for people, and progress bars if the standard error is a terminal.
    People,
    /// Failures, and the objects that a command was asked to show.
    Quiet,
    /// JSON for programs, one object a line.
    Json,
}

/// The output and the result of one command.
#[derive(Debug)]
pub(crate) struct Report {
    output: Output,
    progress: Progress,
    tally: Mutex<Tally>,
}

/// The subject of a line of JSON: for an upload only the path, for a download also the file's id.
#[derive(Debug, Clone, Default)]
pub(crate) struct Subject {
    pub(crate) id: Option<String>,
    pub(crate) path: Option<String>,
}

impl Subject {
    /// Creates a subject with a path.
    pub(crate) fn path(path: impl Into<String>) -> Self {
        Self { id: None, path: Some(path.into()) }
    }
}

impl Report {
    pub(crate) fn new(output: Output) -> Self {
        let progress = if output == Output::People { Progress::shown() } else { Progress::hidden() };
        Self { output, progress, tally: Mutex::default() }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    pub(crate) fn output(&self) -> Output {
        self.output
    }

    /// Reports a finished action: `fields` for programs, `line` for people.
    pub(crate) fn succeeded(&self, subject: &Subject, fields: &[(&str, Value)], line: Option<&str>) {
        self.tally().succeed();
        match (self.output, line) {
            (Output::Json, _) => self.json(subject, true, fields),
            (Output::People, Some(line)) => self.print(line),
            _ => {}
        }
    }

    /// Reports the counts of a transfer to programs.
    pub(crate) fn summary(&self, counts: &Value) {
        if self.output == Output::Json {
            self.print(&json!({"summary": counts}).to_string());
        }
    }

    /// Reports a failed action.
    pub(crate) fn failed(&self, subject: &Subject, failure: &Failure) {
        if failure.kind() == FailureKind::OutputClosed {
            return;
        }
        self.tally().fail(failure);
        if self.output == Output::Json {
            return self.json(subject, false, &[("problem", failure.problem().json().clone())]);
        }
        let hint = failure.problem().hint().map_or_else(String::new, |hint| format!("\nhint: {}", escaped(hint)));
        match subject.path.as_ref().or(subject.id.as_ref()) {
            Some(name) => self.print_error(&format!("{}: {failure}{hint}", escaped(name))),
            None => self.print_error(&format!("{failure}{hint}")),
        }
    }

    /// Reports that a folder has entries that the gateway cannot read, and that a listing therefore lacks.
    ///
    /// # Errors
    /// If the standard output cannot be written.
    pub(crate) fn unreadable(&self, path: &str, number: u64) -> Result<(), Failure> {
        if number == 0 {
            return Ok(());
        }
        if self.output == Output::Json {
            return self.lines(&[json!({"path": path, "unreadable": number}).to_string()]);
        }
        let entries = if number == 1 { "1 entry".to_owned() } else { format!("{number} entries") };
        self.print_error(&format!("{}: {entries} cannot be read, and may be missing here.", escaped(path)));
        Ok(())
    }

    /// Shows an object that the command was asked for: as JSON, or as lines. Stops if the standard output was closed.
    ///
    /// # Errors
    /// If the standard output cannot be written.
    pub(crate) fn show(&self, object: &Value, lines: impl FnOnce() -> Vec<String>) -> Result<(), Failure> {
        if self.output == Output::Json { self.lines(&[object.to_string()]) } else { self.lines(&lines()) }
    }

    /// Prints lines to the standard output.
    ///
    /// # Errors
    /// If the standard output cannot be written.
    pub(crate) fn lines(&self, lines: &[String]) -> Result<(), Failure> {
        let written = self.progress.aside(|| {
            let mut out = io::BufWriter::new(io::stdout().lock());
            lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush())
        });
        written.map_err(|error| Failure::output(&error))
    }

    /// Prints a line for people to the standard error.
    pub(crate) fn say(&self, line: &str) {
        if self.output == Output::People {
            self.progress.aside(|| drop(writeln!(io::stderr(), "{line}")));
        }
    }

    /// Explains a failure to people, also if they want no other lines.
    pub(crate) fn explain(&self, line: &str) {
        if self.output != Output::Json {
            self.print_error(line);
        }
    }

    /// Returns the outcome of the command, which determines its exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.tally().exit()
    }

    fn json(&self, subject: &Subject, ok: bool, fields: &[(&str, Value)]) {
        let mut line = json!({"path": subject.path, "ok": ok});
        if let Some(id) = &subject.id {
            line["id"] = json!(id);
        }
        for (key, value) in fields {
            line[*key] = value.clone();
        }
        self.print(&line.to_string());
    }

    /// Prints a line. An action succeeds even if the standard output is closed.
    fn print(&self, line: &str) {
        self.progress.aside(|| drop(writeln!(io::stdout(), "{line}")));
    }

    fn print_error(&self, line: &str) {
        self.progress.aside(|| drop(writeln!(io::stderr(), "polyhost: {line}")));
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
