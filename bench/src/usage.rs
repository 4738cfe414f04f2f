//! The resources that processes use, read from `/proc`.

use std::collections::BTreeMap;
use std::fs;
use std::ops::{Mul, Sub};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::failure::Failure;

/// The interval at which memory is read.
const INTERVAL: Duration = Duration::from_millis(20);

/// Processor time, in seconds or as the user of the value says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct ProcessorTime {
    /// The time in user space.
    pub(crate) user: f64,
    /// The time in the kernel.
    pub(crate) system: f64,
}

impl ProcessorTime {
    pub(crate) fn total(&self) -> f64 {
        self.user + self.system
    }
}

impl Sub for ProcessorTime {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { user: self.user - other.user, system: self.system - other.system }
    }
}

impl Mul<f64> for ProcessorTime {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        Self { user: self.user * factor, system: self.system * factor }
    }
}

/// Returns the processor time of some processes so far, in seconds.
pub(crate) fn processor_time(ids: &[u32]) -> ProcessorTime {
    let all = ids.iter().filter_map(|id| ticks(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?));
    let (user, system) = all.fold((0, 0), |sum, (user, system)| (sum.0 + user, sum.1 + system));
    let seconds = |ticks: u64| ticks as f64 / rustix::param::clock_ticks_per_second() as f64;
    ProcessorTime { user: seconds(user), system: seconds(system) }
}

/// Returns the processor time of some processes so far, in the kernel and in user space, in seconds.
pub(crate) fn processor_seconds(ids: &[u32]) -> f64 {
    processor_time(ids).total()
}

/// The processor time of some processes so far, with the resolution of the kernel's scheduler.
pub(crate) struct Clock {
    /// The nanoseconds of each thread.
    threads: BTreeMap<String, u64>,
    /// The time in steps of the kernel's timer. Only this one distinguishes user space from the kernel.
    coarse: ProcessorTime,
}

impl Clock {
    pub(crate) fn read(ids: &[u32]) -> Self {
        let tasks = ids.iter().filter_map(|id| fs::read_dir(format!("/proc/{id}/task")).ok()).flatten().flatten();
        let nanoseconds = |task: fs::DirEntry| {
            let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
            let spent = text.split_whitespace().next()?.parse().ok()?;
            Some((task.file_name().to_string_lossy().into_owned(), spent))
        };
        Self { threads: tasks.filter_map(nanoseconds).collect(), coarse: processor_time(ids) }
    }

    /// Returns the time since an earlier reading, in seconds. Threads that ended in between do not count, unless the
    /// kernel has no fine clock.
    pub(crate) fn since(&self, earlier: &Self) -> ProcessorTime {
        let coarse = self.coarse - earlier.coarse;
        let before = |thread: &String| earlier.threads.get(thread).copied().unwrap_or_default();
        let nanoseconds: u64 = self.threads.iter().map(|(thread, spent)| spent.saturating_sub(before(thread))).sum();
        if nanoseconds == 0 {
            return coarse;
        }
        let total = nanoseconds as f64 / 1e9;
        let user_share = if coarse.total() > 0.0 { coarse.user / coarse.total() } else { 0.5 };
        ProcessorTime { user: total * user_share, system: total * (1.0 - user_share) }
    }
}

/// Returns the memory that some processes hold now (`VmRSS`), in bytes.
pub(crate) fn memory(ids: &[u32]) -> u64 {
    ids.iter().filter_map(|id| resident(&fs::read_to_string(format!("/proc/{id}/status")).ok()?)).sum()
}

/// Samples the memory of some processes until it is stopped. It uses a thread of its own, which no transfer can delay.
pub(crate) struct MemorySampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<u64>>,
}

/// The peaks of the samples, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peaks {
    /// The peak in the first half of the time.
    pub(crate) first_half: u64,
    /// The peak in the second half. Memory that grows with the transferred bytes shows here.
    pub(crate) second_half: u64,
}

impl MemorySampler {
    pub(crate) fn start(ids: Vec<u32>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut samples = Vec::new();
            let mut next = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                samples.push(memory(&ids));
                next += INTERVAL;
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
            samples.push(memory(&ids));
            samples
        });
        Self { stop, thread }
    }

    /// Stops sampling and returns the peaks.
    ///
    /// # Errors
    /// Fails if the thread panicked.
    pub(crate) fn stop(self) -> Result<Peaks, Failure> {
        self.stop.store(true, Ordering::Relaxed);
        let samples = self.thread.join().map_err(|_| Failure::new("the memory could not be sampled"))?;
        Ok(Peaks::of(&samples))
    }
}

impl Peaks {
    fn of(samples: &[u64]) -> Self {
        let (first, second) = samples.split_at(samples.len() / 2);
        let most = |samples: &[u64]| samples.iter().copied().max().unwrap_or_default();
        Self { first_half: most(first), second_half: most(second) }
    }

    pub(crate) fn most(self) -> u64 {
        self.first_half.max(self.second_half)
    }
}

/// Returns `utime` and `stime`, the 14th and 15th fields of a `stat`. The second field is a name that may
/// contain anything.
fn ticks(stat: &str) -> Option<(u64, u64)> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_parsed_with_any_program_name() {
        let stat = "12 (a) b (c) S 1 12 12 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 1 0 100 0 0";
        assert_eq!(ticks(stat), Some((250, 50)));
        assert_eq!(resident("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2 * 1024 * 1024));
        assert_eq!(resident("Name:\tx\n"), None);
    }

    #[test]
    fn fine_time_is_divided_like_the_coarse_time() {
        let clock = |nanoseconds: u64, user, system| Clock {
            threads: [("1".to_owned(), nanoseconds), ("2".to_owned(), 5)].into(),
            coarse: ProcessorTime { user, system },
        };
        let spent = clock(2_000_000_000, 1.5, 0.5).since(&clock(0, 0.0, 0.0));
        assert_eq!(spent, ProcessorTime { user: 1.5, system: 0.5 });
        assert_eq!(clock(0, 1.0, 0.0).since(&clock(0, 0.0, 0.0)), ProcessorTime { user: 1.0, system: 0.0 });
    }

    #[test]
    fn peaks_of_both_halves_are_separate() {
        assert_eq!(Peaks::of(&[1, 5, 2, 3]), Peaks { first_half: 5, second_half: 3 });
        assert_eq!(Peaks::of(&[7]).most(), 7);
    }
}
