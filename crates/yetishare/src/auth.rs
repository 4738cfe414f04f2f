//! The requests for login and logout. The session decides when a login is made.

use async_trait::async_trait;
use polyhost_domain::{Error, ErrorKind, Result, TransportFault};
use polyhost_upstream::decode::{Unreadable, value};
use polyhost_upstream::{Call, CallKind, Client, Grant, Known, Login, Refusal, Reply, SecretUrl};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use tokio::time::Instant;
use url::Url;

use crate::error::{Named, into_error, success};
use crate::{Credentials, wire};

const AUTHORIZE: &str = "authorize";
const DISABLE: &str = "disable_access_token";
/// The call that checks a token: every user may make it, it changes nothing, and the site first checks the token.
const ACCOUNT: &str = "account/info";

/// Logs one account in and out at one site.
#[derive(Debug)]
pub(crate) struct Authenticator {
    pub(crate) http: Client,
    pub(crate) base_url: Url,
    pub(crate) credentials: Credentials,
}

#[async_trait]
impl Login for Authenticator {
    fn operation(&self) -> &'static str {
        AUTHORIZE
    }

    async fn log_in(&self, deadline: Instant) -> Result<Grant> {
        // As a write, the login is never retried automatically. For the request that needs the token, a failed login
        // means that nothing was done.
        let call = self.call(AUTHORIZE, CallKind::Write, &self.credentials.fields()).until(deadline);
        self.http.send(call, |reply| self.grant(&reply)).await.map_err(without_effect)
    }

    async fn knows(&self, grant: &Grant, deadline: Instant) -> Known {
        let read = |reply: Reply| match success(&reply, Named::Nothing, &self.http.origin().account) {
            Ok(_) => Ok(Known::Yes),
            Err(Refusal::Session(..)) => Ok(Known::No),
            // The site may give any other answer, including an error, before it checks the token.
            Err(Refusal::Other(error)) => Err(error),
        };
        let answer = self.http.send(self.signed(ACCOUNT, CallKind::Read, grant).until(deadline), read).await;
        answer.unwrap_or_else(Known::CannotTell)
    }

    async fn log_out(&self, grant: &Grant) {
        let read = |reply: Reply| success(&reply, Named::Nothing, &self.http.origin().account).map(drop);
        let outcome = self.http.send(self.signed(DISABLE, CallKind::Write, grant), read).await;
        if let Err(error) = outcome.map_err(into_error) {
            tracing::debug!(%error, "logging out failed; the site's token expires by itself");
        }
    }
}

impl Authenticator {
    fn grant(&self, reply: &Reply) -> Result<Grant> {
        if let Some(moved) = reply.moved_without_effect() {
            return Err(moved);
        }
        let success = success(reply, Named::Login, &self.http.origin().account).map_err(into_error)?;
        let login: wire::Login = value(success.data.map_or("{}", RawValue::get)).unwrap_or_default();
        match (login.access_token, login.account_id) {
            (Some(token), Some(holder)) => Ok(Grant { token: token.into(), holder }),
            (None, _) => Err(reply.unreadable(Unreadable::Missing("an access token"))),
            (_, None) => Err(reply.unreadable(Unreadable::Missing("the account's id"))),
        }
    }

    fn signed(&self, operation: &'static str, kind: CallKind, grant: &Grant) -> Call {
        let holder = SecretString::from(grant.holder.as_str());
        let fields = [("access_token", &grant.token), ("account_id", &holder)];
        self.call(operation, kind, &fields).with_secret(grant.token.clone())
    }

    fn call(&self, operation: &'static str, kind: CallKind, fields: &[(&str, &SecretString)]) -> Call {
        let form = fields.iter().map(|(name, value)| ((*name).to_owned(), value.expose_secret().to_owned())).collect();
        let call = Call::post(operation, kind, SecretUrl::endpoint(&self.base_url, operation)).with_form(form);
        self.credentials.hidden_in(call)
    }
}

impl Credentials {
    /// Returns a text that is unique to these credentials. It contains them in plain text.
    pub(crate) fn identity(&self) -> [&str; 3] {
        let [(mode, first), (_, second)] = self.fields();
        [mode, first.expose_secret(), second.expose_secret()]
    }

    /// Returns the call, with the credentials to be masked in the site's answer. The site may quote them in any answer,
    /// not only in the answer to a login.
    pub(crate) fn hidden_in(&self, call: Call) -> Call {
        self.fields().into_iter().fold(call, |call, (_, secret)| call.with_secret(secret.clone()))
    }

    fn fields(&self) -> [(&'static str, &SecretString); 2] {
        match self {
            Self::Keys { key1, key2 } => [("key1", key1), ("key2", key2)],
            Self::Password { username, password } => [("username", username), ("password", password)],
        }
    }
}

/// Converts the error of a login. The request that needed the token was not sent, so its outcome is not unknown.
fn without_effect(error: Error) -> Error {
    match error.kind() {
        ErrorKind::OutcomeUnknown => {
            let slow = error.transport() == Some(TransportFault::ResponseTimeout);
            let kind = if slow { ErrorKind::Timeout } else { ErrorKind::InvalidResponse };
            error.into_kind(kind).retryable(true).with_detail("The site gave no readable answer to the login.")
        }
        // The answer is a firewall's page.
        ErrorKind::SiteFailed if error.answer().is_some_and(|answer| matches!(answer.http_status, Some(401 | 403))) => {
            let detail = "The answer to the login did not come from the site's API.";
            error.into_kind(ErrorKind::InvalidResponse).retryable(true).with_detail(detail)
        }
        ErrorKind::SiteFailed => error.retryable(true),
        _ => error,
    }
}
