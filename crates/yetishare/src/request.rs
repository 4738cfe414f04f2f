//! One request to the site on its way to being sent: fields of a form, and nothing in its address.

use polyhost_domain::{FolderId, Visibility};
use polyhost_upstream::{Call, CallKind, Held, SecretUrl};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A request, with the fields of its form.
#[derive(Clone)]
pub(crate) struct Request {
    operation: &'static str,
    kind: CallKind,
    fields: Vec<(&'static str, SecretString)>,
    hidden: Vec<SecretString>,
}

/// What is to be different about a folder; all else stays.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FolderChange<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) visibility: Option<Visibility>,
    /// In the site's words: the MD5 of the password, or `null`.
    pub(crate) password: Option<&'a SecretString>,
}

impl Request {
    pub(crate) fn new(operation: &'static str, kind: CallKind) -> Self {
        Self { operation, kind, fields: Vec::new(), hidden: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    pub(crate) fn with_some(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// A folder that may be left out where it is the root.
    pub(crate) fn with_folder(self, name: &'static str, folder: &FolderId) -> Self {
        match folder {
            FolderId::Root => self,
            FolderId::Child(id) => self.with(name, id.as_str()),
        }
    }

    pub(crate) fn with_change(self, change: FolderChange<'_>) -> Self {
        let visibility = change.visibility.map(|visibility| match visibility {
            Visibility::Private => "0",
            Visibility::Unlisted => "1",
            Visibility::Public => "2",
        });
        let request = self.with_some("folder_name", change.name).with_some("is_public", visibility);
        match change.password {
            Some(password) => request.hiding("access_password", password),
            None => request,
        }
    }

    /// Adds the token, and whose it is.
    pub(crate) fn signed(self, held: &Held) -> Self {
        let grant = held.grant();
        self.hiding("access_token", &grant.token).with("account_id", &grant.holder)
    }

    /// The request with its fields in an urlencoded body.
    pub(crate) fn into_call(self, base_url: &Url) -> Call {
        let (call, fields) = self.into_bare_call(base_url);
        call.with_form(fields.into_iter().map(|(name, value)| (name, value.expose_secret().to_owned())).collect())
    }

    /// The request without its fields, and those.
    pub(crate) fn into_bare_call(self, base_url: &Url) -> (Call, Vec<(String, SecretString)>) {
        let call = Call::post(self.operation, self.kind, SecretUrl::endpoint(base_url, self.operation));
        let call = self.hidden.into_iter().fold(call, Call::with_secret);
        (call, self.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Adds a field that is masked in what the site says.
    fn hiding(mut self, name: &'static str, value: &SecretString) -> Self {
        self.hidden.push(value.clone());
        self.fields.push((name, value.clone()));
        self
    }
}
