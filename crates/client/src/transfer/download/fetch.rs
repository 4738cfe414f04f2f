//! One download: determines the file and its destination, and transfers the bytes, resuming after broken connections.

use std::path::Path;

use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::Existing;
use super::destination::Destination;
use super::digests::ExpectedDigests;
use super::part::RemoteFile;
use super::resume::{Request, Verdict};
use super::target::Target;
use crate::display;
use crate::failure::{Failure, FailureKind};
use crate::gateway::{IDLE, refused};
use crate::pace;
use crate::progress::Bar;
use crate::retry::Attempts;
use crate::session::Session;
use crate::tree::File;

/// The number of new bytes that count as progress. After them the retries start again.
const MIN_PROGRESS: u64 = 1024 * 1024;

/// The downloads of a command.
pub(in crate::transfer) struct Downloads<'a> {
    session: &'a Session,
    existing: Existing,
}

/// One download.
#[derive(Debug, Clone, Copy)]
pub(in crate::transfer) struct Download<'a> {
    pub(in crate::transfer) file: &'a File,
    /// The path of the complete file; `None` is the standard output.
    pub(in crate::transfer) path: Option<&'a Path>,
}

/// The result of one request for bytes.
enum Step {
    /// The file is complete.
    Complete,
    /// The existing bytes cannot be used.
    RequestWhole,
}

impl<'a> Downloads<'a> {
    pub(in crate::transfer) fn new(session: &'a Session, existing: Existing) -> Self {
        Self { session, existing }
    }

    /// Downloads one file, and returns it as the gateway describes it.
    ///
    /// # Errors
    /// The gateway's failure, that of the file system, or `Interrupted`.
    pub(in crate::transfer) async fn fetch(&self, download: Download<'_>) -> Result<Value, Failure> {
        let received = self.session.interrupt.unless(Box::pin(self.receive(download))).await.unwrap_or_else(|| {
            Err(Failure::interrupted("The partial file is kept; the same command resumes the download."))
        });
        // An interrupt does not stop the last steps, so that each file that is moved to its path is also reported.
        let destination = received?;
        let (item, received) = (&download.file.item, destination.kept().length);
        if let Some(expected) = item.size.filter(|expected| *expected != received) {
            destination.discard().await;
            let [received, expected] = [received, expected].map(display::size);
            let detail = format!("{received} were received, but the gateway reports {expected}.");
            return Err(Failure::from_client("download_corrupted", "The downloaded bytes are not the file", detail));
        }
        destination.finish().await?;
        Ok(item.json())
    }

    /// Receives all bytes of a file.
    async fn receive(&self, download: Download<'_>) -> Result<Destination, Failure> {
        let Download { file, path } = download;
        let (item, digests) = (&file.item, ExpectedDigests::new(&file.item.digests));
        let mut destination = match path {
            None => Destination::standard_output(digests),
            Some(path) => {
                let target = self.target(path)?;
                let remote = RemoteFile { account: file.account.clone(), id: item.id.clone() };
                Destination::beside(target, remote, self.existing, digests).await?
            }
        };
        let bar = self.session.report.progress().file(&item.name, destination.kept().size.or(item.size));
        bar.begin_at(destination.kept().length);
        self.transfer(file, &mut destination, &bar).await?;
        bar.complete();
        Ok(destination)
    }

    /// Returns the paths of a download. Their folder is created.
    fn target(&self, path: &Path) -> Result<Target, Failure> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Failure::local(folder.display(), &error))?;
        }
        Target::at(path.to_owned(), self.existing)
    }

    /// Requests bytes until the file is complete or retries are used up.
    async fn transfer(&self, file: &File, destination: &mut Destination, bar: &Bar) -> Result<(), Failure> {
        let mut attempts = Attempts::default();
        let mut furthest = destination.kept().length;
        let mut request = Request::after(destination.kept());
        loop {
            let failure = match Box::pin(self.step(file, &request, destination, bar)).await {
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
            if !self.session.gateway.may_retry(&mut attempts, &failure).await {
                return Err(failure);
            }
        }
    }

    async fn step(
        &self,
        file: &File,
        wanted: &Request,
        destination: &mut Destination,
        bar: &Bar,
    ) -> Result<Step, Failure> {
        let segments = ["accounts", &file.account, "files", &file.item.id, "content"];
        let gateway = &self.session.gateway;
        let mut request = gateway.request(Method::GET, &segments, &[])?;
        for (name, value) in wanted.headers() {
            request = request.header(name, value);
        }
        let mut response = gateway.send(request, pace::READ).await?;
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
            let Some(bytes) = chunk.map_err(|error| Failure::transport(gateway.address(), &error))? else { break };
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
