//! Tests of the amplification budget: reading an answer takes at most a bounded multiple of its length in memory.

#![cfg(feature = "fuzzing")]

use peak_alloc::PeakAlloc;
use polyhost_adapter_testing::amplification::Decoders;
use polyhost_upstream::fuzzing::{answer, memory_for};
use polyhost_yetishare::fuzzing::{OPERATIONS, read_only};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const DECODERS: Decoders = Decoders { memory: &MEMORY, operations: &OPERATIONS, read: read_only };

const ENVELOPES: &[&str] = &[
    r#"{"data":$,"_status":"success"}"#,
    r#"{"response":%,"data":$,"_status":"success"}"#,
    r#"{"response":%,"_status":"error","data":$}"#,
];

#[test]
fn answer_takes_a_bounded_multiple_of_its_length() {
    DECODERS.assert_within(memory_for, |seed| answer(seed, ENVELOPES, 512 << 10));
}

#[test]
fn garbage_takes_at_most_four_times_its_length() {
    DECODERS.assert_garbage_within_four_times_its_length(|list| {
        let data = [
            ("folder/listing", format!(r#"{{"folders":[],"files":{list}}}"#)),
            ("folder/listing", format!(r#"{{"folders":[{{"id":"1"}}],"files":[{{"id":"2"}},{}"#, &list[1..]) + "}"),
            ("file/upload", list.to_owned()),
            ("file/info", format!(r#"{{"id":"1253","keywords":{list}}}"#)),
        ];
        data.map(|(operation, data)| (operation, format!(r#"{{"data":{data},"_status":"success"}}"#))).into()
    });
}
