//! Any answer of a site of the dialect `yetishare` is decoded without a panic, within the API's documented bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use polyhost_fuzz::{answer, check, origin};
use polyhost_yetishare::fuzzing::{self, OPERATIONS};

fuzz_target!(|input: &[u8]| {
    if let Some((operation, status, body)) = answer(input, &OPERATIONS) {
        check(fuzzing::answer(&origin("streamplay"), operation, status, body));
    }
});
