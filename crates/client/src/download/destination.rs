//! Where the bytes of a download go, with all that is known of those that have gone there: how many, of which file, and
//! their digests.

use std::io;

use bytes::Bytes;

use super::Existing;
use super::digests::Digests;
use super::part::{Owner, Part};
use super::resume::Kept;
use super::target::Target;
use crate::failure::Failure;
use crate::standard_streams::OutputStream;

/// Where the bytes of one download go.
#[derive(Debug)]
pub(super) struct Destination {
    sink: Sink,
    kept: Kept,
    digests: Digests,
}

#[derive(Debug)]
enum Sink {
    Part(Box<Part>),
    StandardOutput(OutputStream),
}

impl Destination {
    /// Beside a target, behind what is there already.
    ///
    /// # Errors
    /// Where what is there is in use, is somebody else's, or cannot be read or written.
    pub(super) async fn beside(
        target: Target,
        owner: Owner,
        existing: Existing,
        digests: Digests,
    ) -> Result<Self, Failure> {
        let (part, kept) = Part::open(target, owner, existing)?;
        let unreadable = |error| Failure::local(part.part_path().display(), &error);
        let digests = match kept.length {
            0 => digests,
            _ => digests.over(part.part_path().to_owned()).await.map_err(unreadable)?,
        };
        Ok(Self { sink: Sink::Part(Box::new(part)), kept, digests })
    }

    /// The standard output. What went there cannot be taken back.
    pub(super) fn standard_output(digests: Digests) -> Self {
        let sink = Sink::StandardOutput(OutputStream::into_sink(io::stdout()));
        Self { sink, kept: Kept::default(), digests }
    }

    /// What is there.
    pub(super) fn kept(&self) -> &Kept {
        &self.kept
    }

    /// The bytes to come are the beginning of a file with this entity tag and size.
    ///
    /// # Errors
    /// Where what is there cannot be thrown away.
    pub(super) async fn begin_anew(&mut self, etag: Option<String>, size: Option<u64>) -> Result<(), Failure> {
        match &mut self.sink {
            Sink::Part(part) => part.begin_anew(etag.clone(), size).await?,
            Sink::StandardOutput(_) if self.kept.length > 0 => {
                let detail = "The file has changed, or its rest cannot be had, and its beginning is written already.";
                return Err(Failure::own("cannot_begin_anew", "The download cannot go on", detail));
            }
            Sink::StandardOutput(_) => {}
        }
        self.kept = Kept { length: 0, etag, size };
        self.digests.reset();
        Ok(())
    }

    /// Puts bytes behind those that are there.
    ///
    /// # Errors
    /// Where they cannot be written.
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

    /// All bytes are there: holds them against the digests that they should have, and makes the whole file of them.
    ///
    /// # Errors
    /// A digest differs, and what came was thrown away; or the whole cannot be put in its place.
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

    /// Throws away what came, where that can be done.
    pub(super) async fn discard(self) {
        if let Sink::Part(part) = self.sink {
            part.discard().await;
        }
    }
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::local("the standard output", error)
}
