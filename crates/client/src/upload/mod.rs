//! `polyhost upload`: uploads files to an account in parallel.

mod checksum;
mod flow;
mod send;
mod source;

use std::path::PathBuf;
use std::pin::pin;

use futures_util::StreamExt as _;
use serde_json::Value;

use crate::batch::in_parallel;
use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::interrupt::Interrupt;
use crate::report::{Output, Report, Subject};
use send::Sender;
use source::Source;

/// The argument that stands for the standard input.
const STANDARD_INPUT: &str = "-";

/// The options of `polyhost upload`.
#[derive(Debug, Clone)]
pub struct Uploads {
    /// The files; `-` is the standard input.
    pub files: Vec<PathBuf>,
    /// The account.
    pub account: String,
    /// The id of the target folder; `None` is the root.
    pub folder: Option<String>,
    /// The file's name at the site, for a single file.
    pub name: Option<String>,
    /// The number of parallel uploads.
    pub jobs: usize,
    /// Whether the SHA-1 of each file is declared.
    pub checksum: Checksum,
}

/// Whether the SHA-1 of a file is declared. That requires reading the file before it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checksum {
    /// The SHA-1 is declared.
    Declared,
    /// No SHA-1 is declared.
    Omitted,
}

impl Uploads {
    /// Returns the fault of the options, or `None` if they are valid.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let from_standard_input = self.files.iter().any(|file| file.as_os_str() == STANDARD_INPUT);
        match () {
            () if self.name.is_some() && self.files.len() != 1 => Some("--name is only for a single file"),
            () if from_standard_input && self.files.len() != 1 => Some("the standard input must be the only file"),
            () if from_standard_input && self.name.is_none() => Some("the standard input needs --name"),
            () if from_standard_input && self.checksum == Checksum::Declared => {
                Some("--checksum: the standard input cannot be read twice")
            }
            () => None,
        }
    }
}

/// Uploads files. Unreadable files are reported before anything is sent; the others are uploaded.
pub async fn run(gateway: &Gateway, uploads: &Uploads, output: Output, interrupt: &Interrupt) -> Exit {
    let report = Report::new(output);
    let sources = readable(uploads, &report);
    if sources.is_empty() {
        return report.exit();
    }
    let sender = Sender { gateway, uploads, interrupt, progress: report.progress() };
    let subjects: Vec<Subject> = sources.iter().map(subject).collect();
    match interrupt.unless(sender.check()).await.unwrap_or_else(|| Err(Failure::interrupted("Nothing was sent."))) {
        Ok(limit) => {
            let works = sources.iter().map(async |source| (source, sender.send(source, limit).await));
            let mut ended = pin!(in_parallel(uploads.jobs, works));
            while let Some((source, outcome)) = ended.next().await {
                report_outcome(&report, source, &outcome);
            }
        }
        Err(failure) => report.all_failed(&subjects, &failure),
    }
    report.exit()
}

/// Returns the readable files, and reports the others.
fn readable(uploads: &Uploads, report: &Report) -> Vec<Source> {
    let open = |path: &PathBuf| match Source::find(path, uploads.name.as_deref()) {
        Ok(source) => Some(source),
        Err(failure) => {
            let path = Some(path.to_string_lossy().into_owned());
            report.failed(&Subject { path, id: None }, &failure);
            None
        }
    };
    uploads.files.iter().filter_map(open).collect()
}

fn subject(source: &Source) -> Subject {
    Subject { path: Some(source.path.clone()), id: None }
}

fn report_outcome(report: &Report, source: &Source, outcome: &Result<Value, Failure>) {
    match outcome {
        Ok(file) => {
            let text = |field: &str| file[field].as_str();
            let (id, name) = (text("id").unwrap_or("?"), text("name").unwrap_or(&source.name));
            report.succeeded(&subject(source), file, Some(&format!("{}  {}", escaped(id), escaped(name))));
        }
        Err(failure) => report.failed(&subject(source), failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(files: &[&str], name: Option<&str>, checksum: Checksum) -> Option<&'static str> {
        let files = files.iter().map(PathBuf::from).collect();
        let name = name.map(str::to_owned);
        Uploads { files, account: "a".to_owned(), folder: None, name, jobs: 4, checksum }.fault()
    }

    #[test]
    fn name_is_for_one_file_and_required_for_standard_input() {
        assert_eq!(fault(&["a", "b"], None, Checksum::Declared), None);
        assert_eq!(fault(&["a"], Some("x"), Checksum::Omitted), None);
        assert_eq!(fault(&["-"], Some("x"), Checksum::Omitted), None);
        assert!(fault(&["a", "b"], Some("x"), Checksum::Omitted).is_some());
        assert!(fault(&["-"], None, Checksum::Omitted).is_some());
        assert!(fault(&["-", "a"], None, Checksum::Omitted).is_some());
        assert!(fault(&["-"], Some("x"), Checksum::Declared).is_some());
    }
}
