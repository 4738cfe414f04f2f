//! The seeds of a fuzz target are read as they are meant: a seed that is refused at once would lead the fuzzer nowhere.
//! Inputs that the fuzzer found a fault with are seeds, too, so that the fault stays mended.

use std::fs;
use std::path::Path;

use polyhost_domain::{Origin, Result};
use serde_json::Value;

use crate::values::origin;

/// The seeds of a dialect, and how they are read.
#[derive(Debug, Clone, Copy)]
pub struct Seeds<'a> {
    /// The name of the folder in `fuzz/seeds`.
    pub folder: &'a str,
    /// The operations. The first byte of a seed, from `a`, chooses one.
    pub operations: &'a [&'static str],
    /// Reads an answer with an HTTP status, and returns what is made of it.
    pub read: fn(&Origin, &'static str, u16, &[u8]) -> Result<Value>,
    /// The seeds that are errors.
    pub refused: &'a [&'a str],
    /// The seeds of which nothing is left.
    pub empty: &'a [&'a str],
}

impl Seeds<'_> {
    /// Reads every seed.
    pub fn are_read_as_meant(&self) {
        let origin = origin("main", "site");
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(self.folder);
        let mut seen = 0;
        for seed in fs::read_dir(folder).expect("the seeds are there") {
            let path = seed.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let input = fs::read(&path).unwrap();
            let (first, body) = input.split_first().expect("the first byte chooses the operation");
            let operation = self.operations[usize::from(first - b'a') % self.operations.len()];
            match (self.read)(&origin, operation, 200, body) {
                Ok(value) => {
                    let is_empty = [Value::Null, Value::Array(Vec::new())].contains(&value);
                    assert_eq!(is_empty, self.empty.contains(&name), "{name}: {value}");
                    assert!(!self.refused.contains(&name), "{name}: {value}");
                }
                Err(error) => assert!(self.refused.contains(&name), "{name}: {error}"),
            }
            seen += 1;
        }
        assert!(seen > 10, "only {seen} seeds");
    }
}
