//! What the fuzzer begins with is read as it is meant.

#![cfg(feature = "fuzzing")]

use polyhost_adapter_testing::seeds;
use polyhost_openload::fuzzing::{OPERATIONS, answer};

#[test]
fn every_seed_is_read_as_it_is_meant() {
    let rejected = &["refused", "page", "jobs_unreadable", "conversions_unreadable", "garbage"];
    let empty = &["deleted", "files_left_out"];
    seeds::assert_outcomes("openload", &OPERATIONS, answer, refused, empty);
}
