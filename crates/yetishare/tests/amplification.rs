//! The amplification budget: whatever a site answers, reading it takes a bounded multiple of the answer's length.

#![cfg(feature = "fuzzing")]
#![allow(clippy::unwrap_used, reason = "a test fails where it cannot begin")]

use peak_alloc::PeakAlloc;
use polyhost_domain::Origin;
use polyhost_upstream::fuzzing::{answer, memory_for};
use polyhost_yetishare::fuzzing::{OPERATIONS, read_only};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const ENVELOPES: &[&str] = &[
    r#"{"data":$,"_status":"success"}"#,
    r#"{"response":%,"data":$,"_status":"success"}"#,
    r#"{"response":%,"_status":"error","data":$}"#,
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
        for (operation, data) in [
            ("folder/listing", format!(r#"{{"folders":[],"files":{list}}}"#)),
            ("folder/listing", format!(r#"{{"folders":[{{"id":"1"}}],"files":[{{"id":"2"}},{}"#, &list[1..]) + "}"),
            ("file/upload", list.clone()),
            ("file/info", format!(r#"{{"id":"1253","keywords":{list}}}"#)),
        ] {
            let body = format!(r#"{{"data":{data},"_status":"success"}}"#);
            let peak = peak(&origin(), operation, body.as_bytes());
            assert!(peak <= 4 * body.len(), "{entry} to {operation}: {peak} bytes for {}", body.len());
        }
    }
}
