//! Tests of `[telemetry]`.

use super::{faults, parse};
use crate::TelemetryConfig;

#[test]
fn traces_are_off_by_default() {
    for text in ["", "[telemetry]", "[telemetry]\notlp_endpoint = \"\""] {
        assert_eq!(parse(text).unwrap().telemetry, TelemetryConfig::default(), "{text}");
    }
    assert!(TelemetryConfig::default().otlp_endpoint.is_none() && !TelemetryConfig::default().propagate_to_sites);
}

#[test]
fn all_keys_of_telemetry_are_read() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "secret\n").unwrap();
    let text = format!(
        "[telemetry]\notlp_endpoint = \"https://collector.example/v1/traces\"\nservice_name = \"gateway\"\n\
         sample_ratio = 0.25\npropagate_to_sites = true\notlp_headers = {{ X-Key = \"file:{}\", plain = \"text\" }}",
        file.path().display()
    );
    let config = parse(&text).unwrap();
    assert_eq!(config.files, [file.path()]);
    let telemetry = config.telemetry;
    assert_eq!(telemetry.otlp_endpoint.unwrap().as_str(), "https://collector.example/v1/traces");
    assert_eq!((telemetry.service_name.as_str(), telemetry.sample_ratio), ("gateway", 0.25));
    assert!(telemetry.propagate_to_sites);
    assert_eq!([&telemetry.otlp_headers["x-key"], &telemetry.otlp_headers["plain"]], ["secret", "text"]);
    assert!(!format!("{:?}", telemetry.otlp_headers).contains("secret"));
}

#[test]
fn faults_of_telemetry_name_their_key() {
    let url = "must be an http or https URL without user info, query and fragment";
    let cases = [
        ("otlp_endpoint = \"collector:4318\"", format!("otlp_endpoint: {url}")),
        ("otlp_endpoint = \"ftp://collector/v1/traces\"", format!("otlp_endpoint: {url}")),
        ("otlp_endpoint = \"http://user:secret@collector/v1/traces\"", format!("otlp_endpoint: {url}")),
        ("otlp_endpoint = \"http://collector/v1/traces?key=secret\"", format!("otlp_endpoint: {url}")),
        (
            "otlp_endpoint = \"http://collector:4318\"",
            "otlp_endpoint: has no path; collectors usually expect \"/v1/traces\"".to_owned(),
        ),
        ("otlp_endpoint = 4318", "otlp_endpoint: must be a text, not integer".to_owned()),
        ("otlp_headers = \"a\"", "otlp_headers: must be a table, not string".to_owned()),
        ("otlp_headers = { a = 1 }", "otlp_headers.a: must be a text, not integer".to_owned()),
        ("otlp_headers = { \"a b\" = \"c\" }", "otlp_headers.a b: is not the name of a header field".to_owned()),
        ("otlp_headers = { a = \"secret\\n\" }", "otlp_headers.a: is not a value of a header field".to_owned()),
        ("otlp_headers = { a = \"\" }", "otlp_headers.a: is empty".to_owned()),
        (
            "otlp_headers = { a = \"env:POLYHOST_TEST_NOT_SET\" }",
            "otlp_headers.a: the environment variable POLYHOST_TEST_NOT_SET is not set, or is not UTF-8".to_owned(),
        ),
        ("service_name = \"\"", "service_name: is empty".to_owned()),
        ("sample_ratio = 1.5", "sample_ratio: must be at most 1".to_owned()),
        ("sample_ratio = -0.1", "sample_ratio: must be at least zero, and finite".to_owned()),
        ("propagate_to_sites = \"yes\"", "propagate_to_sites: must be true or false, not string".to_owned()),
    ];
    for (line, expected) in cases {
        assert_eq!(faults(&format!("[telemetry]\n{line}")), [format!("[telemetry] {expected}")], "{line}");
    }
}

#[test]
fn change_of_telemetry_needs_a_restart() {
    let old = parse("[telemetry]\nsample_ratio = 0.5").unwrap();
    let new = parse("[telemetry]\nsample_ratio = 1.0\nservice_name = \"other\"").unwrap();
    assert_eq!(old.fixed_changes(&new), ["[telemetry] sample_ratio", "[telemetry] service_name"]);
}
