//! `polyhost ls`: lists a folder or the accounts, page by page.

mod line;
mod walk;

use std::io;

use serde_json::Value;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::interrupt::Interrupt;
use crate::report::{Output, Report, Subject};
use line::{Detail, Lines};
use walk::Walk;

/// The options of `polyhost ls`.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The account; `None` lists the accounts.
    pub account: Option<String>,
    /// The id of the folder; `None` is the root.
    pub folder: Option<String>,
    /// The depth of the listing.
    pub depth: Depth,
    /// The details of each item.
    pub form: Form,
}

/// The depth of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Only the folder.
    Folder,
    /// The folder and all folders below it.
    Everything,
}

/// The details of each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The name.
    Short,
    /// The id, the size, the date and the name.
    Long,
    /// All fields as JSON, one item a line.
    Json,
}

/// The reason why a listing stops early.
enum Stop {
    /// A folder could not be listed.
    Failed(Failure),
    /// The reader of the standard output has closed it.
    OutputClosed,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Runs `polyhost ls`.
pub async fn run(gateway: &Gateway, listing: &Listing, interrupt: &Interrupt) -> Exit {
    // The listing prints its items itself. The report only has the errors, which are always lines for people.
    let report = Report::new(Output::Quiet);
    let lines = Lines::new(listing.form);
    let work = async {
        match &listing.account {
            Some(account) => {
                Walk { gateway, account, depth: listing.depth, lines, report: &report }
                    .from(listing.folder.as_deref().unwrap_or("root"))
                    .await
            }
            None => accounts(gateway, lines).await,
        }
    };
    match interrupt.unless(work).await {
        Some(Ok(()) | Err(Stop::OutputClosed)) => {}
        Some(Err(Stop::Failed(failure))) => report.failed(&Subject::default(), &failure),
        None => report.failed(&Subject::default(), &Failure::interrupted("The listing is incomplete.")),
    }
    report.exit()
}

async fn accounts(gateway: &Gateway, lines: Lines) -> Result<(), Stop> {
    let answer = gateway.read(&["accounts"], &[]).await?;
    let shown: Vec<String> = items(&answer).map(|account| lines.account(account)).collect();
    print(&shown)
}

/// Returns the items of a list.
fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["items"].as_array().into_iter().flatten()
}

/// Prints lines. Stops if the standard output was closed.
fn print(lines: &[String]) -> Result<(), Stop> {
    use io::Write as _;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::OutputClosed,
        _ => Stop::Failed(Failure::local("the standard output", &error)),
    })
}

impl Form {
    fn detail(self) -> Option<Detail> {
        match self {
            Self::Short => Some(Detail::Name),
            Self::Long => Some(Detail::All),
            Self::Json => None,
        }
    }
}
