//! `polyhost download`: files fetched from an account, several side by side, each gone on with where it broke off.

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

use crate::batch::side_by_side;
use crate::display::escaped;
use crate::exit::Exit;
use crate::gateway::Gateway;
use crate::interrupt::Interrupt;
use crate::report::{Output, Report, Subject};
use fetch::{Fetched, Fetcher};
use target::Claims;

/// What to download, and where to.
#[derive(Debug, Clone)]
pub struct Downloads {
    /// The ids of the files.
    pub ids: Vec<String>,
    /// The account.
    pub account: String,
    /// Where they go.
    pub place: Place,
    /// How many are fetched at once.
    pub jobs: usize,
    /// What happens to a file that is there.
    pub existing: Existing,
}

/// Where downloads go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Into a directory, under the names that the files have at their site, made safe.
    Directory(PathBuf),
    /// The one file to this path.
    File(PathBuf),
    /// The one file to the standard output.
    StandardOutput,
}

/// What happens to a file that is where a download is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It stays, and the download fails.
    Kept,
    /// It is replaced when the download is whole.
    Replaced,
}

impl Downloads {
    /// What makes no sense about them, if something does not.
    #[must_use]
    pub fn fault(&self, output: Output) -> Option<&'static str> {
        match &self.place {
            Place::Directory(_) => None,
            _ if self.ids.len() != 1 => Some("--output is for one file alone; see --directory"),
            Place::StandardOutput if output == Output::Json => {
                Some("--json and --output - both want the standard output")
            }
            Place::StandardOutput | Place::File(_) => None,
        }
    }
}

/// Downloads files.
pub async fn run(gateway: &Gateway, downloads: &Downloads, output: Output, interrupt: &Interrupt) -> Exit {
    let report = Report::new(output);
    let fetcher = Fetcher { gateway, downloads, interrupt, progress: report.progress(), claims: Claims::default() };
    let works = downloads.ids.iter().map(async |id| (id, fetcher.fetch(id).await));
    let mut ended = pin!(side_by_side(downloads.jobs, works));
    while let Some((id, fetched)) = ended.next().await {
        tell(&report, id, fetched);
    }
    report.exit()
}

fn tell(report: &Report, id: &str, fetched: Fetched) {
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
    fn one_path_is_for_one_file_and_the_standard_output_for_its_bytes_alone() {
        let fault = |ids: &[&str], place: Place, output| {
            let ids = ids.iter().map(|id| (*id).to_owned()).collect();
            Downloads { ids, account: "a".to_owned(), place, jobs: 4, existing: Existing::Kept }.fault(output)
        };
        assert_eq!(fault(&["1", "2"], Place::Directory(".".into()), Output::Json), None);
        assert_eq!(fault(&["1"], Place::File("x".into()), Output::Json), None);
        assert_eq!(fault(&["1"], Place::StandardOutput, Output::People), None);
        assert!(fault(&["1", "2"], Place::File("x".into()), Output::People).is_some());
        assert!(fault(&["1", "2"], Place::StandardOutput, Output::People).is_some());
        assert!(fault(&["1"], Place::StandardOutput, Output::Json).is_some());
    }
}
