//! One download: what is to be fetched and where to, and the bytes, however often the connection breaks on the way.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::destination::Destination;
use super::digests::Digests;
use super::part::Owner;
use super::resume::{Ask, Verdict};
use super::safe_name::safe_name;
use super::target::{Claims, Target};
use super::{Downloads, Place};
use crate::display;
use crate::failure::{Failure, FailureKind};
use crate::gateway::{Gateway, IDLE, refused};
use crate::interrupt::Interrupt;
use crate::progress::{Bar, Progress};
use crate::retry::Tries;

/// So many bytes more than ever before are progress, after which a broken connection counts as the first again.
const PROGRESS: u64 = 1024 * 1024;

/// What all downloads of a command have in common.
pub(super) struct Fetcher<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) downloads: &'a Downloads,
    pub(super) interrupt: &'a Interrupt,
    pub(super) progress: &'a Progress,
    pub(super) claims: Claims,
}

/// What became of a download.
pub(super) struct Fetched {
    /// Where it went, or was to go; nothing for the standard output, and where it was not known yet.
    pub(super) path: Option<PathBuf>,
    /// The file as the gateway describes it.
    pub(super) outcome: Result<Value, Failure>,
}

/// How one request for bytes has ended.
enum Step {
    /// All of them are there.
    Whole,
    /// What was there is of no use.
    AskForWhole,
}

impl Fetcher<'_> {
    /// Downloads one file.
    pub(super) async fn fetch(&self, id: &str) -> Fetched {
        let mut path = None;
        let outcome = self.interrupt.unless(self.fetch_into(id, &mut path)).await.unwrap_or_else(|| {
            Err(Failure::interrupted("What has come of it is kept; the same command goes on with it."))
        });
        Fetched { path, outcome }
    }

    async fn fetch_into(&self, id: &str, path: &mut Option<PathBuf>) -> Result<Value, Failure> {
        let file = self.describe(id).await?;
        let name = safe_name(file["name"].as_str(), id);
        let digests = Digests::told_by(&file);
        let existing = self.downloads.existing;
        let mut destination = match self.target(&name, path)? {
            None => Destination::standard_output(digests),
            Some(target) => {
                let owner = Owner { account: self.downloads.account.clone(), id: id.to_owned() };
                Destination::beside(target, owner, existing, digests).await?
            }
        };
        let told = file["size"].as_u64();
        let bar = self.progress.file(&name, destination.kept().size.or(told));
        bar.begin_at(destination.kept().length);
        self.transfer(id, &mut destination, &bar).await?;
        let came = destination.kept().length;
        if let Some(told) = told.filter(|told| *told != came) {
            destination.discard().await;
            let [came, told] = [came, told].map(display::size);
            let detail = format!("{came} came, and it should have {told}.");
            return Err(Failure::own("download_corrupted", "What came is not the file", detail));
        }
        destination.finish().await?;
        Ok(file)
    }

    /// What the gateway knows of a file. Where the site tells nothing of single files, that is nothing.
    async fn describe(&self, id: &str) -> Result<Value, Failure> {
        match self.gateway.read(&["accounts", &self.downloads.account, "files", id], &[]).await {
            Err(failure) if failure.problem().code() == "capability_unsupported" => Ok(Value::Null),
            described => described,
        }
    }

    /// Where the file goes: nowhere but to the standard output, or to a path that is noted in `path` even if it is of
    /// no use.
    fn target(&self, name: &str, path: &mut Option<PathBuf>) -> Result<Option<Target>, Failure> {
        let to = match &self.downloads.place {
            Place::StandardOutput => return Ok(None),
            Place::File(to) => to.clone(),
            Place::Directory(directory) => {
                std::fs::create_dir_all(directory).map_err(|error| Failure::local(directory.display(), &error))?;
                directory.join(name)
            }
        };
        let target = Target::at(path.insert(to).clone(), self.downloads.existing)?;
        self.claims.take(&target)?;
        Ok(Some(target))
    }

    /// Asks until all bytes are there, or there is no hope.
    async fn transfer(&self, id: &str, destination: &mut Destination, bar: &Bar) -> Result<(), Failure> {
        let mut tries = Tries::default();
        let mut furthest = destination.kept().length;
        let mut ask = Ask::after(destination.kept());
        loop {
            let failure = match self.step(id, &ask, destination, bar).await {
                Ok(Step::Whole) => return Ok(()),
                Ok(Step::AskForWhole) => {
                    ask = Ask::Whole;
                    continue;
                }
                Err(failure) => failure,
            };
            // The gateway has answered for this file before, so it is expected back.
            if !failure.is_passing() && failure.kind() != FailureKind::Unreachable {
                return Err(failure);
            }
            if destination.kept().length >= furthest + PROGRESS {
                furthest = destination.kept().length;
                tries.reset();
            }
            ask = Ask::after(destination.kept());
            let Some(pause) = tries.pause_after(&failure) else { return Err(failure) };
            tokio::time::sleep(pause).await;
        }
    }

    async fn step(&self, id: &str, ask: &Ask, destination: &mut Destination, bar: &Bar) -> Result<Step, Failure> {
        let segments = ["accounts", &self.downloads.account, "files", id, "content"];
        let mut request = self.gateway.request(Method::GET, &segments, &[])?;
        for (name, value) in ask.headers() {
            request = request.header(name, value);
        }
        let mut response = self.gateway.send(request).await?;
        match ask.judge(response.status(), response.headers()) {
            Verdict::Append => {}
            Verdict::Anew { etag, size } => {
                destination.begin_anew(etag, size).await?;
                bar.expect(size);
                bar.begin_at(0);
            }
            Verdict::Complete => return Ok(Step::Whole),
            Verdict::AskForWhole => return Ok(Step::AskForWhole),
            Verdict::Refused => return Err(refused(response).await),
        }
        loop {
            let chunk = timeout(IDLE, response.chunk()).await.map_err(|_| Failure::silent(IDLE))?;
            let Some(bytes) = chunk.map_err(|error| Failure::transport(self.gateway.address(), &error))? else { break };
            bar.advance(bytes.len());
            destination.write(bytes).await?;
        }
        let kept = destination.kept();
        match kept.size.filter(|size| kept.length < *size) {
            Some(_) => Err(Failure::connection("The answer ended before the file did.")),
            None => Ok(Step::Whole),
        }
    }
}
