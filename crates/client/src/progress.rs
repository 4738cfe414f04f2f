//! Bars on a terminal: how far each file is, how fast, and how long it will take.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::display::escaped;

const KNOWN: &str =
    "{prefix:24!} {wide_bar} {binary_bytes:>10} of {binary_total_bytes:10} {binary_bytes_per_sec:>12} {eta:>5}";
const UNKNOWN: &str = "{prefix:24!} {spinner} {binary_bytes:>10} {binary_bytes_per_sec:>12}";

/// The bars of all files under way; nothing where nobody would see them.
#[derive(Debug, Clone)]
pub(crate) struct Progress(MultiProgress);

/// One file's bar. It goes away with the file.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Progress {
    /// Bars on the standard error, which appear only where that is a terminal.
    pub(crate) fn shown() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
    }

    /// None at all.
    pub(crate) fn hidden() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::hidden()))
    }

    /// A bar for a file, of a size if one is known.
    pub(crate) fn file(&self, name: &str, size: Option<u64>) -> Bar {
        let bar = self.0.add(ProgressBar::no_length());
        bar.set_prefix(escaped(name));
        let bar = Bar(bar);
        bar.expect(size);
        bar
    }

    /// Prints something else while the bars are out of the way.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Bar {
    /// The size turns out to be this.
    pub(crate) fn expect(&self, size: Option<u64>) {
        let template = if size.is_some() { KNOWN } else { UNKNOWN };
        // The templates are of this file, and well formed; the default would do as well.
        self.0.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        match size {
            Some(size) => self.0.set_length(size),
            None => self.0.unset_length(),
        }
    }

    /// So many more bytes have passed.
    pub(crate) fn advance(&self, bytes: usize) {
        self.0.inc(bytes as u64);
    }

    /// What to call when more bytes have passed, for whoever outlives the bar.
    pub(crate) fn advancing(&self) -> impl FnMut(usize) + Send + use<> {
        let bar = self.0.clone();
        move |bytes| bar.inc(bytes as u64)
    }

    /// So many bytes are there already; the rate counts from here.
    pub(crate) fn begin_at(&self, bytes: u64) {
        self.0.set_position(bytes);
        self.0.reset_eta();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
