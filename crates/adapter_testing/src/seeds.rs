//! Checks that the seeds of a fuzz target have their intended outcomes. A seed that is rejected at once would not help
//! the fuzzer. Inputs with which the fuzzer has found a fault are seeds, too, so that the fault stays fixed.

use std::fs;
use std::path::Path;

use polyhost_domain::{Origin, Result};
use serde_json::Value;

use crate::values::origin;

/// Decodes every seed in a folder of `fuzz/seeds`. The first byte of a seed, from `a`, selects one of the operations;
/// the rest is the answer, under HTTP 200.
///
/// The seeds in `rejected` must be errors, those in `empty` must have an empty result, and all others a result.
pub fn assert_outcomes(
    folder: &str,
    operations: &[&'static str],
    read: fn(&Origin, &'static str, u16, &[u8]) -> Result<Value>,
    rejected: &[&str],
    empty: &[&str],
) {
    let origin = origin("main", "site");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(folder);
    let mut seen = 0;
    for seed in fs::read_dir(folder).expect("the folder of the seeds exists") {
        let path = seed.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let input = fs::read(&path).unwrap();
        let (first, body) = input.split_first().expect("the first byte selects the operation");
        let operation = operations[usize::from(first - b'a') % operations.len()];
        match read(&origin, operation, 200, body) {
            Ok(value) => {
                let is_empty = [Value::Null, Value::Array(Vec::new())].contains(&value);
                assert_eq!(is_empty, empty.contains(&name), "{name}: {value}");
                assert!(!rejected.contains(&name), "{name}: {value}");
            }
            Err(error) => assert!(rejected.contains(&name), "{name}: {error}"),
        }
        seen += 1;
    }
    assert!(seen > 10, "only {seen} seeds");
}
