//! Tests of `[state]`.

use polyhost_state::{Consistency, LimitsWithoutStore};
use secrecy::ExposeSecret as _;

use super::{faults, parse};
use crate::StateConfig;

/// 32 bytes of zeros, and of ones.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const ONES: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

#[test]
fn state_is_in_memory_without_redis() {
    for text in ["", "[state]", "[state]\nredis_url = \"\"\nencryption_key = \"\""] {
        assert_eq!(parse(text).unwrap().state, StateConfig::default(), "{text}");
    }
}

#[test]
fn all_keys_of_state_are_read_and_secrets_masked() {
    let text = format!(
        "[state]\nredis_url = \"rediss://user:planted@redis.example:6380/1\"\nencryption_key = [\"{ONES}\", \"{ZEROS}\"]\n\
         consistency = \"strict\"\nlimits_without_store = \"refuse\"\n[telemetry]\notlp_headers = {{ authorization = \"planted\" }}"
    );
    let config = parse(&text).unwrap();

    assert!(!format!("{config:?}").contains("planted"));
    let redis = config.state.redis.unwrap();
    assert_eq!(redis.url.expose_secret(), "rediss://user:planted@redis.example:6380/1");
    let keys: Vec<[u8; 32]> = redis.encryption_keys.iter().map(|key| *key.expose_secret()).collect();
    assert_eq!(keys, [[1; 32], [0; 32]]);
    assert_eq!(redis.consistency, Consistency::Strict);
    assert_eq!(redis.limits_without_store, LimitsWithoutStore::Refuse);
}

#[test]
fn invalid_state_is_explained_without_its_secrets() {
    for (text, expected) in [
        ("redis_url = \"redis://redis\"".to_owned(), "encryption_key: is missing"),
        ("encryption_key = \"planted\"".to_owned(), "encryption_key: must be 32 bytes in base64"),
        ("encryption_key = \"env:NO_SUCH_VARIABLE\"".to_owned(), "NO_SUCH_VARIABLE is not set"),
        ("encryption_key = 1".to_owned(), "encryption_key: must be a text, or a list of two texts"),
        ("consistency = \"srtict\"".to_owned(), "Did you mean \"strict\""),
        ("limits_without_store = \"none\"".to_owned(), "is neither \"share\" nor \"refuse\""),
    ] {
        let found = faults(&format!("[state]\n{text}"));
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert!(found[0].contains(expected), "{found:?}");
        assert!(!found[0].contains("planted"), "{found:?}");
    }
}
