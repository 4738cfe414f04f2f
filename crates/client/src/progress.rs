//! Progress bars on a terminal: transferred bytes, rate and remaining time of each file, and the total.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::display::escaped;

const KNOWN: &str =
    "{prefix:24!} {wide_bar} {binary_bytes:>10} of {binary_total_bytes:10} {binary_bytes_per_sec:>12} {eta:>5}";
const UNKNOWN: &str = "{prefix:24!} {spinner} {binary_bytes:>10} {binary_bytes_per_sec:>12}";
const TOTAL: &str =
    "{msg:24} {wide_bar} {binary_bytes:>10} of {binary_total_bytes:10} {binary_bytes_per_sec:>12} {eta:>5}";
const NOTE: &str = "{msg}";

/// The bars of all running transfers; nothing if the standard error is not a terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    bars: MultiProgress,
    voice: Voice,
    /// The bytes of all files of the command, also of those under way.
    total: ProgressBar,
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

/// The bar of one file. If the file is not complete when the bar is dropped, its bytes leave the total.
#[derive(Debug)]
pub(crate) struct Bar {
    shown: Shown,
    /// The bar of all files, if these bytes count there.
    total: Option<ProgressBar>,
    counted: Arc<AtomicU64>,
}

/// The bar of all files of a command. It is shown if there are several.
#[derive(Debug)]
pub(crate) struct Total {
    progress: Progress,
    shown: Option<Shown>,
    files: usize,
}

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
        Self { bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()), voice, total: no_bytes() }
    }

    /// Creates invisible bars.
    pub(crate) fn hidden() -> Self {
        let bars = MultiProgress::with_draw_target(ProgressDrawTarget::hidden());
        Self { bars, voice: Voice::Silent, total: no_bytes() }
    }

    /// Creates a bar for the transfer of a file, with its size if that is known.
    pub(crate) fn file(&self, name: &str, size: Option<u64>) -> Bar {
        self.bar(name, size, Some(self.total.clone()))
    }

    /// Creates a bar for a file that is only read.
    pub(crate) fn reading(&self, name: &str, size: Option<u64>) -> Bar {
        self.bar(name, size, None)
    }

    fn bar(&self, name: &str, size: Option<u64>, total: Option<ProgressBar>) -> Bar {
        let shown = self.among(self.bars.insert_from_back(1, ProgressBar::no_length()));
        shown.set_prefix(escaped(name));
        let bar = Bar { shown, total, counted: Arc::default() };
        bar.set_size(size);
        bar
    }

    /// Creates the bar of all files, below the others.
    pub(crate) fn total(&self) -> Total {
        Total { progress: self.clone(), shown: None, files: 0 }
    }

    /// Counts the bytes of a file that the site transferred by itself.
    pub(crate) fn count(&self, bytes: u64) {
        self.total.inc(bytes);
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
        self.shown.set_style(style(if size.is_some() { KNOWN } else { UNKNOWN }));
        match size {
            Some(size) => self.shown.set_length(size),
            None => self.shown.unset_length(),
        }
    }

    /// Counts transferred bytes.
    pub(crate) fn advance(&self, bytes: usize) {
        self.advancing()(bytes);
    }

    /// Returns a function that counts transferred bytes and may outlive the bar.
    pub(crate) fn advancing(&self) -> impl FnMut(usize) + Send + use<> {
        let (bar, total, counted) = (self.shown.bar.clone(), self.total.clone(), Arc::clone(&self.counted));
        move |bytes| {
            let bytes = bytes as u64;
            bar.inc(bytes);
            counted.fetch_add(bytes, Ordering::Relaxed);
            total.iter().for_each(|total| total.inc(bytes));
        }
    }

    /// Sets the position to bytes that exist already. The rate starts from here.
    pub(crate) fn begin_at(&self, bytes: u64) {
        self.shown.set_position(bytes);
        self.shown.reset_eta();
        let before = self.counted.swap(bytes, Ordering::Relaxed);
        if let Some(total) = &self.total {
            total.inc(bytes.saturating_sub(before));
            total.dec(before.saturating_sub(bytes));
        }
    }

    /// Ends the bar of a file that is complete.
    pub(crate) fn complete(mut self) {
        self.total = None;
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.begin_at(0);
    }
}

impl Total {
    /// Adds files that were found, with the sum of their sizes.
    pub(crate) fn add(&mut self, files: usize, bytes: u64) {
        self.files += files;
        let Progress { bars, total, .. } = &self.progress;
        total.inc_length(bytes);
        if self.shown.is_none() && self.files > 1 {
            total.set_style(style(TOTAL));
            total.reset_eta();
            self.shown = Some(self.progress.among(bars.add(total.clone())));
        }
    }

    /// Removes a file that is not transferred.
    pub(crate) fn remove(&self, bytes: u64) {
        self.progress.total.dec_length(bytes);
    }

    /// Shows a text in front of the bar.
    pub(crate) fn show(&self, text: String) {
        self.progress.total.set_message(text);
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

/// Returns a bar without bytes, which is not shown yet.
fn no_bytes() -> ProgressBar {
    ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden())
}
