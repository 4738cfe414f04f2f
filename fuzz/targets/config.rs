//! A configuration is understood, or its faults are named: at least one, and each on one line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use polyhost_config::{Config, Known};

static KNOWN: Known = Known { dialects: &[&polyhost_openload::DIALECT, &polyhost_yetishare::DIALECT], sites: &[] };

fuzz_target!(|text: &str| {
    // Secrets may be in files, and the fuzzer is not to read those of this machine.
    if text.contains("file:") {
        return;
    }
    if let Err(faults) = Config::parse(text, &KNOWN) {
        assert!(!faults.is_empty());
        assert!(faults.iter().all(|fault| !fault.is_empty()));
    }
});
