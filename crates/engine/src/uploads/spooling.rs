//! A body of unknown length: kept until all of it is there, since a site wants to know its length beforehand.

use std::io;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use polyhost_domain::{ByteSource, ByteStream, Sha1Digest, SizedStream};
use tokio::sync::OnceCell;

use super::arriving::{Refusal, empty, incomplete};
use super::digests::Digesting;
use super::spool::{Spool, Spooled, Writing};
use super::{mismatch, too_large};
use crate::problem::{Code, Problem};

/// A body that is read into the spool when it is first opened, and from there as often as it is.
pub(super) struct Spooling {
    arriving: Mutex<Option<ByteStream>>,
    refusal: Refusal,
    bounds: Bounds,
    digesting: Digesting,
    spooled: OnceCell<Spooled>,
}

/// What a body is held to while it is kept.
pub(super) struct Bounds {
    /// Where it is kept.
    pub(super) spool: Spool,
    /// The most bytes that it may have.
    pub(super) most: u64,
    /// The digest that it must have.
    pub(super) sha1: Option<Sha1Digest>,
}

impl Spooling {
    /// A body of which `digesting` sees every byte.
    pub(super) fn new(arriving: ByteStream, refusal: Refusal, bounds: Bounds, digesting: Digesting) -> Self {
        let arriving = Mutex::new(Some(arriving));
        Self { arriving, refusal, bounds, digesting, spooled: OnceCell::new() }
    }

    /// Reads all of it. What is wrong with it is found here, before a site hears of the file.
    async fn keep(&self) -> Result<Spooled, Problem> {
        let arriving = self.arriving.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut arriving = arriving.ok_or_else(Problem::internal)?;
        let mut writing = self.bounds.spool.begin().await.map_err(|error| unkept(&error))?;
        while let Some(chunk) = arriving.next().await {
            // Why it failed may have been told already, and better.
            let chunk = chunk.map_err(|_| self.refusal.take().unwrap_or_else(ended_early))?;
            if writing.length() + chunk.len() as u64 > self.bounds.most {
                return Err(too_large(self.bounds.most));
            }
            writing.write(&chunk).await.map_err(|error| unkept(&error))?;
        }
        self.check(&writing).await?;
        writing.finish().await.map_err(|error| unkept(&error))
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
        let spooled = self.spooled.get_or_try_init(|| self.keep()).await;
        spooled.map(Spooled::open).map_err(|problem| self.refusal.tell(problem))
    }
}

fn ended_early() -> Problem {
    incomplete("The body of the upload ended early.")
}

fn unkept(error: &io::Error) -> Problem {
    if matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        let detail = "The gateway has no room to keep the body until its length is known. \
                      Send it with a Content-Length, or later.";
        return Problem::new(Code::InsufficientStorage, detail).retryable();
    }
    tracing::error!(%error, "a body cannot be spooled");
    Problem::internal()
}
