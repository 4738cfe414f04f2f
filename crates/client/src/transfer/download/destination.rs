//! The destination of a download's bytes: a partial file or the standard output, with the number, origin and digests of
//! the bytes so far.

use std::io;

use bytes::Bytes;

use super::Existing;
use super::digests::ExpectedDigests;
use super::part::{Part, RemoteFile};
use super::resume::PartialFile;
use super::target::Target;
use crate::failure::Failure;
use crate::standard_streams::OutputStream;

/// The destination of one download.
#[derive(Debug)]
pub(super) struct Destination {
    sink: Sink,
    kept: PartialFile,
    digests: ExpectedDigests,
}

#[derive(Debug)]
enum Sink {
    Part(Box<Part>),
    StandardOutput(OutputStream),
}

impl Destination {
    /// Opens the partial file beside a target, to append to existing bytes.
    ///
    /// # Errors
    /// If the partial file is in use, belongs to another file, or cannot be read or written.
    pub(super) async fn beside(
        target: Target,
        remote: RemoteFile,
        existing: Existing,
        digests: ExpectedDigests,
    ) -> Result<Self, Failure> {
        let (part, kept) = Part::open(target, remote, existing)?;
        let unreadable = |error| Failure::local(part.part_path().display(), &error);
        let digests = match kept.length {
            0 => digests,
            _ => digests.over(part.part_path().to_owned()).await.map_err(unreadable)?,
        };
        Ok(Self { sink: Sink::Part(Box::new(part)), kept, digests })
    }

    /// Writes to the standard output. Bytes written there cannot be discarded.
    pub(super) fn standard_output(digests: ExpectedDigests) -> Self {
        let sink = Sink::StandardOutput(OutputStream::into_sink(io::stdout()));
        Self { sink, kept: PartialFile::default(), digests }
    }

    /// Returns the state of the bytes so far.
    pub(super) fn kept(&self) -> &PartialFile {
        &self.kept
    }

    /// Restarts the download. The next bytes are the beginning of a file with this entity tag and size.
    ///
    /// # Errors
    /// If the existing bytes cannot be discarded.
    pub(super) async fn restart(&mut self, etag: Option<String>, size: Option<u64>) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Part(part) => part.restart(etag.clone(), size).await?,
            Sink::StandardOutput(_) if self.kept.length > 0 => {
                let detail = "The file has changed or cannot be resumed, and its beginning was already written.";
                return Err(Failure::from_client("cannot_begin_anew", "The download cannot continue", detail));
            }
            Sink::StandardOutput(_) => {}
        }
        self.kept = PartialFile { length: 0, etag, size };
        self.digests.reset();
        Ok(())
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// If the bytes cannot be written.
    pub(super) async fn write(&mut self, bytes: Bytes) -> Result<(), Failure> {
        let length = bytes.len() as u64;
        self.digests.update(&bytes);
        match &mut self.sink {
            Sink::Part(part) => part.write(&bytes).await?,
            Sink::StandardOutput(output) => output.write(bytes).await.map_err(|error| unwritten(&error))?,
        }
        self.kept.length += length;
        Ok(())
    }

    /// Completes the download: checks the digests, and moves the file to its path.
    ///
    /// # Errors
    /// If a digest differs; the bytes are then discarded. Or if the file cannot be moved.
    pub(super) async fn finish(self) -> Result<(), Failure> {
        let checked = self.digests.check();
        match (self.sink, checked) {
            (Sink::Part(part), Ok(())) => part.finish().await,
            (Sink::Part(part), Err(failure)) => {
                part.discard().await;
                Err(failure)
            }
            (Sink::StandardOutput(mut output), checked) => {
                output.finish().await.map_err(|error| unwritten(&error)).and(checked)
            }
        }
    }

    /// Discards the bytes, if that is possible.
    pub(super) async fn discard(self) {
        if let Sink::Part(part) = self.sink {
            part.discard().await;
        }
    }
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::local("the standard output", error)
}
