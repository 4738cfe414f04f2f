//! The output of a command: lines for people, or one JSON object per line for programs.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::display::escaped;
use crate::exit::{Exit, Tally};
use crate::failure::Failure;
use crate::progress::Progress;

/// The kind of output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Lines for people, and progress bars if the standard error is a terminal.
    People,
    /// Failures only.
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

impl Report {
    pub(crate) fn new(output: Output) -> Self {
        let progress = if output == Output::People { Progress::shown() } else { Progress::hidden() };
        Self { output, progress, tally: Mutex::default() }
    }

    pub(crate) fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Reports a transferred file. In the output for people, prints `line`, if it is given.
    pub(crate) fn succeeded(&self, subject: &Subject, file: &Value, line: Option<&str>) {
        self.tally().succeed();
        match (self.output, line) {
            (Output::Json, _) => self.json(subject, true, "file", file),
            (Output::People, Some(line)) => self.print(line),
            _ => {}
        }
    }

    /// Reports a failed transfer.
    pub(crate) fn failed(&self, subject: &Subject, failure: &Failure) {
        self.tally().fail(failure);
        if self.output == Output::Json {
            return self.json(subject, false, "problem", failure.problem().json());
        }
        match subject.path.as_ref().or(subject.id.as_ref()) {
            Some(name) => self.print_error(&format!("{}: {failure}", escaped(name))),
            None => self.print_error(&failure.to_string()),
        }
    }

    /// Reports that all these transfers failed for the same reason. The output for people contains the reason once.
    pub(crate) fn all_failed(&self, subjects: &[Subject], failure: &Failure) {
        if self.output == Output::Json {
            subjects.iter().for_each(|subject| self.failed(subject, failure));
        } else {
            self.failed(&Subject::default(), failure);
        }
    }

    /// Returns the outcome of the command, which determines its exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.tally().exit()
    }

    fn json(&self, subject: &Subject, ok: bool, key: &str, value: &Value) {
        let mut line = json!({"path": subject.path, "ok": ok, key: value});
        if let Some(id) = &subject.id {
            line["id"] = json!(id);
        }
        self.print(&line.to_string());
    }

    /// Prints a line. A transfer succeeds even if the standard output is closed.
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
