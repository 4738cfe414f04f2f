//! What a command tells while it works: lines for people, or one JSON object per line for programs.

use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::display::escaped;
use crate::exit::{Exit, Tally};
use crate::failure::Failure;
use crate::progress::Progress;

/// How much is told, and to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Lines for people, and bars where the standard error is a terminal.
    People,
    /// Only what failed.
    Quiet,
    /// JSON, an object a line, for programs.
    Json,
}

/// What is told of one command, and what it comes to.
#[derive(Debug)]
pub(crate) struct Report {
    output: Output,
    progress: Progress,
    tally: Mutex<Tally>,
}

/// What a line of JSON is about: for an upload the path alone, for a download the file's id too.
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

    /// A file was transferred. People get `line`, if there is one.
    pub(crate) fn succeeded(&self, subject: &Subject, file: &Value, line: Option<&str>) {
        self.tally().succeed();
        match (self.output, line) {
            (Output::Json, _) => self.json(subject, true, "file", file),
            (Output::People, Some(line)) => self.print(line),
            _ => {}
        }
    }

    /// A file was not transferred.
    pub(crate) fn failed(&self, subject: &Subject, failure: &Failure) {
        self.tally().fail(failure);
        if self.output == Output::Json {
            return self.json(subject, false, "problem", failure.problem().json());
        }
        match subject.path.as_ref().or(subject.id.as_ref()) {
            Some(name) => self.complain(&format!("{}: {failure}", escaped(name))),
            None => self.complain(&failure.to_string()),
        }
    }

    /// Nothing of these files was transferred, all for the same reason. People are told it once.
    pub(crate) fn all_failed(&self, subjects: &[Subject], failure: &Failure) {
        if self.output == Output::Json {
            subjects.iter().for_each(|subject| self.failed(subject, failure));
        } else {
            self.failed(&Subject::default(), failure);
        }
    }

    /// What the command comes to.
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

    /// A file that was transferred is, even if nobody is there any more to be told.
    fn print(&self, line: &str) {
        self.progress.aside(|| drop(writeln!(io::stdout(), "{line}")));
    }

    fn complain(&self, line: &str) {
        self.progress.aside(|| drop(writeln!(io::stderr(), "polyhost: {line}")));
    }

    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
