//! The log on the standard error: one JSON object a line for programs, or lines for people.

mod json;
mod output;
#[cfg(test)]
mod testing;
mod text;

use std::io::IsTerminal as _;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use json::Json;
use output::OUTPUT;
use text::Text;

/// The beginning of the fields that repeat the origin of an event, which another logging crate has passed on.
const ORIGIN_FIELDS: &str = "log.";
/// The field with the target of such an event.
const ORIGIN_TARGET: &str = "log.target";

/// The format of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, else JSON
    #[default]
    Auto,
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Starts logging. `RUST_LOG` sets the filter; without it, `default` is used.
pub(crate) fn init(default: &str, format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| &OUTPUT);
    let on_terminal = std::io::stderr().is_terminal();
    let is_text = match format {
        LogFormat::Auto => on_terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    // An existing subscriber stays: tests set their own.
    let result = if is_text {
        let colours = on_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        builder.with_ansi(colours).fmt_fields(Text).event_format(Text).try_init()
    } else {
        builder.fmt_fields(Json).event_format(Json).try_init()
    };
    if result.is_ok() {
        OUTPUT.start();
    }
}

/// Waits until all lines of the log are written, for a second at most. Call this before the process ends.
pub fn finish() {
    OUTPUT.finish();
}
