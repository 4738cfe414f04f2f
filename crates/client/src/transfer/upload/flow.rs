//! Counts the sent bytes of an upload. The count determines the outcome if the connection breaks.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

/// Counts bytes as they are passed to the connection. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(super) struct Flow(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    passed: u64,
    whole: bool,
    fault: Option<String>,
}

/// The progress of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// Not all bytes were sent: the gateway cannot have the whole file.
    Partly(u64),
    /// All bytes were sent: the gateway may have the whole file.
    Whole,
    /// The local file could not be read further, for this reason.
    Unreadable(String),
}

impl Flow {
    /// Returns the same bytes, counted. `length` is their number, if it is known.
    pub(super) fn watch<S>(
        &self,
        bytes: S,
        length: Option<u64>,
        mut passed: impl FnMut(usize) + Send + 'static,
    ) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let (seen, ending) = (self.clone(), self.clone());
        let watched = bytes.inspect(move |chunk| match chunk {
            Ok(chunk) => {
                let mut state = seen.state();
                state.passed += chunk.len() as u64;
                // The connection does not poll beyond a known length.
                state.whole = length == Some(state.passed);
                drop(state);
                passed(chunk.len());
            }
            Err(error) => seen.state().fault = Some(error.to_string()),
        });
        let end = stream::once(async move {
            let mut state = ending.state();
            state.whole = state.fault.is_none();
            None
        });
        watched.map(Some).chain(end).filter_map(std::future::ready)
    }

    /// Returns the progress.
    pub(super) fn stage(&self) -> Stage {
        let state = self.state();
        match (&state.fault, state.whole) {
            (Some(fault), _) => Stage::Unreadable(fault.clone()),
            (None, true) => Stage::Whole,
            (None, false) => Stage::Partly(state.passed),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    fn chunks(faulty: bool) -> impl Stream<Item = io::Result<Bytes>> + Send {
        let last = if faulty { Err(io::Error::other("torn")) } else { Ok(Bytes::from_static(b"cd")) };
        stream::iter([Ok(Bytes::from_static(b"ab")), last])
    }

    #[tokio::test]
    async fn last_byte_completes_an_upload_of_known_length() {
        let flow = Flow::default();
        let mut bytes = pin!(flow.watch(chunks(false), Some(4), |_| ()));
        assert_eq!(flow.stage(), Stage::Partly(0));
        bytes.next().await;
        assert_eq!(flow.stage(), Stage::Partly(2));
        bytes.next().await;
        assert_eq!(flow.stage(), Stage::Whole);
    }

    #[tokio::test]
    async fn end_of_the_stream_completes_an_upload_of_unknown_length() {
        let flow = Flow::default();
        let mut bytes = pin!(flow.watch(chunks(false), None, |_| ()));
        bytes.next().await;
        bytes.next().await;
        assert_eq!(flow.stage(), Stage::Partly(4));
        assert!(bytes.next().await.is_none());
        assert_eq!(flow.stage(), Stage::Whole);
    }

    #[tokio::test]
    async fn upload_with_a_read_error_never_becomes_whole() {
        let flow = Flow::default();
        let mut bytes = pin!(flow.watch(chunks(true), Some(4), |_| ()));
        while bytes.next().await.is_some() {}
        assert_eq!(flow.stage(), Stage::Unreadable("torn".to_owned()));
    }
}
