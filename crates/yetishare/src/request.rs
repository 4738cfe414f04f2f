//! Builds one request to the site. All parameters are fields of its form, and none is in its URL.

use polyhost_domain::{FolderId, Visibility};
use polyhost_upstream::{ActiveGrant, Call, CallKind, SecretUrl};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

/// A request with the fields of its form.
#[derive(Clone)]
pub(crate) struct Request {
    operation: &'static str,
    kind: CallKind,
    fields: Vec<(&'static str, SecretString)>,
    hidden: Vec<SecretString>,
}

/// The changes to make to a folder. `None` means no change.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FolderChange<'a> {
    pub(crate) name: Option<&'a str>,
    pub(crate) visibility: Option<Visibility>,
    /// The value for the site: the MD5 of the password, or `null`.
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

    /// Adds a folder. The root is left out.
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

    /// Adds the token and the id of its account.
    pub(crate) fn signed(self, held: &ActiveGrant) -> Self {
        let grant = held.grant();
        self.hiding("access_token", &grant.token).with("account_id", &grant.holder)
    }

    /// Returns the call with the fields in an urlencoded body.
    pub(crate) fn into_call(self, base_url: &Url) -> Call {
        let (call, fields) = self.into_bare_call(base_url);
        call.with_form(fields.into_iter().map(|(name, value)| (name, value.expose_secret().to_owned())).collect())
    }

    /// Returns the call without a body, and the fields.
    pub(crate) fn into_bare_call(self, base_url: &Url) -> (Call, Vec<(String, SecretString)>) {
        let call = Call::post(self.operation, self.kind, SecretUrl::endpoint(base_url, self.operation));
        let call = self.hidden.into_iter().fold(call, Call::with_secret);
        (call, self.fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Adds a field whose value is masked in the site's answers.
    fn hiding(mut self, name: &'static str, value: &SecretString) -> Self {
        self.hidden.push(value.clone());
        self.fields.push((name, value.clone()));
        self
    }
}
