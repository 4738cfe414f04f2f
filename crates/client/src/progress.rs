//! Progress bars on a terminal: transferred bytes, rate and remaining time of each file.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::display::escaped;

const KNOWN: &str =
    "{prefix:24!} {wide_bar} {binary_bytes:>10} of {binary_total_bytes:10} {binary_bytes_per_sec:>12} {eta:>5}";
const UNKNOWN: &str = "{prefix:24!} {spinner} {binary_bytes:>10} {binary_bytes_per_sec:>12}";

/// The bars of all running transfers; nothing if the standard error is not a terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress(MultiProgress);

/// The bar of one file. Dropping it removes the bar.
#[derive(Debug)]
pub(crate) struct Bar(ProgressBar);

impl Progress {
    /// Creates bars on the standard error, which are visible only on a terminal.
    pub(crate) fn shown() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
    }

    /// Creates invisible bars.
    pub(crate) fn hidden() -> Self {
        Self(MultiProgress::with_draw_target(ProgressDrawTarget::hidden()))
    }

    /// Creates a bar for a file, with its size if that is known.
    pub(crate) fn file(&self, name: &str, size: Option<u64>) -> Bar {
        let bar = self.0.add(ProgressBar::no_length());
        bar.set_prefix(escaped(name));
        let bar = Bar(bar);
        bar.set_size(size);
        bar
    }

    /// Runs `print` while the bars are hidden.
    pub(crate) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.0.suspend(print)
    }
}

impl Bar {
    /// Sets the size.
    pub(crate) fn set_size(&self, size: Option<u64>) {
        let template = if size.is_some() { KNOWN } else { UNKNOWN };
        // The templates are constants and well formed; the default would work as well.
        self.0.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
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
        let bar = self.0.clone();
        move |bytes| bar.inc(bytes as u64)
    }

    /// Sets the position to bytes that exist already. The rate starts from here.
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
