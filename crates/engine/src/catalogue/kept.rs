//! An answer as it goes out: serialized once, with its entity tag.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use polyhost_domain::{Account as SiteAccount, Error, ErrorKind, File, Folder, Limits, Result};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::accounts::Account;
use crate::entity_tags;
use crate::preconditions::Validators;

/// Something that is known, and the bytes that tell it.
#[derive(Debug, Clone)]
pub struct Kept<T> {
    /// What is known.
    pub value: T,
    /// The same as JSON.
    pub json: Bytes,
    /// Its strong entity tag, without quotes.
    pub etag: Arc<str>,
}

/// What has an entity tag.
pub trait Tagged: Serialize {
    /// Its entity tag, where that is not the digest of its bytes.
    fn tag(&self, _: &Account) -> Option<String> {
        None
    }

    /// A time at which it was changed; there may have been later changes.
    fn changed_at(&self) -> Option<Timestamp> {
        None
    }

    /// What preconditions are evaluated against.
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

impl<T: Tagged> Kept<T> {
    /// Serializes what is known.
    ///
    /// # Errors
    /// `Internal`, where that cannot be done.
    pub fn new(value: T, account: &Account) -> Result<Self> {
        let json = serde_json::to_vec(&value).map_err(|error| Error::new(ErrorKind::Internal).with_source(error))?;
        let tag = value.tag(account);
        let etag = tag.unwrap_or_else(|| hex::encode(&Sha256::digest(&json)[..16])).into();
        Ok(Self { value, json: json.into(), etag })
    }

    /// About how many bytes of memory it takes: the bytes, the same once more in pieces, and the structure.
    pub(super) fn weight(&self) -> usize {
        2 * self.json.len() + size_of::<Self>() + self.etag.len()
    }
}
