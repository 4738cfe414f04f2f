//! `polyhost ls`: what is in a folder, or which accounts there are, page by page as it comes.

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

/// What to list.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The account; all accounts are listed where there is none.
    pub account: Option<String>,
    /// The id of the folder; the root where there is none.
    pub folder: Option<String>,
    /// How far down.
    pub depth: Depth,
    /// How much is shown of each item.
    pub form: Form,
}

/// How far down a listing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The folder alone.
    Folder,
    /// And all that are in it.
    Everything,
}

/// How much is shown of each item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The name.
    Short,
    /// And the id, the size and the date.
    Long,
    /// All of it, as JSON, an item a line.
    Json,
}

/// Why a listing ends before its end.
enum Stop {
    /// Something could not be listed.
    Failed(Failure),
    /// Nobody reads on.
    NobodyReads,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Lists.
pub async fn run(gateway: &Gateway, listing: &Listing, interrupt: &Interrupt) -> Exit {
    // What is listed goes out by itself; the report has the errors, which are lines for people in any case.
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
        Some(Ok(()) | Err(Stop::NobodyReads)) => {}
        Some(Err(Stop::Failed(failure))) => report.failed(&Subject::default(), &failure),
        None => report.failed(&Subject::default(), &Failure::interrupted("The listing is not whole.")),
    }
    report.exit()
}

async fn accounts(gateway: &Gateway, lines: Lines) -> Result<(), Stop> {
    let answer = gateway.read(&["accounts"], &[]).await?;
    let shown: Vec<String> = items(&answer).map(|account| lines.account(account)).collect();
    print(&shown)
}

/// The items of a list.
fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer["items"].as_array().into_iter().flatten()
}

/// Prints lines, as many as anybody wants.
fn print(lines: &[String]) -> Result<(), Stop> {
    use io::Write as _;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = lines.iter().try_for_each(|line| writeln!(out, "{line}")).and_then(|()| out.flush());
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Stop::NobodyReads,
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
