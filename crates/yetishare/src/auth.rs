//! Logging in and out. Everything about who may log in when is the session's; here is how it is done at these sites.

use async_trait::async_trait;
use polyhost_domain::{Error, ErrorKind, Result, TransportFault};
use polyhost_upstream::decode::{Unreadable, value};
use polyhost_upstream::{Call, CallKind, Client, Grant, Login, Reply, SecretUrl};
use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use tokio::time::Instant;
use url::Url;

use crate::error::{Named, success, told};
use crate::{Credentials, wire};

const AUTHORIZE: &str = "authorize";
const DISABLE: &str = "disable_access_token";

/// The door of one site, and the credentials of one account.
pub(crate) struct Door {
    pub(crate) http: Client,
    pub(crate) base_url: Url,
    pub(crate) credentials: Credentials,
}

#[async_trait]
impl Login for Door {
    fn operation(&self) -> &'static str {
        AUTHORIZE
    }

    async fn log_in(&self, deadline: Instant) -> Result<Grant> {
        // Never sent twice by itself, so it is a write here; but to whoever needs the token, nothing has been done.
        let reply = self.http.send(self.call(AUTHORIZE, &self.credentials.fields()).until(deadline)).await;
        let grant = reply.and_then(|reply| self.grant(&reply));
        grant.map_err(without_effect)
    }

    async fn log_out(&self, grant: &Grant) {
        let holder = SecretString::from(grant.holder.as_str());
        let call = self.call(DISABLE, &[("access_token", &grant.token), ("account_id", &holder)]);
        let outcome = match self.http.send(call).await {
            Ok(reply) => success(&reply, Named::Nothing, &self.http.origin().account).map(drop).map_err(told),
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            tracing::debug!(%error, "a token was not given back; the site ends it by itself");
        }
    }
}

impl Door {
    fn grant(&self, reply: &Reply) -> Result<Grant> {
        let success = success(reply, Named::Login, &self.http.origin().account).map_err(told)?;
        let login: wire::Login = value(success.data.map_or("{}", RawValue::get)).unwrap_or_default();
        match (login.access_token, login.account_id) {
            (Some(token), Some(holder)) => Ok(Grant { token: token.into(), holder }),
            (None, _) => Err(reply.unreadable(Unreadable::Missing("an access token"))),
            (_, None) => Err(reply.unreadable(Unreadable::Missing("the account's id"))),
        }
    }

    fn call(&self, operation: &'static str, fields: &[(&str, &SecretString)]) -> Call {
        let form = fields.iter().map(|(name, value)| ((*name).to_owned(), value.expose_secret().to_owned())).collect();
        let call = Call::post(operation, CallKind::Write, SecretUrl::endpoint(&self.base_url, operation));
        fields.iter().fold(call.with_form(form), |call, (_, value)| call.with_secret((*value).clone()))
    }
}

impl Credentials {
    /// What tells these credentials from all others.
    pub(crate) fn identity(&self) -> [&str; 3] {
        let [(mode, first), (_, second)] = self.fields();
        [mode, first.expose_secret(), second.expose_secret()]
    }

    fn fields(&self) -> [(&'static str, &SecretString); 2] {
        match self {
            Self::Keys { key1, key2 } => [("key1", key1), ("key2", key2)],
            Self::Password { username, password } => [("username", username), ("password", password)],
        }
    }
}

/// A login that fails on its way leaves the request that needed it unsent.
fn without_effect(error: Error) -> Error {
    match error.kind() {
        ErrorKind::OutcomeUnknown => {
            let slow = error.transport() == Some(TransportFault::ResponseTimeout);
            let kind = if slow { ErrorKind::Timeout } else { ErrorKind::InvalidResponse };
            error.into_kind(kind).retryable(true).with_detail("The site gave no readable answer to the login.")
        }
        ErrorKind::SiteFailed => error.retryable(true),
        _ => error,
    }
}
