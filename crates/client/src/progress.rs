//! Progress bars on a terminal: transferred bytes, rate and remaining time of each file, and the total.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::display::escaped;

const KNOWN: &str =
    "{prefix:24!} {wide_bar} {binary_bytes:>10} of {binary_total_bytes:10} {binary_bytes_per_sec:>12} {eta:>5}";
const UNKNOWN: &str = "{prefix:24!} {spinner} {binary_bytes:>10} {binary_bytes_per_sec:>12}";
const TOTAL: &str = "{pos} of {len} files {wide_bar} {msg}";
const NOTE: &str = "{msg}";

/// The bars of all running transfers; nothing if the standard error is not a terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bars: MultiProgress,
    voice: Voice,
}

/// The way to tell people about a wait.
#[derive(Debug, Clone)]
enum Voice {
    /// A line among the bars.
    Bars,
    /// A line of the standard error, which is not a terminal; once for each command.
    Lines(Arc<AtomicBool>),
    /// Not at all.
    Silent,
}

/// The bar of one file.
#[derive(Debug)]
pub(crate) struct Bar(Shown);

/// The bar of all files of a command.
#[derive(Debug)]
pub(crate) struct Total(Shown);

/// A line of text among the bars.
#[derive(Debug)]
pub(crate) struct Note(Shown);

/// A bar among the others. Dropping it removes the bar, and frees its memory.
#[derive(Debug)]
struct Shown {
    bars: MultiProgress,
    bar: ProgressBar,
}

impl Progress {
    /// Creates bars on the standard error, which are visible only on a terminal.
    pub(crate) fn shown() -> Self {
        let voice = if stderr().is_terminal() { Voice::Bars } else { Voice::Lines(Arc::default()) };
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()), voice }
    }

    /// Creates invisible bars.
    pub(crate) fn hidden() -> Self {
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()), voice: Voice::Silent }
    }

    /// Creates a bar for a file, with its size if that is known.
    pub(crate) fn file(&self, name: &str, size: Option<u64>) -> Bar {
        let bar = self.among(self.bars.insert_from_back(1, ProgressBar::no_length()));
        bar.set_prefix(escaped(name));
        let bar = Bar(bar);
        bar.set_size(size);
        bar
    }

    /// Creates the bar of all files, below the others.
    pub(crate) fn total(&self, files: u64) -> Total {
        let bar = self.among(self.bars.add(ProgressBar::new(files)));
        bar.set_style(style(TOTAL));
        Total(bar)
    }

    /// Creates a line of text above the bars.
    pub(crate) fn note(&self, text: &str) -> Note {
        let line = self.among(self.bars.insert(0, ProgressBar::no_length()));
        line.set_style(style(NOTE));
        line.set_message(escaped(text));
        match &self.voice {
            Voice::Lines(said) if !said.swap(true, Ordering::Relaxed) => {
                drop(writeln!(stderr(), "polyhost: {}", escaped(text)));
            }
            Voice::Bars | Voice::Lines(_) | Voice::Silent => {}
        }
        Note(line)
    }

    fn among(&self, bar: ProgressBar) -> Shown {
        Shown { bars: self.bars.clone(), bar }
    }

    /// Runs `print` while the bars are hidden.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bars.suspend(print)
    }
}

impl Bar {
    /// Sets the size.
    pub(crate) fn set_size(&self, size: Option<u64>) {
        self.0.set_style(style(if size.is_some() { KNOWN } else { UNKNOWN }));
        match size {
            Some(size) => self.0.set_length(size),
            None => self.0.unset_length(),
        }
    }

    /// Counts transferred bytes.
    pub(crate) fn advance(&self, bytes: usize) {
        self.0.inc(bytes as u64);
    }

    /// Returns a function that counts transferred bytes and may outlive the bar.
    pub(crate) fn advancing(&self) -> impl FnMut(usize) + Send + use<> {
        let bar = self.0.bar.clone();
        move |bytes| bar.inc(bytes as u64)
    }

    /// Sets the position to bytes that exist already. The rate starts from here.
    pub(crate) fn begin_at(&self, bytes: u64) {
        self.0.set_position(bytes);
        self.0.reset_eta();
    }
}

impl Total {
    /// Sets the number of finished files, and the text behind the bar.
    pub(crate) fn set(&self, finished: u64, text: String) {
        self.0.set_message(text);
        self.0.set_position(finished);
    }
}

impl Note {
    /// Replaces the text.
    pub(crate) fn set(&self, text: &str) {
        self.0.set_message(escaped(text));
        self.0.tick();
    }
}

impl Deref for Shown {
    type Target = ProgressBar;

    fn deref(&self) -> &ProgressBar {
        &self.bar
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.bars.remove(&self.bar);
    }
}

/// Returns the style of a template. The templates are constants and well formed; the default would work as well.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
