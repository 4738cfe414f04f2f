//! `[state]`: the store that replicas share.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use polyhost_state::{Consistency, LimitsWithoutStore};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use toml::Value;

use crate::secret;
use crate::section::Section;

const URL: &str = "redis_url";

/// The settings of `[state]`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StateConfig {
    /// The Redis that replicas share. Without it, the state is in the memory of this process.
    pub redis: Option<RedisConfig>,
}

/// The Redis that replicas share.
#[derive(Debug, Clone)]
pub struct RedisConfig {
    /// The address, which may contain a password. The store checks its form.
    pub url: SecretString,
    /// The keys that seal what is stored. The first seals, and all of them open.
    pub encryption_keys: Vec<EncryptionKey>,
    /// The time after which a replica sees the writes of another.
    pub consistency: Consistency,
    /// The rate limits while Redis cannot be reached.
    pub limits_without_store: LimitsWithoutStore,
}

/// A key of 256 bits.
pub type EncryptionKey = Arc<SecretBox<[u8; 32]>>;

impl PartialEq for RedisConfig {
    fn eq(&self, other: &Self) -> bool {
        let keys = |of: &Self| of.encryption_keys.iter().map(|key| *key.expose_secret()).collect::<Vec<_>>();
        self.url.expose_secret() == other.url.expose_secret()
            && keys(self) == keys(other)
            && self.consistency == other.consistency
            && self.limits_without_store == other.limits_without_store
    }
}

impl StateConfig {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let url = section.text(URL).filter(|text| !text.is_empty());
        let url = url.and_then(|text| secret::of_key(&mut section, URL, text));
        let encryption_keys = encryption_keys(&mut section);
        let consistency = consistency(&mut section);
        let limits_without_store = limits_without_store(&mut section);
        if url.is_some() && encryption_keys.is_none() {
            section.missing(
                "encryption_key",
                "is missing; it is needed with redis_url. Create one: openssl rand -base64 32",
            );
        }
        section.finish();
        let redis = url.zip(encryption_keys);
        let redis =
            redis.map(|(url, encryption_keys)| RedisConfig { url, encryption_keys, consistency, limits_without_store });
        Self { redis }
    }
}

/// Reads one key, or a list of two: the second one is the key of before a rotation. `None` without a key.
fn encryption_keys(section: &mut Section<'_>) -> Option<Vec<EncryptionKey>> {
    const KEY: &str = "encryption_key";
    let value = section.value(KEY)?;
    let texts: Option<Vec<&str>> = match value {
        Value::String(text) => Some(vec![text.as_str()]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    };
    let Some(texts) = texts.filter(|texts| texts.len() <= 2) else {
        section.fault(KEY, "must be a text, or a list of two texts");
        return Some(Vec::new());
    };
    if texts.is_empty() || texts == [""] {
        return None;
    }
    Some(texts.into_iter().filter_map(|text| encryption_key(section, KEY, text)).collect())
}

fn encryption_key(section: &mut Section<'_>, key: &str, text: &str) -> Option<EncryptionKey> {
    let secret = secret::of_key(section, key, text)?;
    let bytes = BASE64_STANDARD.decode(secret.expose_secret()).ok().map(Zeroizing::new);
    let array = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok());
    if array.is_none() {
        section.fault(key, "must be 32 bytes in base64. Create a key: openssl rand -base64 32");
    }
    array.map(|array| Arc::new(SecretBox::new(Box::new(array))))
}

fn consistency(section: &mut Section<'_>) -> Consistency {
    match section.text("consistency") {
        None | Some("eventual") => Consistency::Eventual,
        Some("strict") => Consistency::Strict,
        Some(text) => {
            section.unknown(
                "consistency",
                None,
                text,
                "is neither \"eventual\" nor \"strict\"",
                &["eventual", "strict"],
            );
            Consistency::default()
        }
    }
}

fn limits_without_store(section: &mut Section<'_>) -> LimitsWithoutStore {
    const KEY: &str = "limits_without_store";
    match section.text(KEY) {
        None | Some("share") => LimitsWithoutStore::Share,
        Some("refuse") => LimitsWithoutStore::Refuse,
        Some(text) => {
            section.unknown(KEY, None, text, "is neither \"share\" nor \"refuse\"", &["share", "refuse"]);
            LimitsWithoutStore::default()
        }
    }
}
