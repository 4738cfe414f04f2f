//! A cached value together with its JSON and its entity tag, so that it is serialized only once. Of a file, of which
//! the cache may have many, only the JSON and the tag are kept.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use polyhost_domain::{Account as SiteAccount, Error, ErrorKind, File, Folder, Limits, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::merging;
use crate::accounts::Account;
use crate::entity_tags;
use crate::preconditions::Validators;

/// A value and its serialized form.
#[derive(Debug, Clone)]
pub struct Encoded<T> {
    /// The value.
    pub value: T,
    /// The value as JSON.
    pub json: Bytes,
    /// Its strong entity tag, without quotes.
    pub etag: Arc<str>,
}

/// A value with an entity tag.
pub trait Tagged: Serialize {
    /// Returns the entity tag, or `None` if it is the digest of the JSON.
    fn tag(&self, _: &Account) -> Option<String> {
        None
    }

    /// Returns a time at which the value was changed. Later changes are possible.
    fn changed_at(&self) -> Option<Timestamp> {
        None
    }

    /// Returns the validators that preconditions are evaluated against.
    fn validators(&self, account: &Account) -> Validators {
        Validators::of(self.tag(account).as_deref(), self.changed_at())
    }
}

impl Tagged for SiteAccount {}

impl Tagged for Limits {}

impl Tagged for File {
    fn tag(&self, account: &Account) -> Option<String> {
        Some(entity_tags::of_file(account, self))
    }

    fn changed_at(&self) -> Option<Timestamp> {
        self.uploaded_at
    }
}

impl Tagged for Folder {
    fn tag(&self, _: &Account) -> Option<String> {
        Some(entity_tags::of_folder(self))
    }

    fn changed_at(&self) -> Option<Timestamp> {
        self.updated_at.or(self.created_at)
    }
}

impl<T: Tagged> Encoded<T> {
    /// Serializes a value.
    ///
    /// # Errors
    /// `Internal`, if the value cannot be serialized.
    pub fn new(value: T, account: &Account) -> Result<Self> {
        let json = serde_json::to_vec(&value).map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?;
        let tag = value.tag(account);
        let etag = tag.unwrap_or_else(|| hex::encode(&Sha256::digest(&json)[..16])).into();
        Ok(Self { value, json: json.into(), etag })
    }

    /// Returns the approximate memory use in bytes: the JSON, the same data again in the value's own allocations, and
    /// the struct.
    pub(super) fn weight(&self) -> usize {
        2 * self.json.len() + size_of::<Self>() + self.etag.len()
    }
}

/// A file's entity tag, the time of a change, and its JSON, in one allocation. Cheap to clone.
#[derive(Debug, Clone)]
pub struct EncodedFile(Arc<[u8]>);

/// The length of the binary entity tag, with which the bytes begin.
const TAG: usize = 16;
/// The start of the JSON. Before it are the tag and the time, as seconds.
const JSON: usize = TAG + size_of::<i64>();
/// The approximate length of a file's JSON in bytes.
const USUAL: usize = 1024;
/// The time that stands for none.
const NEVER: i64 = i64::MIN;

impl EncodedFile {
    /// Serializes a file.
    ///
    /// # Errors
    /// `Internal`, if it cannot be serialized.
    pub(super) fn new(file: &File, account: &Account) -> Result<Self> {
        let mut bytes = Vec::with_capacity(JSON + USUAL);
        bytes.resize(TAG, 0);
        let internal = || Error::new(ErrorKind::Internal);
        let tag = entity_tags::of_file(account, file);
        hex::decode_to_slice(&tag, &mut bytes).map_err(|error| internal().with_source(error))?;
        bytes.extend_from_slice(&file.changed_at().map_or(NEVER, Timestamp::as_second).to_le_bytes());
        serde_json::to_writer(&mut bytes, file).map_err(|error| internal().with_source(error))?;
        Ok(Self(Arc::from(bytes)))
    }

    /// Returns the file as JSON. It shares the memory of the cache entry.
    #[must_use]
    pub fn json(&self) -> Bytes {
        /// The JSON as the memory of a [`Bytes`].
        struct Json(EncodedFile);

        impl AsRef<[u8]> for Json {
            fn as_ref(&self) -> &[u8] {
                &self.0.0[JSON..]
            }
        }

        Bytes::from_owner(Json(self.clone()))
    }

    /// Returns its strong entity tag, without quotes.
    #[must_use]
    pub fn etag(&self) -> String {
        hex::encode(&self.0[..TAG])
    }

    /// Returns a time, in whole seconds, at which the file was changed. Later changes are possible.
    #[must_use]
    pub fn changed_at(&self) -> Option<Timestamp> {
        let bytes = self.0[TAG..JSON].try_into().ok()?;
        Some(i64::from_le_bytes(bytes)).filter(|time| *time != NEVER).and_then(|time| Timestamp::from_second(time).ok())
    }

    /// Returns the file. This parses its JSON.
    pub(crate) fn read(&self, account: &Account) -> Option<File> {
        let profile = account.profile();
        merging::read(&self.0[JSON..], &profile.origin, &profile.ids)
    }

    /// Returns the size in bytes of the allocation.
    pub(super) fn weight(&self) -> usize {
        2 * size_of::<usize>() + self.0.len()
    }
}
