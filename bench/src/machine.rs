//! The machine that the figures were measured on.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::thread::available_parallelism;

use serde::Serialize;

/// The properties of a machine that the figures depend on.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: usize,
    /// In bytes.
    pub(crate) memory: u64,
    pub(crate) processor: String,
    pub(crate) kernel: String,
    /// The average number of runnable processes in the minute before.
    pub(crate) load_before: f64,
}

impl Machine {
    /// Returns the current state of this machine. Properties that cannot be read are empty.
    pub(crate) fn this() -> Self {
        let kibibytes = value("/proc/meminfo", "MemTotal").trim_end_matches("kB").trim().parse().unwrap_or(0_u64);
        Self {
            cores: available_parallelism().map_or(1, usize::from),
            memory: kibibytes * 1024,
            processor: value("/proc/cpuinfo", "model name"),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            load_before: load(),
        }
    }
}

impl Display for Machine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let memory = bytesize::ByteSize::b(self.memory).display().iec();
        let Self { cores, processor, kernel, load_before, .. } = self;
        write!(f, "{cores} cores ({processor}), {memory} of memory, Linux {kernel}, load before: {load_before}")
    }
}

fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or_default()
}

/// Returns the first value with this name in a file of lines `name : value`.
fn value(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}
