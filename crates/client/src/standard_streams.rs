//! Standard input and output as streams.
//!
//! Each has a thread of its own. A read from a terminal, or a write into a full pipe, cannot be cancelled. The async
//! runtime would wait for it at the end of the program.

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

const CHUNK: usize = 64 * 1024;
/// The number of chunks that may be buffered.
const AHEAD: usize = 4;

/// Returns all input until its end.
pub(crate) fn input(mut source: impl Read + Send + 'static) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        loop {
            let mut chunk = vec![0; CHUNK];
            let read = match source.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => {
                    chunk.truncate(read);
                    Ok(Bytes::from(chunk))
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => Err(error),
            };
            let last = read.is_err();
            if sender.blocking_send(read).is_err() || last {
                break;
            }
        }
    });
    stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)))
}

/// A stream for output.
#[derive(Debug)]
pub(crate) struct OutputStream {
    sender: Option<mpsc::Sender<Bytes>>,
    ended: mpsc::Receiver<()>,
    fault: Arc<Mutex<Option<io::Error>>>,
}

impl OutputStream {
    /// Creates a stream into a writer.
    pub(crate) fn into_sink(mut sink: impl Write + Send + 'static) -> Self {
        let (sender, mut chunks) = mpsc::channel::<Bytes>(AHEAD);
        let (end, ended) = mpsc::channel(1);
        let fault = Arc::new(Mutex::new(None));
        let found = Arc::clone(&fault);
        std::thread::spawn(move || {
            let mut written = Ok(());
            while let (Ok(()), Some(chunk)) = (&written, chunks.blocking_recv()) {
                written = sink.write_all(&chunk);
            }
            *found.lock().unwrap_or_else(PoisonError::into_inner) = written.and_then(|()| sink.flush()).err();
            drop(end);
        });
        Self { sender: Some(sender), ended, fault }
    }

    /// Writes bytes, when the buffer has room.
    ///
    /// # Errors
    /// If earlier bytes could not be written.
    pub(crate) async fn write(&mut self, bytes: Bytes) -> io::Result<()> {
        let Some(sender) = &self.sender else { return Err(io::ErrorKind::BrokenPipe.into()) };
        match sender.send(bytes).await {
            Ok(()) => Ok(()),
            Err(_) => self.finish().await.and(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    /// Waits until everything is written.
    ///
    /// # Errors
    /// If something could not be written.
    pub(crate) async fn finish(&mut self) -> io::Result<()> {
        self.sender = None;
        // Nothing is ever sent: the end of the thread closes the channel.
        let _: Option<()> = self.ended.recv().await;
        match self.fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::StreamExt as _;

    struct Broken;

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }

    #[tokio::test]
    async fn input_is_complete_and_in_order() {
        let bytes: Vec<u8> = (0..=255).cycle().take(3 * CHUNK + 5).collect();
        let chunks: Vec<Bytes> = input(io::Cursor::new(bytes.clone())).map(Result::unwrap).collect().await;
        assert_eq!(chunks.concat(), bytes);
    }

    #[tokio::test]
    async fn unreadable_input_ends_with_its_error() {
        let chunks: Vec<io::Result<Bytes>> = input(Broken).collect().await;
        assert_eq!(chunks.len(), 1);
        assert_eq!(chunks[0].as_ref().unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    }

    #[tokio::test]
    async fn failed_output_is_an_error_with_its_reason() {
        let mut output = OutputStream::into_sink(Broken);
        output.write(Bytes::from_static(b"a")).await.unwrap();
        assert_eq!(output.finish().await.unwrap_err().kind(), io::ErrorKind::StorageFull);
        let mut output = OutputStream::into_sink(io::sink());
        output.write(Bytes::from_static(b"a")).await.unwrap();
        output.finish().await.unwrap();
    }
}
