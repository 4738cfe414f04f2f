//! A log in memory, for tests.

use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::Registry;
use tracing_subscriber::fmt::{FormatEvent, FormatFields};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns what `log` writes to the log in a format.
pub(crate) fn written<F>(format: F, log: impl FnOnce()) -> String
where
    F: FormatEvent<Registry, F> + for<'w> FormatFields<'w> + Copy + Send + Sync + 'static,
{
    let lines = Log::default();
    let sink = lines.clone();
    let builder = tracing_subscriber::fmt().with_ansi(false).with_writer(move || sink.clone());
    tracing::subscriber::with_default(builder.fmt_fields(format).event_format(format).finish(), log);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}
