//! What the fuzzer begins with is read as it is meant.

#![cfg(feature = "fuzzing")]

use polyhost_adapter_testing::seeds;
use polyhost_yetishare::fuzzing::{OPERATIONS, answer};

#[test]
fn every_seed_is_read_as_it_is_meant() {
    let refused = &["refused", "older", "upload_error", "file_without_data", "garbage"];
    seeds::are_read_as_meant("yetishare", &OPERATIONS, answer, refused, &["deleted"]);
}
