//! Values sealed with AES-256-GCM-SIV, so that a reader of Redis, of its dumps or of its network learns none.
//!
//! The cipher comes from aws-lc-rs, which TLS uses already. Nonces are random, because replicas share a key and no
//! counter. With SIV, a repeated nonce reveals only that two equal values are equal.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use bytes::Bytes;

/// The first byte of a stored value: the format of the rest.
const FORMAT: u8 = 1;
const VERSION_LEN: usize = size_of::<u64>();
/// The bytes before the sealed value: the format, the version and the nonce.
const HEADER_LEN: usize = 1 + VERSION_LEN + NONCE_LEN;

/// A key of 32 bytes that seals values. `Debug` does not print it.
pub struct SealingKey(RandomizedNonceKey);

/// The keys of a replica. The first one seals, and all of them open.
#[derive(Debug)]
pub(crate) struct Keyring(Vec<SealingKey>);

/// The seal could not be made. It contains no reason, and needs none: the cipher fails only for lack of memory.
#[derive(Debug, thiserror::Error)]
#[error("the value could not be sealed")]
pub(crate) struct Unsealable;

impl SealingKey {
    /// Returns the key with these bytes; `None` if the cipher does not accept them.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        RandomizedNonceKey::new(&AES_256_GCM_SIV, bytes).ok().map(Self)
    }

    fn open(&self, name: &[u8], version: &[u8], nonce: [u8; NONCE_LEN], sealed: &[u8]) -> Option<Bytes> {
        let mut buffer = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.0.open_in_place(nonce, associated(name, version), &mut buffer).ok()?.len();
        buffer.truncate(length);
        Some(buffer.into())
    }
}

impl Keyring {
    /// Returns the keyring of these keys; `None` without any.
    pub(crate) fn new(keys: Vec<SealingKey>) -> Option<Self> {
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// Returns the bytes that are stored for a value of a version under a name in Redis.
    pub(crate) fn seal(&self, name: &[u8], version: u64, value: &[u8]) -> Result<Vec<u8>, Unsealable> {
        let version = version.to_be_bytes();
        let key = self.0.first().ok_or(Unsealable)?;
        let mut sealed = value.to_vec();
        let nonce = key.0.seal_in_place_append_tag(associated(name, &version), &mut sealed).map_err(|_| Unsealable)?;
        Ok([&[FORMAT], &version[..], nonce.as_ref(), &sealed].concat())
    }

    /// Returns the version and the value of stored bytes; `None` if no key opens them.
    pub(crate) fn open(&self, name: &[u8], stored: &[u8]) -> Option<(u64, Bytes)> {
        let (header, sealed) = stored.split_at_checked(HEADER_LEN)?;
        let (version, nonce) = header.strip_prefix(&[FORMAT])?.split_at_checked(VERSION_LEN)?;
        let number = u64::from_be_bytes(version.try_into().ok()?);
        let nonce = nonce.try_into().ok()?;
        // Few keys are tried: the current one, and an old one while it is replaced.
        self.0.iter().find_map(|key| key.open(name, version, nonce, sealed)).map(|value| (number, value))
    }
}

/// Returns the version bytes of stored bytes, which compare-and-set compares. Scripts read the same bytes.
pub(crate) fn version_bytes(stored: &[u8]) -> &[u8] {
    let end = stored.len().min(1 + VERSION_LEN);
    stored.get(1..end).unwrap_or_default()
}

/// Returns the data that a seal authenticates beside the value: its name and its version. A value that was copied to
/// another name, or has got another version, does not open.
fn associated(name: &[u8], version: &[u8]) -> Aad<Vec<u8>> {
    Aad::from([version, name].concat())
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(keys: &[u8]) -> Keyring {
        Keyring::new(keys.iter().map(|key| SealingKey::new(&[*key; 32]).unwrap()).collect()).unwrap()
    }

    #[test]
    fn sealed_value_opens_under_its_name_and_version_only() {
        let keyring = keyring(&[1]);
        let stored = keyring.seal(b"name", 7, b"planted-secret").unwrap();
        assert_eq!(keyring.open(b"name", &stored), Some((7, Bytes::from("planted-secret"))));
        assert_eq!(version_bytes(&stored), 7_u64.to_be_bytes());
        assert!(!stored.windows(7).any(|part| part == b"planted"));

        assert_eq!(keyring.open(b"other", &stored), None);
        for place in 0..stored.len() {
            let mut altered = stored.clone();
            altered[place] ^= 1;
            assert_eq!(keyring.open(b"name", &altered), None, "byte {place}");
            assert_eq!(keyring.open(b"name", &stored[..place]), None, "{place} bytes");
        }
    }

    #[test]
    fn value_of_the_old_key_opens_while_a_key_is_replaced() {
        let stored = keyring(&[1]).seal(b"name", 7, b"value").unwrap();

        assert!(keyring(&[2, 1]).open(b"name", &stored).is_some());
        assert!(keyring(&[2]).open(b"name", &stored).is_none());
        let renewed = keyring(&[2, 1]).seal(b"name", 8, b"value").unwrap();
        assert!(keyring(&[2]).open(b"name", &renewed).is_some());
    }

    #[test]
    fn equal_values_are_stored_as_different_bytes() {
        let keyring = keyring(&[1]);
        assert_ne!(keyring.seal(b"name", 7, b"value").unwrap(), keyring.seal(b"name", 7, b"value").unwrap());
    }
}
