//! A file at an account as the source of an upload. Its bytes pass through this machine in flat memory.

use std::io;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, stream};
use reqwest::{Method, Response};
use tokio::time::timeout;

use crate::digest::{Digests, Running};
use crate::failure::Failure;
use crate::gateway::{Gateway, IDLE, refused};
use crate::pace;
use crate::tree::File;

/// A file at an account.
#[derive(Debug, Clone)]
pub(super) struct Remote {
    gateway: Gateway,
    account: String,
    id: String,
    length: Option<u64>,
    digests: Digests,
}

/// The rest of the bytes.
struct Rest {
    response: Response,
    /// The chunk before the one that is being received. It is held back, so that the last one is only sent after the
    /// length and the digests were found to be right: then the gateway never gets a whole file of wrong bytes.
    held: Option<Bytes>,
    received: u64,
    running: Running,
    length: Option<u64>,
    digests: Digests,
}

impl Remote {
    pub(super) fn new(gateway: &Gateway, file: &File) -> Self {
        let item = &file.item;
        Self {
            gateway: gateway.clone(),
            account: file.account.clone(),
            id: item.id.clone(),
            length: item.size,
            digests: item.digests.clone(),
        }
    }

    /// Returns the length, if the site reports it.
    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Requests the bytes, from the beginning. The stream ends with an error if the length or a digest is not the
    /// file's, before the last byte.
    ///
    /// # Errors
    /// If the gateway rejects the request.
    pub(super) async fn open(&self) -> io::Result<BoxStream<'static, io::Result<Bytes>>> {
        let response = self.request().await.map_err(|failure| io::Error::other(failure.to_string()))?;
        let announced = response.content_length();
        if let Some((announced, length)) = announced.zip(self.length).filter(|(one, other)| one != other) {
            return Err(io::Error::other(format!("the site sends {announced} bytes of a file of {length} bytes")));
        }
        let rest = Rest {
            response,
            held: None,
            received: 0,
            running: self.digests.start(),
            length: self.length.or(announced),
            digests: self.digests.clone(),
        };
        let chunks = stream::unfold(Some(rest), |rest| async {
            match rest?.next().await {
                Ok((chunk, rest)) => Some((Ok(chunk), rest)),
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(chunks.boxed())
    }

    async fn request(&self) -> Result<Response, Failure> {
        let segments = ["accounts", &self.account, "files", &self.id, "content"];
        let response = self.gateway.send(self.gateway.request(Method::GET, &segments, &[])?, pace::READ).await?;
        if response.status().is_success() { Ok(response) } else { Err(refused(response).await) }
    }
}

impl Rest {
    /// Returns the next chunk and the rest after it, if there is one.
    async fn next(mut self) -> io::Result<(Bytes, Option<Self>)> {
        loop {
            let chunk = timeout(IDLE, self.response.chunk()).await.map_err(|_| io::ErrorKind::TimedOut)?;
            let Some(chunk) = chunk.map_err(|_| io::Error::other("the connection to the source broke"))? else { break };
            self.received += chunk.len() as u64;
            self.running.update(&chunk);
            if let Some(held) = self.held.replace(chunk) {
                return Ok((held, Some(self)));
            }
        }
        if self.length.is_some_and(|length| length != self.received) {
            return Err(io::Error::other(format!("the source ended after {} bytes", self.received)));
        }
        if self.running.finish().equal(&self.digests) == Some(false) {
            return Err(io::Error::other("the digest of the source's bytes is not the one that the site reports"));
        }
        Ok((self.held.unwrap_or_default(), None))
    }
}
