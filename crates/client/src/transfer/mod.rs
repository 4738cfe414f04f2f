//! `polyhost upload`, `download`, `cp` and `sync`: transfers of files and folders between this machine and accounts.
//!
//! A command walks through the folders of both sides (`walk`), and plans what to do in each (`plan`). Workers transfer
//! what is not there yet (`work`), while the walk goes on (`run`). A summary says what was done.

mod abilities;
mod cat;
mod check;
mod copy;
mod decide;
mod download;
mod filter;
mod finish;
mod lines;
mod names;
mod overlap;
mod places;
mod plan;
mod remove;
mod run;
mod shape;
mod sides;
mod summary;
mod task;
mod upload;
mod walk;
mod work;

pub use cat::cat;
pub use decide::Existing;
pub use filter::Filter;
pub use run::run;
pub use upload::Checksum;

use crate::location::Argument;

/// The options of a transfer.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// The files and folders to transfer.
    pub sources: Vec<Argument>,
    /// The place to transfer them to.
    pub destination: Argument,
    /// Whether the sources can be files.
    pub shape: Shape,
    /// The file's name at the destination, for a single file.
    pub name: Option<String>,
    /// The selection of files in folders.
    pub filter: Filter,
    /// The treatment of a file with the same name and different bytes.
    pub existing: Existing,
    /// Whether files of the same size are compared by their digests too.
    pub comparison: Compare,
    /// Whether the SHA-1 of each upload is declared.
    pub checksum: Checksum,
    /// The treatment of objects at the destination that the source does not have.
    pub extras: Extras,
    /// Whether the extras are deleted even if the source is empty.
    pub delete_all: bool,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// The number of parallel transfers.
    pub jobs: usize,
}

/// The sources that a command accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Files and folders.
    Any,
    /// One folder, whose content goes into the destination.
    Folder,
}

/// The comparison of files of the same size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// By the digests that the site reports.
    Digests,
    /// Not at all.
    SizeOnly,
}

/// The treatment of objects at the destination that the source does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extras {
    /// They are kept.
    Keep,
    /// They are deleted, after the user has agreed.
    Ask,
    /// They are deleted.
    Delete,
}

impl Transfer {
    /// Creates a transfer with the usual options.
    #[must_use]
    pub fn new(sources: Vec<Argument>, destination: Argument) -> Self {
        Self {
            sources,
            destination,
            shape: Shape::Any,
            name: None,
            filter: Filter::default(),
            existing: Existing::Keep,
            comparison: Compare::Digests,
            checksum: Checksum::Omitted,
            extras: Extras::Keep,
            delete_all: false,
            dry_run: false,
            jobs: 4,
        }
    }

    /// Returns the fault of the options, or `None` if they are valid.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        let from_standard_input = self.sources.iter().any(Argument::is_standard_stream);
        let is_single = self.sources.len() == 1;
        let is_local = |argument: &Argument| matches!(argument, Argument::Local(_));
        match () {
            () if is_local(&self.destination) && self.sources.iter().any(is_local) => {
                Some("source and destination are on this machine; write ACCOUNT:/PATH for one at an account")
            }
            () if self.name.is_some() && !is_single => Some("--name is only for a single file"),
            () if from_standard_input && !is_single => Some("the standard input must be the only file"),
            () if from_standard_input && self.name.is_none() => Some("the standard input needs --name"),
            () if from_standard_input && self.checksum == Checksum::Declared => {
                Some("--checksum: the standard input cannot be read twice")
            }
            () if self.destination.is_standard_stream() && !is_single => {
                Some("the standard output is only for a single file")
            }
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    fn fault(sources: &[&str], destination: &str, name: Option<&str>, checksum: Checksum) -> Option<&'static str> {
        let argument = |text: &str| Argument::parse(OsStr::new(text)).unwrap();
        let sources = sources.iter().map(|text| argument(text)).collect();
        let transfer = Transfer::new(sources, argument(destination));
        Transfer { name: name.map(str::to_owned), checksum, ..transfer }.fault()
    }

    #[test]
    fn name_is_for_one_file_and_required_for_standard_input() {
        assert_eq!(fault(&["a", "b"], "plays:", None, Checksum::Declared), None);
        assert_eq!(fault(&["a"], "plays:", Some("x"), Checksum::Omitted), None);
        assert_eq!(fault(&["-"], "plays:", Some("x"), Checksum::Omitted), None);
        assert!(fault(&["a", "b"], "plays:", Some("x"), Checksum::Omitted).is_some());
        assert!(fault(&["-"], "plays:", None, Checksum::Omitted).is_some());
        assert!(fault(&["-", "a"], "plays:", None, Checksum::Omitted).is_some());
        assert!(fault(&["-"], "plays:", Some("x"), Checksum::Declared).is_some());
    }

    #[test]
    fn one_side_is_at_an_account() {
        assert_eq!(fault(&["plays:a"], "x", None, Checksum::Omitted), None);
        assert_eq!(fault(&["plays:a"], "main:", None, Checksum::Omitted), None);
        assert!(fault(&["a"], "x", None, Checksum::Omitted).is_some());
        assert!(fault(&["plays:a", "plays:b"], "-", None, Checksum::Omitted).is_some());
        assert_eq!(fault(&["plays:a"], "-", None, Checksum::Omitted), None);
    }
}
