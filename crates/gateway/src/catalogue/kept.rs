//! An answer as it goes out: serialized once, with its entity tag.

use std::sync::Arc;

use bytes::Bytes;
use polyhost_domain::{Account, Error, ErrorKind, File, Folder, Limits, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::key::Value;

/// Something that is known, and the bytes that tell it.
#[derive(Debug, Clone)]
pub struct Kept<T> {
    /// What is known.
    pub value: T,
    /// The same as JSON.
    pub json: Bytes,
    /// A strong entity tag of those bytes, without its quotes.
    pub etag: Arc<str>,
}

impl<T: Serialize> Kept<T> {
    /// Serializes what is known.
    ///
    /// # Errors
    /// `Internal`, where that cannot be done.
    pub fn new(value: T) -> Result<Self> {
        let json = serde_json::to_vec(&value).map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?;
        let etag = hexadecimal(&Sha256::digest(&json)[..16]).into();
        Ok(Self { value, json: json.into(), etag })
    }

    /// About how many bytes of memory it takes: the bytes, the same once more in pieces, and the structure.
    pub(super) fn weight(&self) -> usize {
        2 * self.json.len() + size_of::<Self>() + self.etag.len()
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    digits.map(char::from).collect()
}

/// What can be kept by itself.
pub(super) trait Keep: Serialize + Clone + Send + Sync + 'static {
    fn store(kept: Arc<Kept<Self>>) -> Value;
    fn take(value: &Value) -> Option<Arc<Kept<Self>>>;
}

macro_rules! keep {
    ($($kind:ident),*) => {$(
        impl Keep for $kind {
            fn store(kept: Arc<Kept<Self>>) -> Value {
                Value::$kind(kept)
            }

            fn take(value: &Value) -> Option<Arc<Kept<Self>>> {
                match value {
                    Value::$kind(kept) => Some(Arc::clone(kept)),
                    _ => None,
                }
            }
        }
    )*};
}

keep!(Account, Limits, File, Folder);
