//! Tests that the seeds of the fuzz target have their intended outcomes.

#![cfg(feature = "fuzzing")]

use polyhost_adapter_testing::seeds;
use polyhost_openload::fuzzing::{OPERATIONS, answer};

#[test]
fn every_seed_has_its_intended_outcome() {
    let rejected = &["refused", "page", "jobs_unreadable", "conversions_unreadable", "garbage"];
    let empty = &["deleted", "files_left_out"];
    seeds::assert_outcomes("openload", &OPERATIONS, answer, rejected, empty);
}
