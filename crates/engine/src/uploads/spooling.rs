//! A body of unknown length: spooled until it is complete, because a site requires the length in advance.

use std::io;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use polyhost_domain::{ByteSource, ByteStream, Sha1Digest, SizedStream};
use tokio::sync::OnceCell;

use super::digests::Digesting;
use super::incoming_body::{empty, incomplete};
use super::spool::{Spool, Spooled, Writing};
use super::{mismatch, too_large};
use crate::problem::{Code, Problem};

/// A body that is read into the spool when it is first opened. Each `open` then reads it from the spool.
pub(super) struct Spooling {
    arriving: Mutex<Option<ByteStream>>,
    bounds: Bounds,
    digesting: Digesting,
    spooled: OnceCell<Spooled>,
}

/// The limits of a body while it is spooled.
pub(super) struct Bounds {
    /// The spool that stores it.
    pub(super) spool: Spool,
    /// Its greatest length in bytes.
    pub(super) most: u64,
    /// Its declared digest.
    pub(super) sha1: Option<Sha1Digest>,
}

impl Spooling {
    /// Returns a body whose `arriving` stream is already watched by `digesting`.
    pub(super) fn new(arriving: ByteStream, bounds: Bounds, digesting: Digesting) -> Self {
        let arriving = Mutex::new(Some(arriving));
        Self { arriving, bounds, digesting, spooled: OnceCell::new() }
    }

    /// Reads the whole body into the spool. Finds all problems of the body before the first call to the site.
    async fn spool_body(&self) -> Result<Spooled, Problem> {
        let arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut arriving = arriving.ok_or_else(Problem::internal)?;
        let mut writing = self.bounds.spool.begin().await.map_err(|error| spool_failure(&error))?;
        while let Some(chunk) = arriving.next().await {
            // The stream's error may carry a more precise problem.
            let chunk = chunk.map_err(|error| Problem::carried_by(&error).unwrap_or_else(ended_early))?;
            if writing.length() + chunk.len() as u64 > self.bounds.most {
                return Err(too_large(self.bounds.most));
            }
            writing.write(&chunk).await.map_err(|error| spool_failure(&error))?;
        }
        self.check(&writing).await?;
        writing.finish().await.map_err(|error| spool_failure(&error))
    }

    async fn check(&self, writing: &Writing) -> Result<(), Problem> {
        if writing.length() == 0 {
            return Err(empty(""));
        }
        let digests = self.digesting.finish().await;
        mismatch(self.bounds.sha1.as_ref(), digests.sha1.as_deref()).map_or(Ok(()), Err)
    }
}

#[async_trait]
impl ByteSource for Spooling {
    async fn open(&self) -> io::Result<SizedStream> {
        let spooled = self.spooled.get_or_try_init(|| self.spool_body()).await;
        Ok(spooled?.open())
    }
}

fn ended_early() -> Problem {
    incomplete("The body of the upload ended early. Send the upload again.")
}

fn spool_failure(error: &io::Error) -> Problem {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        let detail = "The gateway has no space left to store the body until its length is known. \
                      Send it with a Content-Length, or try again later.";
        return Problem::new(Code::InsufficientStorage, detail).retryable();
    }
    tracing::error!(%error, "a body of unknown length could not be spooled");
    Problem::internal()
}
