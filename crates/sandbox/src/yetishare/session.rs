//! `authorize`, `disable_access_token`, and the checks before every other call.

use serde_json::json;

use super::call::Call;
use super::options::{AuthMode, Options};
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::site::Context;

/// The length of each of the two keys.
const KEY_LENGTH: usize = 64;

/// The check before a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Nothing.
    Open,
    /// The token, and then whether the account is that of the token.
    Token,
    /// The token and the account in one step.
    TokenAndAccount,
}

/// `authorize`. A login with wrong credentials counts as failed. One without credentials does not.
pub(crate) fn authorize(context: &mut Context<'_>, call: &Call) -> Answer {
    let (options, sessions) = (context.options, &mut context.store.sessions);
    let (is_right, with) = compare(options, call)?;
    if !is_right || sessions.is_locked(context.now) {
        sessions.fail(options, context.now);
        return Err(Refusal::wrong_credentials(with));
    }
    if sessions.level_denied {
        return Err(Refusal::level_denied());
    }
    let token = sessions.issue(options.single_token, context.now);
    Ok(Success::data(json!({"access_token": token, "account_id": options.number(super::ACCOUNT)})))
}

/// Returns whether the credentials are right, and the site's name for their kind.
fn compare(options: &Options, call: &Call) -> Result<(bool, &'static str), Refusal> {
    let login = &options.login;
    match options.auth {
        AuthMode::Keys => {
            let (key1, key2) = (key(call, "key1")?, key(call, "key2")?);
            Ok((key1 == login.key1 && key2 == login.key2, "key pair"))
        }
        AuthMode::Password => {
            let name = call.optional("username").ok_or_else(|| Refusal::no_login_name("username"))?;
            let password = call.optional("password").ok_or_else(|| Refusal::no_login_name("password"))?;
            Ok((name == login.username && password == login.password, "username and password"))
        }
    }
}

fn key<'a>(call: &'a Call, name: &str) -> Result<&'a str, Refusal> {
    let key = call.text(name);
    if key.len() == KEY_LENGTH { Ok(key) } else { Err(Refusal::key_length(name)) }
}

/// `disable_access_token`.
pub(crate) fn disable(context: &mut Context<'_>, call: &Call) -> Answer {
    context.store.sessions.end(call.text("access_token"));
    Ok(Success::message("Token removed or no longer available."))
}

/// Runs the checks before a call, in the script's order.
pub(crate) fn check(context: &mut Context<'_>, guard: Guard, call: &Call) -> Result<(), Refusal> {
    if guard == Guard::Open {
        return Ok(());
    }
    let token = call.required("access_token")?;
    if guard == Guard::Token && !context.store.sessions.use_token(token, context.now) {
        return Err(Refusal::invalid_token());
    }
    call.required("account_id")?;
    let is_the_tokens = call.id("account_id") == super::ACCOUNT && context.store.sessions.use_token(token, context.now);
    if is_the_tokens { Ok(()) } else { Err(Refusal::invalid_token_and_account()) }
}
