//! Parsing a configuration either succeeds or reports at least one fault, none of them empty.
#![no_main]

use libfuzzer_sys::fuzz_target;
use polyhost_config::{Config, Known};

static KNOWN: Known = Known { dialects: &[&polyhost_openload::DIALECT, &polyhost_yetishare::DIALECT], sites: &[] };

fuzz_target!(|text: &str| {
    // A configuration can refer to files with secrets; the fuzzer must not read the files of this machine.
    if text.contains("file:") {
        return;
    }
    if let Err(faults) = Config::parse(text, &KNOWN) {
        assert!(!faults.is_empty());
        assert!(faults.iter().all(|fault| !fault.message.is_empty()));
    }
});
