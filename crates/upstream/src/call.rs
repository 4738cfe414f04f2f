//! One request to a site, as an adapter describes it.

use reqwest::Method;
use secrecy::SecretString;
use tokio::time::Instant;

use crate::SecretUrl;

/// Whether a request changes anything at the site. The error for a lost answer depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// The request changes nothing, and may be sent again.
    Read,
    /// The request changes something. If its answer is lost, its outcome is unknown.
    Write,
}

/// One request to a site.
#[derive(Debug, Clone)]
pub struct Call {
    pub(crate) operation: &'static str,
    pub(crate) kind: CallKind,
    pub(crate) method: Method,
    pub(crate) url: SecretUrl,
    pub(crate) form: Option<Form>,
    pub(crate) secrets: Vec<SecretString>,
    pub(crate) deadline: Option<Instant>,
}

/// The name-value pairs of an urlencoded body. The values may be secrets, so `Debug` prints the names only.
#[derive(Clone)]
pub(crate) struct Form(pub(crate) Vec<(String, String)>);

impl Call {
    /// Returns a GET request. `operation` is the site's own name for it, such as `file/info`.
    #[must_use]
    pub fn get(operation: &'static str, kind: CallKind, url: SecretUrl) -> Self {
        Self::new(operation, kind, Method::GET, url)
    }

    /// Returns a POST request.
    #[must_use]
    pub fn post(operation: &'static str, kind: CallKind, url: SecretUrl) -> Self {
        Self::new(operation, kind, Method::POST, url)
    }

    /// Sets an urlencoded body.
    #[must_use]
    pub fn with_form(mut self, pairs: Vec<(String, String)>) -> Self {
        self.form = Some(Form(pairs));
        self
    }

    /// Adds a secret of the request that is not in its URL. It is masked in the texts of the site's answer.
    #[must_use]
    pub fn with_secret(mut self, secret: SecretString) -> Self {
        self.secrets.push(secret);
        self
    }

    /// Sets a deadline that replaces the operation's for this request. It does not start the operation's time.
    #[must_use]
    pub fn until(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    fn new(operation: &'static str, kind: CallKind, method: Method, url: SecretUrl) -> Self {
        Self { operation, kind, method, url, form: None, secrets: Vec::new(), deadline: None }
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}
