//! `bench catalogue`: the time and allocations of a cached page, the memory of cached files, and the time of a listing
//! that is not cached.
//!
//! All of it runs in this process: the gateway's own code without its HTTP server, in front of a site with prepared
//! answers ([`static_site`]).

mod baseline;
mod static_site;

use std::alloc::System;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use polyhost::KNOWN;
use polyhost_config::{Callers, Config};
use polyhost_domain::{FolderId, IdAlphabet, IdGrammar};
use polyhost_engine::accounts::Account;
use polyhost_engine::catalogue::{Freshness, ListQuery, PageRequest};
use polyhost_gateway::app::App;
use polyhost_state::State;
use stats_alloc::{Region, StatsAlloc};

use crate::failure::Failure;
use static_site::StaticSite;

/// The numbers of files in the folders.
const SIZES: [usize; 3] = [100, 10_000, 100_000];
/// The number of items in a page.
const PAGE: usize = 100;

/// The options of `bench catalogue`.
#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    /// How many pages of each folder are timed
    #[arg(long, default_value_t = 20_000)]
    pages: u32,
    /// How many cold listings are timed; the median is reported
    #[arg(long, default_value_t = 7)]
    rounds: usize,
}

/// The gateway with its only account.
struct Gateway {
    app: App,
    account: Arc<Account>,
}

impl Gateway {
    fn new(base_url: &str) -> Result<Self, Failure> {
        let config = format!(
            "[accounts.main]\nprovider = \"pstream\"\nbase_url = \"{base_url}\"\nlogin = \"login\"\nkey = \"key\"\n\
             [cache]\nmax_size = \"1 GiB\"\nlisting_ttl = \"1h\"\n"
        );
        let config = Config::parse(&config, &KNOWN).map_err(|faults| Failure::new(format!("{faults:?}")))?;
        let app = App::new(&config, Callers::keyless(), State::in_memory())
            .map_err(Failure::of("cannot build the gateway"))?;
        let account =
            app.rosters().current().accounts().values().next().cloned().ok_or_else(|| Failure::new("no account"))?;
        Ok(Self { app, account })
    }

    /// Returns a page as JSON.
    async fn page(
        &self,
        folder: &FolderId,
        limit: usize,
        cursor: Option<String>,
        freshness: Freshness,
    ) -> Result<Vec<u8>, Failure> {
        let request = PageRequest { query: ListQuery::default(), limit, cursor, freshness, secret: vec![7; 32] };
        let page = self.app.catalogue().page(&self.account, folder, &request).await;
        Ok(page.map_err(|problem| Failure::new(format!("{problem:?}")))?.value.json.concat())
    }
}

/// Runs the measurements and returns the tables.
pub(crate) async fn run(options: Catalogue, allocator: &'static StatsAlloc<System>) -> Result<String, Failure> {
    let site = StaticSite::start(&SIZES).await?;
    let mut tables = String::from(
        "| files in the folder | µs for the first page | allocations | µs for a page in the middle | allocations | \
         bytes held for a file | of them over its JSON | bytes weighed |\n|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for size in SIZES {
        let row = pages(&options, allocator, &site, size).await?;
        tables.push_str(&row);
    }
    tables.push('\n');
    tables.push_str(&cold(&options, &site).await?);
    Ok(tables)
}

fn folder(size: usize) -> Result<FolderId, Failure> {
    IdGrammar::new(IdAlphabet::UrlSafe, "0").folder(&size.to_string()).map_err(Failure::of("no folder"))
}

async fn pages(
    options: &Catalogue,
    allocator: &'static StatsAlloc<System>,
    site: &StaticSite,
    size: usize,
) -> Result<String, Failure> {
    let gateway = Gateway::new(&site.base_url())?;
    let folder = folder(size)?;
    // Opens the connection and initializes everything that is created only once.
    gateway.page(&self::folder(SIZES[0])?, PAGE, None, Freshness::NoCache).await?;
    let before = Region::new(allocator);
    let json_size = gateway.page(&folder, 1000, None, Freshness::Cached).await?.len();
    let weighed = gateway.app.catalogue().weight();
    // Temporary memory, such as that of the parser's thread, may be freed a little later.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let held = before.change();
    let held = held.bytes_allocated as i128 - held.bytes_deallocated as i128;

    let middle = match size {
        0..=PAGE => None,
        _ => cursor(&gateway.page(&folder, (size / 2).min(1000), None, Freshness::Cached).await?),
    };
    let (first_time, first_count) = timed(options, allocator, &gateway, &folder, None).await?;
    let (middle_time, middle_count) = match middle {
        Some(cursor) => timed(options, allocator, &gateway, &folder, Some(cursor)).await?,
        None => (f64::NAN, f64::NAN),
    };
    let json = json_size as f64 / size.min(1000) as f64;
    // The warm-up has read this folder already, so reading it again allocates nothing.
    let each = if size == SIZES[0] { f64::NAN } else { held as f64 / size as f64 };
    let weighed_each = weighed as f64 / size as f64;
    let cells = [
        cell(first_time, 1),
        cell(first_count, 0),
        cell(middle_time, 1),
        cell(middle_count, 0),
        cell(each, 0),
        cell(each - json, 0),
        cell(weighed_each, 0),
    ];
    Ok(format!("| {size} | {} |\n", cells.join(" | ")))
}

/// Formats a figure, or returns an empty text if it is not a number.
fn cell(figure: f64, digits: usize) -> String {
    if figure.is_nan() { String::new() } else { format!("{figure:.digits$}") }
}

/// Returns the microseconds and the allocations of one page.
async fn timed(
    options: &Catalogue,
    allocator: &'static StatsAlloc<System>,
    gateway: &Gateway,
    folder: &FolderId,
    cursor: Option<String>,
) -> Result<(f64, f64), Failure> {
    for _ in 0..options.pages / 10 {
        gateway.page(folder, PAGE, cursor.clone(), Freshness::Cached).await?;
    }
    let region = Region::new(allocator);
    let began = Instant::now();
    for _ in 0..options.pages {
        std::hint::black_box(gateway.page(folder, PAGE, cursor.clone(), Freshness::Cached).await?);
    }
    let took = began.elapsed();
    let pages = f64::from(options.pages);
    Ok((took.as_secs_f64() * 1e6 / pages, region.change().allocations as f64 / pages))
}

fn cursor(page: &[u8]) -> Option<String> {
    let page: serde_json::Value = serde_json::from_slice(page).ok()?;
    Some(page["next_cursor"].as_str()?.to_owned())
}

/// Times a listing that is not cached, and the baseline: fetching the same bytes, and reading and writing them with
/// serde_json.
async fn cold(options: &Catalogue, site: &StaticSite) -> Result<String, Failure> {
    let size = SIZES[2];
    let (folder, body) = (folder(size)?, site.body(size));
    let (mut listings, mut alone, mut fetched) = (Vec::new(), Vec::new(), Vec::new());
    let written = baseline::written(size);
    for _ in 0..options.rounds {
        let gateway = Gateway::new(&site.base_url())?;
        gateway.page(&self::folder(SIZES[0])?, PAGE, None, Freshness::NoCache).await?;
        let began = Instant::now();
        gateway.page(&folder, PAGE, None, Freshness::Cached).await?;
        listings.push(began.elapsed());
        let began = Instant::now();
        baseline::fetch(&site.base_url(), size).await?;
        fetched.push(began.elapsed());
        let began = Instant::now();
        baseline::read_and_write(&body, &written)?;
        alone.push(began.elapsed());
    }
    let (listing, fetch, alone) = (median(listings), median(fetched), median(alone));
    let ratio = listing.as_secs_f64() / (alone + fetch).as_secs_f64();
    Ok(format!(
        "A cold listing of {size} files ({:.1} MB from the site): {listing:.0?}. Only fetching the bytes: {fetch:.0?}. \
         serde_json reading them into structures and writing the answer's bytes: {alone:.0?}. {ratio:.2} times both.\n",
        body.len() as f64 / 1e6
    ))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
