//! The amplification budget: reading any answer takes at most a bounded multiple of its length in memory.

use peak_alloc::PeakAlloc;
use polyhost_domain::{Origin, Result};

use crate::values::origin;

/// The decoders of a dialect, and the allocator that measures their memory.
#[derive(Debug, Clone, Copy)]
pub struct Decoders {
    /// The global allocator of the test program. The program itself must declare it.
    pub memory: &'static PeakAlloc,
    /// The operations whose answers `read` can decode.
    pub operations: &'static [&'static str],
    /// Decodes an answer with an HTTP status, and discards the result.
    pub read: fn(&Origin, &'static str, u16, &[u8]) -> Result<()>,
}

impl Decoders {
    /// Decodes generated answers as answers to each operation. `answer` generates one from a seed; `budget` returns the
    /// memory that decoding an answer of a length may take.
    ///
    /// `POLYHOST_AMPLIFICATION=rounds` sets the number of answers.
    pub fn assert_within(&self, budget: fn(usize) -> usize, answer: impl Fn(u64) -> Vec<u8>) {
        let rounds = std::env::var("POLYHOST_AMPLIFICATION").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
        for seed in 0..rounds {
            let body = answer(seed);
            for operation in self.operations {
                let peak = self.peak(operation, &body);
                let most = budget(body.len());
                assert!(peak <= most, "seed {seed}, {operation}: {peak} bytes for an answer of {}", body.len());
            }
        }
    }

    /// Decodes lists of entries that have few readable fields or none. `answers` returns operations and their answers
    /// that contain a list.
    pub fn assert_garbage_within_four_times_its_length(&self, answers: impl Fn(&str) -> Vec<(&'static str, String)>) {
        for entry in ["[]", "{}", "null", "7", "[[]]", r#"{"name":"a"}"#, r#"{"id":"a b"}"#] {
            let list = format!("[{}]", vec![entry; (256 << 10) / (entry.len() + 1)].join(","));
            for (operation, body) in answers(&list) {
                let peak = self.peak(operation, body.as_bytes());
                assert!(peak <= 4 * body.len(), "{entry} to {operation}: {peak} bytes for {}", body.len());
            }
        }
    }

    /// Returns the peak memory that decoding an answer takes.
    fn peak(&self, operation: &'static str, body: &[u8]) -> usize {
        let origin = origin("main", "site");
        let before = self.memory.current_usage();
        self.memory.reset_peak_usage();
        let _ = (self.read)(&origin, operation, 200, body);
        self.memory.peak_usage().saturating_sub(before)
    }
}
