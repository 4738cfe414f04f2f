//! A request before it is sent.

use polyhost_domain::FolderId;
use polyhost_upstream::{Call, CallKind, SecretUrl};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::flavour::Transport;

/// An endpoint and its parameters.
pub(crate) struct Request {
    operation: &'static str,
    kind: CallKind,
    pairs: Vec<(&'static str, String)>,
}

impl Request {
    pub(crate) fn read(operation: &'static str) -> Self {
        Self { operation, kind: CallKind::Read, pairs: Vec::new() }
    }

    pub(crate) fn write(operation: &'static str) -> Self {
        Self { operation, kind: CallKind::Write, pairs: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.pairs.push((name, value.into()));
        self
    }

    /// Adds a folder. The root is `0`.
    pub(crate) fn with_folder(self, name: &'static str, folder: &FolderId) -> Self {
        match folder {
            FolderId::Root => self.with(name, "0"),
            FolderId::Child(id) => self.with(name, id.as_str()),
        }
    }

    /// Adds a folder. The root is left out.
    pub(crate) fn with_child(self, name: &'static str, folder: &FolderId) -> Self {
        match folder {
            FolderId::Root => self,
            FolderId::Child(id) => self.with(name, id.as_str()),
        }
    }

    /// Adds the key, and returns the call.
    pub(crate) fn into_call(self, base_url: &Url, transport: Transport, key: &SecretString) -> Call {
        let url = SecretUrl::endpoint(base_url, self.operation);
        match transport {
            Transport::Query => {
                let url = self.pairs.iter().fold(url, |url, (name, value)| url.with(name, value));
                Call::get(self.operation, self.kind, url.with_secret("key", key))
            }
            Transport::Form => {
                let key_pair = ("key".to_owned(), key.expose_secret().to_owned());
                let pairs = self.pairs.into_iter().map(|(name, value)| (name.to_owned(), value));
                let form = std::iter::once(key_pair).chain(pairs).collect();
                Call::post(self.operation, self.kind, url).with_form(form).with_secret(key.clone())
            }
        }
    }
}
