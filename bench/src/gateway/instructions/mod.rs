//! `bench instructions`: the processor instructions of one request, compared with a record in the tree. Unlike times,
//! they hardly depend on the machine, so a test can fail when they rise.

mod callgrind;
mod record;
mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use self::callgrind::Callgrind;
use self::record::{Record, Verdict};
use self::tools::Tools;
use super::candidates::World;
use super::pinning::Pinning;
use super::rows::Row;
use crate::failure::Failure;
use crate::progress;
use crate::transfers::{default_polyhost, write_json};

/// The kinds of requests that are counted.
const ROWS: [Row; 3] = [Row::Hit, Row::Page, Row::Miss];

/// The options of `bench instructions`.
#[derive(Debug, Args)]
pub(crate) struct Instructions {
    /// The polyhost program [default: polyhost, in the folder of this program]
    #[arg(long, value_name = "PROGRAM")]
    polyhost: Option<PathBuf>,
    /// Compare the counts with this record, and fail if one is more than 5 % above it
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    check: Option<PathBuf>,
    /// Write the counts to this record
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Counts the instructions and returns the table to print.
///
/// # Errors
/// Fails if valgrind is not installed, a program or a request fails, or a count has risen by more than 5 %.
pub(crate) async fn run(options: Instructions) -> Result<String, Failure> {
    let polyhost = options.polyhost.map_or_else(default_polyhost, Ok)?;
    let tools = Tools::of(&polyhost)?;
    let Some(path) = options.check else {
        let measured = Record { tools, instructions: count(&polyhost).await? };
        write_json(options.write.as_deref(), &measured)?;
        return Ok(measured.to_string());
    };
    let recorded = Record::read(&path)?;
    if let Some(difference) = recorded.tools.difference(&tools) {
        return Ok(format!("The instructions are not compared with {}: {difference}.\n", path.display()));
    }
    let changes = recorded.compare(&count(&polyhost).await?)?;
    let lines = changes.iter().fold(String::new(), |text, change| text + &change.to_string() + "\n");
    let bench = std::env::args().next().unwrap_or_default();
    let advice = format!("{bench} instructions --polyhost {} --write {}", polyhost.display(), path.display());
    match Verdict::of(&changes) {
        Verdict::Same => Ok(lines),
        Verdict::Fallen => Ok(format!("{lines}A count has fallen by more than 5 %. To record it:\n  {advice}\n")),
        Verdict::Risen => Err(Failure::new(format_args!(
            "{lines}A count has risen by more than 5 %. If the rise is intended, record it:\n  {advice}"
        ))),
    }
}

/// Returns the instructions of one request of each kind.
async fn count(polyhost: &Path) -> Result<BTreeMap<Row, u64>, Failure> {
    let world = World::start(Pinning::Shared).await?;
    let mut gateway = Callgrind::start(&world, polyhost).await?;
    let mut all = BTreeMap::new();
    for row in ROWS {
        progress(format_args!("counting, {}", row.title()));
        if let Some(requests) = row.of_gateway() {
            all.insert(row, gateway.count(&requests).await?);
        }
    }
    Ok(all)
}
