//! What cached pages cost, in time and allocations; what cached files take; and what a listing costs that is not cached.
//!
//! All of it in this process: the gateway's own code, without its HTTP server, in front of a site that has its answers
//! ready ([`shelf`]).

mod bare;
mod shelf;

use std::alloc::System;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use polyhost::KNOWN;
use polyhost_config::Config;
use polyhost_domain::{FolderId, IdAlphabet, IdGrammar};
use polyhost_engine::accounts::Account;
use polyhost_engine::callers::Callers;
use polyhost_engine::catalogue::{Freshness, ListQuery, PageRequest};
use polyhost_gateway::app::App;
use stats_alloc::{Region, StatsAlloc};

use crate::failure::Failure;
use shelf::Shelf;

/// How many files the folders hold.
const SIZES: [usize; 3] = [100, 10_000, 100_000];
/// How many items a page has.
const PAGE: usize = 100;

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    /// How many pages are timed of each folder
    #[arg(long, default_value_t = 20_000)]
    pages: u32,
    /// How many cold listings are timed, of which the median counts
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// The gateway, ready to be asked.
struct Ready {
    app: App,
    account: Arc<Account>,
}

impl Ready {
    fn new(base_url: &str) -> Result<Self, Failure> {
        let config = format!(
            "[accounts.main]\nprovider = \"pstream\"\nbase_url = \"{base_url}\"\nlogin = \"login\"\nkey = \"key\"\n\
             [cache]\nmax_size = \"1 GiB\"\nlisting_ttl = \"1h\"\n"
        );
        let config = Config::parse(&config, &KNOWN).map_err(|faults| Failure::new(faults.join("; ")))?;
        let app = App::new(&config, Callers::anybody()).map_err(Failure::of("cannot build the gateway"))?;
        let account =
            app.rosters().current().accounts().values().next().cloned().ok_or_else(|| Failure::new("no account"))?;
        Ok(Self { app, account })
    }

    /// A page, and the cursor of the next.
    async fn page(
        &self,
        folder: &FolderId,
        limit: usize,
        cursor: Option<String>,
        freshness: Freshness,
    ) -> Result<bytes::Bytes, Failure> {
        let request = PageRequest { query: ListQuery::default(), limit, cursor, freshness, secret: vec![7; 32] };
        let page = self.app.catalogue().page(&self.account, folder, &request).await;
        Ok(page.map_err(|problem| Failure::new(format!("{problem:?}")))?.value.json)
    }
}

/// Measures, and tells it in tables.
pub(crate) async fn run(options: Catalogue, allocator: &'static StatsAlloc<System>) -> Result<String, Failure> {
    let shelf = Shelf::start(&SIZES).await?;
    let mut tables = String::from(
        "| files in the folder | µs for the first page | allocations | µs for a page in the middle | allocations | \
         bytes held for a file | of them over its JSON | bytes weighed |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for size in SIZES {
        let row = pages(&options, allocator, &shelf, size).await?;
        tables.push_str(&row);
    }
    tables.push('\n');
    tables.push_str(&cold(&options, &shelf).await?);
    Ok(tables)
}

fn folder(size: usize) -> Result<FolderId, Failure> {
    IdGrammar::new(IdAlphabet::UrlSafe, "0").folder(&size.to_string()).map_err(Failure::of("no folder"))
}

async fn pages(
    options: &Catalogue,
    allocator: &'static StatsAlloc<System>,
    shelf: &Shelf,
    size: usize,
) -> Result<String, Failure> {
    let ready = Ready::new(&shelf.base_url())?;
    let folder = folder(size)?;
    // The connection and all that is made once.
    ready.page(&self::folder(SIZES[0])?, PAGE, None, Freshness::Anew).await?;
    let before = Region::new(allocator);
    let whole = ready.page(&folder, 1000, None, Freshness::Cached).await?.len();
    let weighed = ready.app.catalogue().weight().await;
    // What was only needed meanwhile may go a little later, the parser's thread for one.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let held = before.change();
    let held = held.bytes_allocated as i128 - held.bytes_deallocated as i128;

    let middle = match size {
        0..=PAGE => None,
        _ => cursor(&ready.page(&folder, (size / 2).min(1000), None, Freshness::Cached).await?),
    };
    let (first_time, first_count) = timed(options, allocator, &ready, &folder, None).await?;
    let (middle_time, middle_count) = match middle {
        Some(cursor) => timed(options, allocator, &ready, &folder, Some(cursor)).await?,
        None => (f64::NAN, f64::NAN),
    };
    let json = whole as f64 / size.min(1000) as f64;
    // Of the folder that was read to warm up nothing is held that was not before.
    let each = if size == SIZES[0] { f64::NAN } else { held as f64 / size as f64 };
    let of_each = weighed as f64 / size as f64;
    let cells = [
        cell(first_time, 1),
        cell(first_count, 0),
        cell(middle_time, 1),
        cell(middle_count, 0),
        cell(each, 0),
        cell(each - json, 0),
        cell(of_each, 0),
    ];
    Ok(format!("| {size} | {} |\n", cells.join(" | ")))
}

/// A figure, or nothing where there is none.
fn cell(figure: f64, digits: usize) -> String {
    if figure.is_nan() { String::new() } else { format!("{figure:.digits$}") }
}

/// Microseconds and allocations for one page.
async fn timed(
    options: &Catalogue,
    allocator: &'static StatsAlloc<System>,
    ready: &Ready,
    folder: &FolderId,
    cursor: Option<String>,
) -> Result<(f64, f64), Failure> {
    for _ in 0..options.pages / 10 {
        ready.page(folder, PAGE, cursor.clone(), Freshness::Cached).await?;
    }
    let region = Region::new(allocator);
    let began = Instant::now();
    for _ in 0..options.pages {
        std::hint::black_box(ready.page(folder, PAGE, cursor.clone(), Freshness::Cached).await?);
    }
    let took = began.elapsed();
    let pages = f64::from(options.pages);
    Ok((took.as_secs_f64() * 1e6 / pages, region.change().allocations as f64 / pages))
}

fn cursor(page: &[u8]) -> Option<String> {
    let page: serde_json::Value = serde_json::from_slice(page).ok()?;
    Some(page["next_cursor"].as_str()?.to_owned())
}

/// A listing that is not cached, beside what serde_json takes to read and to write the same bytes.
async fn cold(options: &Catalogue, shelf: &Shelf) -> Result<String, Failure> {
    let size = SIZES[2];
    let (folder, body) = (folder(size)?, shelf.body(size));
    let (mut listings, mut alone, mut fetched) = (Vec::new(), Vec::new(), Vec::new());
    let written = bare::written(size);
    for _ in 0..options.rounds {
        let ready = Ready::new(&shelf.base_url())?;
        ready.page(&self::folder(SIZES[0])?, PAGE, None, Freshness::Anew).await?;
        let began = Instant::now();
        ready.page(&folder, PAGE, None, Freshness::Cached).await?;
        listings.push(began.elapsed());
        let began = Instant::now();
        bare::fetch(&shelf.base_url(), size).await?;
        fetched.push(began.elapsed());
        let began = Instant::now();
        bare::read_and_write(&body, &written)?;
        alone.push(began.elapsed());
    }
    let (listing, fetch, alone) = (median(listings), median(fetched), median(alone));
    let ratio = listing.as_secs_f64() / (alone + fetch).as_secs_f64();
    Ok(format!(
        "A cold listing of {size} files ({:.1} MB from the site): {listing:.0?}. Fetching those bytes alone: {fetch:.0?}; \
         serde_json, reading them into structures and writing the answer's bytes: {alone:.0?}. {ratio:.2} times both.\n",
        body.len() as f64 / 1e6
    ))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
