//! What the fuzzer begins with is read as it is meant.

#![cfg(feature = "fuzzing")]

use polyhost_adapter_testing::seeds::Seeds;
use polyhost_openload::fuzzing::{OPERATIONS, answer};

#[test]
fn every_seed_is_read_as_it_is_meant() {
    let refused = &["refused", "page", "jobs_unreadable", "conversions_unreadable", "garbage"];
    let empty = &["deleted", "files_left_out"];
    Seeds { folder: "openload", operations: &OPERATIONS, read: answer, refused, empty }.are_read_as_meant();
}
