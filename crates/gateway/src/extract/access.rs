//! Authorization: extracts the caller and the account of a request, and rejects callers that may not use them.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;
use polyhost_config::Client;
use polyhost_domain::{FileId, FolderId, RemoteUploadId};
use polyhost_engine::accounts::Account;
use polyhost_engine::problem::{Code, Problem};
use polyhost_engine::roster::Roster;

use crate::context::RequestContext;
use crate::operation::Rules;
use crate::problem::Failure;
use crate::server_span::name_account;

/// The account that the path names, and a caller that may use it and has the scope that the operation needs.
pub(crate) struct Access {
    /// The account.
    pub account: Arc<Account>,
    /// The caller.
    pub client: Arc<Client>,
    /// The `{id}` of the path.
    id: String,
}

/// A client, and what it may use.
#[derive(Clone, Copy)]
pub(crate) struct Grantee<'a> {
    pub client: &'a Arc<Client>,
    pub roster: &'a Roster,
    /// The rules of the requested operation.
    pub rules: Rules,
}

impl<'a> From<&'a RequestContext> for Grantee<'a> {
    fn from(context: &'a RequestContext) -> Self {
        Self { client: &context.client, roster: &context.roster, rules: context.rules }
    }
}

impl Access {
    /// Returns the account that a path names, if the client may use it and has the scope that the operation needs.
    ///
    /// # Errors
    /// `account_not_found`; `forbidden` if the scope is missing.
    pub(crate) fn of(path: &str, grantee: Grantee<'_>) -> Result<Self, Problem> {
        let Grantee { client, roster, rules } = grantee;
        let (name, id) = names(path);
        // An account that the caller may not use yields the same problem as one that does not exist.
        let account = name.parse().ok().and_then(|name| roster.accounts().get(&name));
        let account = account.filter(|account| client.accounts.includes(account.name()));
        let account = account.map(Arc::clone).ok_or_else(|| not_found(&name))?;
        require(client, rules)?;
        Ok(Self { account, client: Arc::clone(client), id: id.into_owned() })
    }

    /// Rejects an account without the capability that the operation needs.
    ///
    /// # Errors
    /// `unsupported`.
    pub(crate) fn require_capability(&self, rules: Rules) -> Result<(), Problem> {
        rules.capability.map_or(Ok(()), |capability| self.require(capability))
    }

    /// Returns the file id in the path.
    ///
    /// # Errors
    /// `file_not_found` if the id does not match the provider's grammar.
    pub(crate) fn file(&self) -> Result<FileId, Problem> {
        self.account.file_id(&self.id)
    }

    /// Returns the folder id in the path.
    ///
    /// # Errors
    /// `folder_not_found` if the id does not match the provider's grammar.
    pub(crate) fn folder(&self) -> Result<FolderId, Problem> {
        self.account.folder_id(&self.id)
    }

    /// Returns the remote upload id in the path.
    ///
    /// # Errors
    /// `remote_upload_not_found` if the id does not match the provider's grammar.
    pub(crate) fn remote_upload(&self) -> Result<RemoteUploadId, Problem> {
        self.account.remote_upload_id(&self.id)
    }
}

impl Deref for Access {
    type Target = Account;

    fn deref(&self) -> &Account {
        &self.account
    }
}

impl<S: Sync> FromRequestParts<S> for Access {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let context = context_of_operation(parts, state).await?;
        let access = Self::of(parts.uri.path(), Grantee::from(&context))?;
        name_account(context.scope.trace(), &access);
        access.require_capability(context.rules)?;
        Ok(access)
    }
}

/// The context of a caller with the scope that the operation needs, for operations without an account.
pub(crate) struct Caller(pub(crate) RequestContext);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let context = context_of_operation(parts, state).await?;
        require(&context.client, context.rules)?;
        Ok(Self(context))
    }
}

/// Returns the context of a request for an operation. A handler that is missing from the table of operations fails
/// with `internal`, so that it cannot run without rules.
async fn context_of_operation<S: Sync>(parts: &mut Parts, state: &S) -> Result<RequestContext, Failure> {
    let context = RequestContext::from_request_parts(parts, state).await?;
    if context.operation.is_some() { Ok(context) } else { Err(Problem::internal().into()) }
}

/// Returns the `{account}` and the `{id}` of a path. A name that is not UTF-8 stays percent-encoded, which no grammar
/// of ids allows.
fn names(path: &str) -> (Cow<'_, str>, Cow<'_, str>) {
    let decoded = |name| percent_decode_str(name).decode_utf8().unwrap_or(Cow::Borrowed(name));
    let mut names = path.split('/').skip(3).step_by(2).map(decoded);
    (names.next().unwrap_or_default(), names.next().unwrap_or_default())
}

/// Rejects a client without the scope that the operation needs.
fn require(client: &Client, rules: Rules) -> Result<(), Problem> {
    match rules.scope {
        Some(scope) if !client.scopes.contains(&scope) => {
            Err(Problem::new(Code::Forbidden, format!("The API key lacks the scope \"{scope}\".")))
        }
        _ => Ok(()),
    }
}

fn not_found(name: &str) -> Problem {
    Problem::new(Code::AccountNotFound, format!("No account has the name \"{name}\", or the API key may not use it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded_and_stay_encoded_if_not_utf8() {
        for (path, account, id) in [
            ("/v1/accounts/main", "main", ""),
            ("/v1/accounts/main/files/a%2Fb", "main", "a/b"),
            ("/v1/accounts/m%61in/files/1/content", "main", "1"),
            ("/v1/accounts/main/files/%FF", "main", "%FF"),
            ("/v1/me", "", ""),
        ] {
            assert_eq!(names(path), (account.into(), id.into()), "{path}");
        }
    }
}
