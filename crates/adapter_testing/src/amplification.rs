//! The amplification budget: reading an answer takes a bounded multiple of its length, whatever the answer is.

use peak_alloc::PeakAlloc;
use polyhost_domain::{Origin, Result};

use crate::values::origin;

/// The decoders of a dialect, and the allocator that counts what they take.
#[derive(Debug, Clone, Copy)]
pub struct Decoders {
    /// The global allocator of the test program. The program itself must declare it.
    pub memory: &'static PeakAlloc,
    /// The operations whose answers can be read.
    pub operations: &'static [&'static str],
    /// Reads an answer with an HTTP status, and keeps nothing of it.
    pub read: fn(&Origin, &'static str, u16, &[u8]) -> Result<()>,
}

impl Decoders {
    /// Reads generated answers as answers to each operation. `answer` makes one from a seed; `budget` is the memory that
    /// an answer of a length may take.
    ///
    /// `POLYHOST_AMPLIFICATION=rounds` makes it longer.
    pub fn stay_within(&self, budget: fn(usize) -> usize, answer: impl Fn(u64) -> Vec<u8>) {
        let rounds = std::env::var("POLYHOST_AMPLIFICATION").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
        for seed in 0..rounds {
            let body = answer(seed);
            for operation in self.operations {
                let peak = self.peak(operation, &body);
                let most = budget(body.len());
                assert!(peak <= most, "seed {seed}, {operation}: {peak} bytes for {} of the answer", body.len());
            }
        }
    }

    /// Reads lists whose entries are of little or no use. `answers` makes operations and their answers of a list.
    pub fn take_four_times_the_length_of_garbage(&self, answers: impl Fn(&str) -> Vec<(&'static str, String)>) {
        for entry in ["[]", "{}", "null", "7", "[[]]", r#"{"name":"a"}"#, r#"{"id":"a b"}"#] {
            let list = format!("[{}]", vec![entry; (256 << 10) / (entry.len() + 1)].join(","));
            for (operation, body) in answers(&list) {
                let peak = self.peak(operation, body.as_bytes());
                assert!(peak <= 4 * body.len(), "{entry} to {operation}: {peak} bytes for {}", body.len());
            }
        }
    }

    /// The most memory that is taken while an answer is read.
    fn peak(&self, operation: &'static str, body: &[u8]) -> usize {
        let origin = origin("main", "site");
        let before = self.memory.current_usage();
        self.memory.reset_peak_usage();
        let _ = (self.read)(&origin, operation, 200, body);
        self.memory.peak_usage().saturating_sub(before)
    }
}
