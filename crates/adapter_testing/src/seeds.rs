//! The seeds of a fuzz target are read as they are meant: a seed that is refused at once would lead the fuzzer nowhere.
//! Inputs that the fuzzer found a fault with are seeds, too, so that the fault stays mended.

use std::fs;
use std::path::Path;

use polyhost_domain::{Origin, Result};
use serde_json::Value;

use crate::values::origin;

/// Reads every seed in a folder of `fuzz/seeds`. The first byte of a seed, from `a`, chooses one of the operations; the
/// rest is the answer, under HTTP 200. The seeds in `refused` must be errors, and nothing may be left of those in `empty`.
pub fn are_read_as_meant(
    folder: &str,
    operations: &[&'static str],
    read: fn(&Origin, &'static str, u16, &[u8]) -> Result<Value>,
    refused: &[&str],
    empty: &[&str],
) {
    let origin = origin("main", "site");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(folder);
    let mut seen = 0;
    for seed in fs::read_dir(folder).expect("the seeds are there") {
        let path = seed.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let input = fs::read(&path).unwrap();
        let (first, body) = input.split_first().expect("the first byte chooses the operation");
        let operation = operations[usize::from(first - b'a') % operations.len()];
        match read(&origin, operation, 200, body) {
            Ok(value) => {
                let is_empty = [Value::Null, Value::Array(Vec::new())].contains(&value);
                assert_eq!(is_empty, empty.contains(&name), "{name}: {value}");
                assert!(!refused.contains(&name), "{name}: {value}");
            }
            Err(error) => assert!(refused.contains(&name), "{name}: {error}"),
        }
        seen += 1;
    }
    assert!(seen > 10, "only {seen} seeds");
}
