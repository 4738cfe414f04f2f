//! `polyhost download`: downloads files of an account in parallel, and resumes interrupted downloads.

mod destination;
mod digests;
mod fetch;
mod part;
mod resume;
mod safe_name;
mod target;

use std::path::PathBuf;
use std::pin::pin;

use futures_util::StreamExt as _;

use crate::batch::in_parallel;
use crate::display::escaped;
use crate::exit::Exit;
use crate::gateway::Gateway;
use crate::interrupt::Interrupt;
use crate::report::{Output, Report, Subject};
use fetch::{Fetched, Fetcher};
use target::Claims;

/// The options of `polyhost download`.
#[derive(Debug, Clone)]
pub struct Downloads {
    /// The ids of the files.
    pub ids: Vec<String>,
    /// The account.
    pub account: String,
    /// The target of the files.
    pub place: Place,
    /// The number of parallel downloads.
    pub jobs: usize,
    /// The handling of an existing file.
    pub existing: Existing,
}

/// The target of downloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A directory. The files have their names at the site, made safe.
    Directory(PathBuf),
    /// A path, for a single file.
    File(PathBuf),
    /// The standard output, for a single file.
    StandardOutput,
}

/// The handling of an existing file at the path of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// The file is kept, and the download fails.
    Keep,
    /// The file is replaced when the download is complete.
    Replace,
}

impl Downloads {
    /// Returns the fault of the options, or `None` if they are valid.
    #[must_use]
    pub fn fault(&self, output: Output) -> Option<&'static str> {
        match &self.place {
            Place::Directory(_) => None,
            _ if self.ids.len() != 1 => Some("--output is only for a single file; use --directory"),
            Place::StandardOutput if output == Output::Json => Some("--json cannot be combined with --output -"),
            Place::StandardOutput | Place::File(_) => None,
        }
    }
}

/// Downloads files.
pub async fn run(gateway: &Gateway, downloads: &Downloads, output: Output, interrupt: &Interrupt) -> Exit {
    let report = Report::new(output);
    let fetcher = Fetcher { gateway, downloads, interrupt, progress: report.progress(), claims: Claims::default() };
    let works = downloads.ids.iter().map(async |id| (id, fetcher.fetch(id).await));
    let mut ended = pin!(in_parallel(downloads.jobs, works));
    while let Some((id, fetched)) = ended.next().await {
        report_outcome(&report, id, fetched);
    }
    report.exit()
}

fn report_outcome(report: &Report, id: &str, fetched: Fetched) {
    let path = fetched.path.map(|path| path.to_string_lossy().into_owned());
    let subject = Subject { id: Some(id.to_owned()), path };
    match fetched.outcome {
        Ok(file) => report.succeeded(&subject, &file, subject.path.as_deref().map(escaped).as_deref()),
        Err(failure) => report.failed(&subject, &failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_path_is_for_one_file_and_not_combined_with_json() {
        let fault = |ids: &[&str], place: Place, output| {
            let ids = ids.iter().map(|id| (*id).to_owned()).collect();
            Downloads { ids, account: "a".to_owned(), place, jobs: 4, existing: Existing::Keep }.fault(output)
        };
        assert_eq!(fault(&["1", "2"], Place::Directory(".".into()), Output::Json), None);
        assert_eq!(fault(&["1"], Place::File("x".into()), Output::Json), None);
        assert_eq!(fault(&["1"], Place::StandardOutput, Output::People), None);
        assert!(fault(&["1", "2"], Place::File("x".into()), Output::People).is_some());
        assert!(fault(&["1", "2"], Place::StandardOutput, Output::People).is_some());
        assert!(fault(&["1"], Place::StandardOutput, Output::Json).is_some());
    }
}
