//! The log on the standard error: one JSON object a line for programs, or lines for people.
//!
//! A crate of its own, because every request writes a line: it is optimized for speed, and the rest of the program for
//! size.

mod json;
mod output;
#[cfg(test)]
mod testing;
mod text;

use tracing_subscriber::EnvFilter;

use json::Json;
use output::OUTPUT;
use text::Text;

/// The beginning of the fields that repeat the origin of an event, which another logging crate has passed on.
const ORIGIN_FIELDS: &str = "log.";
/// The field with the target of such an event.
const ORIGIN_TARGET: &str = "log.target";

/// The format of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// Lines for people.
    Text {
        /// Whether the level of a line has a colour.
        is_coloured: bool,
    },
}

/// Starts logging. `RUST_LOG` sets the filter; without it, `default` is used. Has no effect if the process has a
/// subscriber: tests set their own.
pub fn init(default: &str, format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| &OUTPUT);
    let result = match format {
        Format::Json => builder.fmt_fields(Json).event_format(Json).try_init(),
        Format::Text { is_coloured } => builder.with_ansi(is_coloured).fmt_fields(Text).event_format(Text).try_init(),
    };
    if result.is_ok() {
        OUTPUT.start();
    }
}

/// Waits until all lines of the log are written, for a second at most. Call this before the process ends.
pub fn finish() {
    OUTPUT.finish();
}
