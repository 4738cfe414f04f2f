//! One download: determines the file and its destination, and transfers the bytes, resuming after broken connections.

use std::path::PathBuf;

use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::destination::Destination;
use super::digests::Digests;
use super::part::RemoteFile;
use super::resume::{Request, Verdict};
use super::safe_name::safe_name;
use super::target::{Claims, Target};
use super::{Downloads, Place};
use crate::display;
use crate::failure::{Failure, FailureKind};
use crate::gateway::{Gateway, IDLE, refused};
use crate::interrupt::Interrupt;
use crate::progress::{Bar, Progress};
use crate::retry::Attempts;

/// The number of new bytes that count as progress. After them the retries start again.
const MIN_PROGRESS: u64 = 1024 * 1024;

/// The common settings of a command's downloads.
pub(super) struct Fetcher<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) downloads: &'a Downloads,
    pub(super) interrupt: &'a Interrupt,
    pub(super) progress: &'a Progress,
    pub(super) claims: Claims,
}

/// The result of a download.
pub(super) struct Fetched {
    /// Its path; `None` for the standard output, or if the path was not known yet.
    pub(super) path: Option<PathBuf>,
    /// The file as the gateway describes it.
    pub(super) outcome: Result<Value, Failure>,
}

/// The result of one request for bytes.
enum Step {
    /// The file is complete.
    Complete,
    /// The existing bytes cannot be used.
    RequestWhole,
}

impl Fetcher<'_> {
    /// Downloads one file.
    pub(super) async fn fetch(&self, id: &str) -> Fetched {
        let mut path = None;
        let outcome = self.interrupt.unless(self.fetch_into(id, &mut path)).await.unwrap_or_else(|| {
            Err(Failure::interrupted("The partial file is kept; the same command resumes the download."))
        });
        Fetched { path, outcome }
    }

    async fn fetch_into(&self, id: &str, path: &mut Option<PathBuf>) -> Result<Value, Failure> {
        let file = self.describe(id).await?;
        let name = safe_name(file["name"].as_str(), id);
        let digests = Digests::expected_by(&file);
        let existing = self.downloads.existing;
        let mut destination = match self.target(&name, path)? {
            None => Destination::standard_output(digests),
            Some(target) => {
                let remote = RemoteFile { account: self.downloads.account.clone(), id: id.to_owned() };
                Destination::beside(target, remote, existing, digests).await?
            }
        };
        let expected = file["size"].as_u64();
        let bar = self.progress.file(&name, destination.kept().size.or(expected));
        bar.begin_at(destination.kept().length);
        self.transfer(id, &mut destination, &bar).await?;
        let received = destination.kept().length;
        if let Some(expected) = expected.filter(|expected| *expected != received) {
            destination.discard().await;
            let [received, expected] = [received, expected].map(display::size);
            let detail = format!("{received} were received, but the gateway reports {expected}.");
            return Err(Failure::from_client("download_corrupted", "The downloaded bytes are not the file", detail));
        }
        destination.finish().await?;
        Ok(file)
    }

    /// Returns the gateway's description of a file; null if the site cannot describe single files.
    async fn describe(&self, id: &str) -> Result<Value, Failure> {
        match self.gateway.read(&["accounts", &self.downloads.account, "files", id], &[]).await {
            Err(failure) if failure.problem().code() == "capability_unsupported" => Ok(Value::Null),
            described => described,
        }
    }

    /// Returns the target of the file; `None` for the standard output. The path is stored in `path`, even if it cannot
    /// be used.
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

    /// Requests bytes until the file is complete or retries are used up.
    async fn transfer(&self, id: &str, destination: &mut Destination, bar: &Bar) -> Result<(), Failure> {
        let mut attempts = Attempts::default();
        let mut furthest = destination.kept().length;
        let mut request = Request::after(destination.kept());
        loop {
            let failure = match self.step(id, &request, destination, bar).await {
                Ok(Step::Complete) => return Ok(()),
                Ok(Step::RequestWhole) => {
                    request = Request::Whole;
                    continue;
                }
                Err(failure) => failure,
            };
            // The gateway has answered for this file before, so it is likely to recover.
            if !failure.is_temporary() && failure.kind() != FailureKind::Unreachable {
                return Err(failure);
            }
            if destination.kept().length >= furthest + MIN_PROGRESS {
                furthest = destination.kept().length;
                attempts.reset();
            }
            request = Request::after(destination.kept());
            let Some(pause) = attempts.pause_after(&failure) else { return Err(failure) };
            tokio::time::sleep(pause).await;
        }
    }

    async fn step(
        &self,
        id: &str,
        wanted: &Request,
        destination: &mut Destination,
        bar: &Bar,
    ) -> Result<Step, Failure> {
        let segments = ["accounts", &self.downloads.account, "files", id, "content"];
        let mut request = self.gateway.request(Method::GET, &segments, &[])?;
        for (name, value) in wanted.headers() {
            request = request.header(name, value);
        }
        let mut response = self.gateway.send(request).await?;
        match wanted.judge(response.status(), response.headers()) {
            Verdict::Append => {}
            Verdict::Restart { etag, size } => {
                destination.restart(etag, size).await?;
                bar.set_size(size);
                bar.begin_at(0);
            }
            Verdict::Complete => return Ok(Step::Complete),
            Verdict::RequestWhole => return Ok(Step::RequestWhole),
            Verdict::Error => return Err(refused(response).await),
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
            None => Ok(Step::Complete),
        }
    }
}
