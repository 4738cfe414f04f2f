//! Tests that the seeds of the fuzz target have their intended outcomes.

#![cfg(feature = "fuzzing")]

use polyhost_adapter_testing::seeds;
use polyhost_yetishare::fuzzing::{OPERATIONS, answer};

#[test]
fn every_seed_has_its_intended_outcome() {
    let rejected = &["refused", "older", "upload_error", "file_without_data", "garbage"];
    seeds::assert_outcomes("yetishare", &OPERATIONS, answer, rejected, &["deleted"]);
}
