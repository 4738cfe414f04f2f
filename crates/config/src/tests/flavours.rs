//! Tests of a dialect whose sites have optional capabilities, and a pace of their own.

use polyhost_domain::Capability;

use super::{faults, parse};

#[test]
fn optional_capabilities_are_those_of_the_flavour() {
    let row = |flavour: &str, lines: &str| {
        let base_url = "base_url = \"https://files.example.com/api\"";
        format!("[providers.files]\ndialect = \"xfilesharing\"\n{base_url}\nflavour = \"{flavour}\"\n{lines}\n")
    };
    let config = parse(&row("xfs", "supported = [\"files.delete\"]")).unwrap();
    assert_eq!(config.providers[&"files".parse().unwrap()].quirks.supported, [Capability::FilesDelete]);
    for (flavour, capability) in [("dood", "files.delete"), ("xfs", "files.thumbnail"), ("xvs", "files.read")] {
        let found = faults(&row(flavour, &format!("supported = [\"{capability}\"]")));
        assert!(found.len() == 1 && found[0].contains(capability), "{flavour}: {found:?}");
    }
}

#[test]
fn site_has_the_pace_of_its_flavour() {
    let pace = |lines: &str| {
        let site = "[providers.files]\ndialect = \"xfilesharing\"\nbase_url = \"https://files.example.com/api\"\n";
        let config = parse(&format!("{site}{lines}")).unwrap();
        let settings = &config.providers[&"files".parse().unwrap()].settings;
        (settings.requests_per_second, settings.burst)
    };
    assert_eq!(pace(""), (2.0, 2));
    assert_eq!(pace("flavour = \"dood\""), (8.0, 8));
    assert_eq!(pace("requests_per_second = 1\nburst = 5"), (1.0, 5));
}
