//! Functions that create ids, names, uploads and answers for tests.

use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use polyhost_domain::{
    ByteSource, EntryName, ErrorKind, FileId, FolderId, HeaderFields, NewFolder, NewRemoteUpload, Origin, Provider,
    RemoteUpload, RemoteUploadSelection, Result, SizedStream, Upload, UploadBody, UploadReport,
};
use polyhost_sandbox::{Fault, Received};

/// Returns the origin of an account at a provider.
#[must_use]
pub fn origin(account: &str, provider: &str) -> Origin {
    Origin { account: account.parse().unwrap(), provider: provider.parse().unwrap() }
}

/// Parses the id of a file, by the provider's grammar.
#[must_use]
pub fn file(provider: &Arc<dyn Provider>, id: &str) -> FileId {
    provider.profile().ids.file(id).unwrap()
}

/// Parses the id of a folder, by the provider's grammar.
#[must_use]
pub fn folder(provider: &Arc<dyn Provider>, id: &str) -> FolderId {
    provider.profile().ids.folder(id).unwrap()
}

/// Parses the name of a file or folder.
#[must_use]
pub fn name(text: &str) -> EntryName {
    text.parse().unwrap()
}

/// Returns a folder to create, without a visibility or a password.
#[must_use]
pub fn new_folder(text: &str, parent: FolderId) -> NewFolder {
    NewFolder { name: name(text), parent, visibility: None, password: None }
}

/// Returns a remote upload to add, without header fields.
#[must_use]
pub fn remote(url: &str, folder: FolderId) -> NewRemoteUpload {
    NewRemoteUpload { url: url.parse().unwrap(), folder, headers: HeaderFields::default() }
}

/// Reads remote uploads by their ids.
pub async fn remote_uploads(provider: &Arc<dyn Provider>, ids: &[&str]) -> Result<Vec<RemoteUpload>> {
    let ids = ids.iter().map(|id| provider.profile().ids.remote_upload(id).unwrap()).collect();
    provider.remote_uploads(RemoteUploadSelection::Ids(ids)).await.map(|found| found.items)
}

/// Returns the parameters of a request in the form of the journal.
#[must_use]
pub fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Returns an answer with this HTTP status and body.
#[must_use]
pub fn http_answer(http: u16, body: &str) -> Fault {
    Fault::Status { http, body_status: None, headers: Vec::new(), body: Some(body.to_owned()) }
}

/// Returns the kind of a call's error. Fails if the call has succeeded.
pub fn kind(outcome: Result<impl Debug>) -> ErrorKind {
    outcome.unwrap_err().kind()
}

/// Returns an upload of these pieces, which together have the announced length.
#[must_use]
pub fn upload(file_name: &str, pieces: &[&'static str]) -> Upload {
    let length = pieces.iter().map(|piece| piece.len() as u64).sum();
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from_static(piece.as_bytes()))).collect();
    Upload {
        name: name(file_name),
        folder: FolderId::Root,
        content_type: Some("video/mp4".into()),
        sha1: None,
        body: UploadBody::once(length, stream::iter(pieces).boxed()),
        report: UploadReport::default(),
    }
}

/// Checks that a request was a form with a file of three bytes in this field, with the form's length in its head.
pub fn assert_form(sent: &Received, field: &str) {
    let form = sent.upload.as_ref().unwrap();
    assert_eq!((form.field.as_deref(), form.content_type.as_deref()), (Some(field), Some("video/mp4")));
    assert_eq!((form.bytes, form.complete), (3, true));
    assert_eq!(sent.header("content-length").unwrap().parse().ok(), form.declared_length);
    assert_eq!(sent.header("transfer-encoding"), None);
}

/// Counts the openings of its byte sources.
#[derive(Debug, Default)]
pub struct Opened(Arc<AtomicUsize>);

struct CountedSource(Arc<AtomicUsize>);

impl Opened {
    /// Returns a source of three bytes whose openings are counted.
    #[must_use]
    pub fn source(&self) -> Arc<dyn ByteSource> {
        Arc::new(CountedSource(Arc::clone(&self.0)))
    }

    /// Returns the number of times that the sources were opened.
    #[must_use]
    pub fn times(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl ByteSource for CountedSource {
    async fn open(&self) -> io::Result<SizedStream> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(SizedStream { length: 3, spare: 0, stream: stream::iter([Ok(Bytes::from_static(b"abc"))]).boxed() })
    }
}
