//! The options of the log.

use std::io::IsTerminal as _;

use clap::ValueEnum;
use polyhost_log::Format;

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
    let on_terminal = std::io::stderr().is_terminal();
    let is_text = format == LogFormat::Text || format == LogFormat::Auto && on_terminal;
    let is_coloured = on_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    polyhost_log::init(default, if is_text { Format::Text { is_coloured } } else { Format::Json });
}
