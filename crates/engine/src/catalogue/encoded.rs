//! A cached value together with its JSON and its entity tag, so that it is serialized only once.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use polyhost_domain::{Account as SiteAccount, Error, ErrorKind, File, Folder, Limits, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

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
