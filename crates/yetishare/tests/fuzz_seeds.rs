//! What the fuzzer begins with is read as it is meant.

#![cfg(feature = "fuzzing")]

use polyhost_adapter_testing::seeds::Seeds;
use polyhost_yetishare::fuzzing::{OPERATIONS, answer};

#[test]
fn every_seed_is_read_as_it_is_meant() {
    let refused = &["refused", "older", "upload_error", "file_without_data", "garbage"];
    Seeds { folder: "yetishare", operations: &OPERATIONS, read: answer, refused, empty: &["deleted"] }
        .are_read_as_meant();
}
