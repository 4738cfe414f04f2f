//! What the fuzzer begins with is read as it is meant: a seed that were refused at the door would lead it nowhere.
//! What it has found lies there, too, and stays mended.

#![cfg(feature = "fuzzing")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a seed that cannot be read is a failed test")]

use std::fs;
use std::path::Path;

use polyhost_domain::Origin;
use polyhost_yetishare::fuzzing::{OPERATIONS, answer};
use serde_json::Value;

/// Seeds that are not to be understood.
const REFUSED: &[&str] = &["refused", "older", "upload_error", "file_without_data", "garbage"];

#[test]
fn every_seed_is_read_as_it_is_meant() {
    let origin = Origin { account: "main".parse().unwrap(), provider: "site".parse().unwrap() };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/yetishare");
    let mut seen = 0;
    for seed in fs::read_dir(folder).expect("the seeds are there") {
        let path = seed.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let input = fs::read(&path).unwrap();
        let (first, body) = input.split_first().expect("the first byte chooses the operation");
        let operation = OPERATIONS[usize::from(first - b'a') % OPERATIONS.len()];
        let told = answer(&origin, operation, 200, body);
        let empty = [Value::Null, Value::Array(Vec::new())];
        match told {
            Ok(value) => assert!(!empty.contains(&value) || operation.ends_with("delete"), "{name}: {value}"),
            Err(error) => assert!(REFUSED.contains(&name.as_str()), "{name}: {error}"),
        }
        seen += 1;
    }
    assert!(seen > 10, "only {seen} seeds");
}
