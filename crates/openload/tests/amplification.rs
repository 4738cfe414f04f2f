//! Tests of the amplification budget: reading an answer takes at most a bounded multiple of its length in memory.

#![cfg(feature = "fuzzing")]

use peak_alloc::PeakAlloc;
use polyhost_adapter_testing::amplification::Decoders;
use polyhost_openload::fuzzing::{OPERATIONS, read_only};
use polyhost_upstream::fuzzing::{answer, memory_for};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const DECODERS: Decoders = Decoders { memory: &MEMORY, operations: &OPERATIONS, read: read_only };

const ENVELOPES: &[&str] = &[
    r#"{"status":200,"msg":"OK","result":$}"#,
    r#"{"status":200,"msg":%,"result":$}"#,
    r#"{"status":403,"msg":%,"result":$}"#,
];

#[test]
fn answer_takes_a_bounded_multiple_of_its_length() {
    DECODERS.assert_within(memory_for, |seed| answer(seed, ENVELOPES, 512 << 10));
}

#[test]
fn garbage_takes_at_most_four_times_its_length() {
    DECODERS.assert_garbage_within_four_times_its_length(|list| {
        let results = [
            ("file/listfolder", format!(r#"{{"folders":[],"files":{list}}}"#)),
            (
                "file/listfolder",
                format!(r#"{{"folders":[{{"id":"1"}}],"files":[{{"linkextid":"x"}},{}"#, &list[1..]) + "}",
            ),
            ("remotedl/status", list.to_owned()),
            ("file/info", list.to_owned()),
        ];
        results
            .map(|(operation, result)| (operation, format!(r#"{{"status":200,"msg":"OK","result":{result}}}"#)))
            .into()
    });
}
