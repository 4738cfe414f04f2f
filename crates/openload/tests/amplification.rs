//! The amplification budget: whatever a site answers, reading it takes a bounded multiple of the answer's length.

#![cfg(feature = "fuzzing")]
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot begin")]

use peak_alloc::PeakAlloc;
use polyhost_domain::Origin;
use polyhost_openload::fuzzing::{OPERATIONS, read_only};
use polyhost_upstream::fuzzing::{answer, memory_for};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ENVELOPES: &[&str] = &[
    r#"{"status":200,"msg":"OK","result":$}"#,
    r#"{"status":200,"msg":%,"result":$}"#,
    r#"{"status":403,"msg":%,"result":$}"#,
];

/// The memory that is taken at most while an answer to an operation is read, the answer included.
fn peak(origin: &Origin, operation: &'static str, body: &[u8]) -> usize {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let _ = read_only(origin, operation, 200, body);
    MEMORY.peak_usage().saturating_sub(before)
}

fn origin() -> Origin {
    Origin { account: "main".parse().unwrap(), provider: "site".parse().unwrap() }
}

/// `POLYHOST_AMPLIFICATION=rounds` makes it longer.
#[test]
fn answers_take_a_bounded_multiple_of_their_length() {
    let rounds = std::env::var("POLYHOST_AMPLIFICATION").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(10);
    for seed in 0..rounds {
        let body = answer(seed, ENVELOPES, 512 << 10);
        for operation in OPERATIONS {
            let peak = peak(&origin(), operation, &body);
            let most = memory_for(body.len());
            assert!(peak <= most, "seed {seed}, {operation}: {peak} bytes for {} of the answer", body.len());
        }
    }
}

#[test]
fn garbage_takes_at_most_four_times_its_length() {
    for entry in ["[]", "{}", "null", "7", "[[]]", r#"{"name":"a"}"#, r#"{"id":"a b"}"#] {
        let list = format!("[{}]", vec![entry; (256 << 10) / (entry.len() + 1)].join(","));
        for (operation, result) in [
            ("file/listfolder", format!(r#"{{"folders":[],"files":{list}}}"#)),
            (
                "file/listfolder",
                format!(r#"{{"folders":[{{"id":"1"}}],"files":[{{"linkextid":"x"}},{}"#, &list[1..]) + "}",
            ),
            ("remotedl/status", list.clone()),
            ("file/info", list.clone()),
        ] {
            let body = format!(r#"{{"status":200,"msg":"OK","result":{result}}}"#);
            let peak = peak(&origin(), operation, body.as_bytes());
            assert!(peak <= 4 * body.len(), "{entry} to {operation}: {peak} bytes for {}", body.len());
        }
    }
}
