//! Tests that the suite detects every fault: for each fault of a provider, at least one check fails.
#![allow(clippy::unwrap_used, reason = "a test may panic when its own setup fails")]

mod reference;

use std::collections::BTreeSet;

use polyhost_conformance::faulty::{Fault, Faulty};
use polyhost_conformance::{checks, run};

use reference::{Variant, subject};

/// The methods of the trait.
const METHODS: [&str; 25] = [
    "profile",
    "account",
    "limits",
    "files",
    "link",
    "open",
    "thumbnail",
    "upload",
    "upload_ticket",
    "edit_file",
    "move_file",
    "copy_file",
    "delete_file",
    "list",
    "folder",
    "create_folder",
    "edit_folder",
    "move_folder",
    "delete_folder",
    "add_remote_upload",
    "remote_uploads",
    "cancel_remote_upload",
    "conversions",
    "close",
    "every",
];

#[tokio::test]
async fn each_fault_is_found_and_each_check_finds_one() {
    let mut missed = Vec::new();
    let mut idle: BTreeSet<_> = checks().map(|check| check.name).collect();
    for fault in Fault::ALL {
        let good = subject(&Variant::default());
        assert!(fault.shows_at(&good), "{fault:?}");
        let failures = run(&Faulty::subject(good, *fault)).await;
        println!("{:18} {fault:?}: {}", fault.method(), fault.sentence());
        for failure in &failures {
            println!("{:20}- {failure}", "");
            idle.remove(failure.check().unwrap());
        }
        if failures.is_empty() {
            missed.push((fault.method(), fault.sentence()));
        }
    }
    assert_eq!(missed, [], "faults that no check has found");
    assert_eq!(idle, BTreeSet::new(), "checks that have found no fault");
}

#[test]
fn every_method_has_a_fault() {
    let faulty: BTreeSet<_> = Fault::ALL.iter().map(|fault| fault.method()).collect();
    assert_eq!(faulty, BTreeSet::from(METHODS));
}
