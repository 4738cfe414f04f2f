//! The account that a request is about, given only to a caller who may use it.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::RequestPartsExt as _;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use polyhost_config::{Client, Scope};
use polyhost_domain::{FileId, FolderId, RemoteUploadId};
use polyhost_engine::accounts::Account;
use polyhost_engine::problem::{Code, Problem};
use polyhost_engine::roster::Roster;

use crate::app::App;
use crate::problem::Failure;

/// The account that the path names, for a caller with the scope `S` stands for.
pub struct Access<S> {
    /// The account.
    pub account: Arc<Account>,
    /// The caller.
    pub client: Arc<Client>,
    /// The `{id}` of the path.
    id: String,
    scope: PhantomData<S>,
}

/// What an [`Access`] is for.
pub trait AccessScope {
    /// The scope that it needs.
    const SCOPE: Scope;
}

/// Access for reading.
pub struct Reading;

/// Access for making, changing and deleting.
pub struct Writing;

/// Access for keeping the service itself in order.
pub struct Administering;

impl AccessScope for Administering {
    const SCOPE: Scope = Scope::Admin;
}

impl AccessScope for Reading {
    const SCOPE: Scope = Scope::Read;
}

impl AccessScope for Writing {
    const SCOPE: Scope = Scope::Write;
}

impl Access<()> {
    /// The account that the path names, for a caller with this scope.
    ///
    /// # Errors
    /// `account_not_found`, `forbidden`
    pub(crate) async fn of(parts: &mut Parts, app: &App, scope: Scope) -> Result<Self, Problem> {
        let client = parts.extensions.get::<Arc<Client>>().cloned();
        let client = client.ok_or_else(|| Problem::new(Code::Unauthenticated, "The request has no known API key."))?;
        let (name, id) = names(parts).await;
        // An account that the caller may not use does not exist for it.
        let roster = parts.extensions.get::<Arc<Roster>>().cloned().unwrap_or_else(|| app.roster());
        let account = name.parse().ok().and_then(|name| roster.accounts().get(&name));
        let account = account.filter(|account| client.accounts.includes(account.name()));
        let account = account.map(Arc::clone).ok_or_else(|| not_found(&name))?;
        require(&client, scope)?;
        Ok(Self { account, client, id, scope: PhantomData })
    }
}

impl<S> Access<S> {
    /// The file that the path names.
    ///
    /// # Errors
    /// `file_not_found` outside the provider's grammar.
    pub fn file(&self) -> Result<FileId, Problem> {
        self.account.file_id(&self.id)
    }

    /// The folder that the path names.
    ///
    /// # Errors
    /// `folder_not_found` outside the provider's grammar.
    pub fn folder(&self) -> Result<FolderId, Problem> {
        self.account.folder_id(&self.id)
    }

    /// The remote upload that the path names.
    ///
    /// # Errors
    /// `remote_upload_not_found` outside the provider's grammar.
    pub fn remote_upload(&self) -> Result<RemoteUploadId, Problem> {
        self.account.remote_upload_id(&self.id)
    }
}

impl<S> Deref for Access<S> {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.account
    }
}

impl<S: AccessScope + Send> FromRequestParts<App> for Access<S> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        let Access { account, client, id, .. } = Access::of(parts, app, S::SCOPE).await?;
        Ok(Self { account, client, id, scope: PhantomData })
    }
}

/// The `{account}` and the `{id}` of the path. Where they are not UTF-8 they stay percent-encoded, which no grammar of
/// ids allows.
async fn names(parts: &mut Parts) -> (String, String) {
    if let Ok(Path(mut path)) = parts.extract::<Path<HashMap<String, String>>>().await {
        return (path.remove("account").unwrap_or_default(), path.remove("id").unwrap_or_default());
    }
    let mut segments = parts.uri.path().split('/').skip(3).step_by(2).map(str::to_owned);
    (segments.next().unwrap_or_default(), segments.next().unwrap_or_default())
}

/// Refuses what the client's key does not allow.
///
/// # Errors
/// `forbidden`, which names the scope.
pub(crate) fn require(client: &Client, scope: Scope) -> Result<(), Problem> {
    if client.scopes.contains(&scope) {
        return Ok(());
    }
    Err(Problem::new(Code::Forbidden, format!("The API key lacks the scope \"{scope}\".")))
}

fn not_found(name: &str) -> Problem {
    Problem::new(Code::AccountNotFound, format!("No account has the name \"{name}\", or the API key may not use it."))
}
