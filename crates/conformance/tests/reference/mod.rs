//! A model of a site in memory, and a correct provider for it. The suite itself is tested with them.

mod convert;
mod provider;
mod store;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use bytes::Bytes;
use polyhost_conformance::{KnownFiles, Site, Subject};
use polyhost_domain::{
    Capabilities, Capability, DeleteSemantics, DialectName, Digest, FileId, FolderDeletion, IdAlphabet, IdGrammar,
    ListingShape, NameGrammar, Origin, Profile, RemoteUploadId, SortKey,
};

use provider::{Model, Reference};
use store::{Condition, ROOT};

/// A text that no error may contain.
pub(crate) const SECRET: &str = "planted-secret-4711";

/// The ways in which sites may differ.
pub(crate) struct Variant {
    pub(crate) delete: DeleteSemantics,
    pub(crate) listing: ListingShape,
    pub(crate) answers_changes: bool,
    pub(crate) capabilities: Capabilities,
}

impl Default for Variant {
    fn default() -> Self {
        Self {
            delete: DeleteSemantics::Permanent,
            listing: ListingShape::Whole,
            answers_changes: true,
            capabilities: Capabilities::native(Capability::ALL),
        }
    }
}

/// Returns the reference provider with one variant of the site, ready for the suite.
pub(crate) fn subject(variant: &Variant) -> Subject {
    let model = Arc::new(Model::default());
    let profile = profile(variant);
    let seed = |condition| {
        let number = model.lock().add_file("seeded.mp4", ROOT, Bytes::from_static(b"seed"), condition);
        Some(convert::file_id(&profile, number))
    };
    let known = KnownFiles {
        broken: seed(Condition::Broken),
        blocked: seed(Condition::Blocked),
        denied: seed(Condition::Denied),
    };
    let account = |known| {
        let (model, profile) = (Arc::clone(&model), profile.clone());
        Arc::new(Reference { model, profile, known, answers_changes: variant.answers_changes })
    };
    Subject {
        provider: account(true),
        stranger: account(false),
        known,
        fetchable: "https://media.example.org/a.mp4".parse().unwrap(),
        unfetchable: "https://media.example.invalid/a.mp4".parse().unwrap(),
        secrets: vec![SECRET.to_owned()],
        site: model,
    }
}

fn profile(variant: &Variant) -> Profile {
    Profile {
        origin: Origin { account: "main".parse().unwrap(), provider: "model".parse().unwrap() },
        dialect: DialectName::Openload,
        base_url: "https://api.model.example/v1/".parse().unwrap(),
        capabilities: variant.capabilities.clone(),
        ids: IdGrammar::new(IdAlphabet::Decimal, "null"),
        names: NameGrammar::ANY,
        delete: variant.delete,
        deletes_folders: FolderDeletion::WithContents,
        max_batch: 500,
        reports_folder: true,
        listing: variant.listing,
        sort_keys: &[SortKey::Name, SortKey::Size, SortKey::UploadedAt],
        digests: vec![Digest::Sha1],
        doubtful_digests: Vec::new(),
        max_upload_bytes: None,
    }
}

#[async_trait]
impl Site for Model {
    async fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    async fn stored(&self, file: &FileId) -> Option<Vec<u8>> {
        self.lock().files.get(&convert::number(file.as_str())).map(|row| row.bytes.to_vec())
    }

    fn spelling(&self, name: &str) -> String {
        name.to_owned()
    }

    async fn fetch_headers(&self, remote_upload: &RemoteUploadId) -> Option<Vec<(String, String)>> {
        self.lock().fetches.get(&convert::number(remote_upload.as_str())).map(|fetch| fetch.headers.clone())
    }

    async fn advance(&self) {
        self.lock().advance();
    }
}
