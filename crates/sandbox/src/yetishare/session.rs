//! `authorize`, `disable_access_token`, and what every other call is checked for first.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;

use super::call::Call;
use super::options::{AuthMode, Options};
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::site::Context;
use crate::clock::later;

/// How long an access token is.
const TOKEN_LENGTH: usize = 128;

/// How long each of the two keys is.
const KEY_LENGTH: usize = 64;

/// Who is logged in, and who failed to.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    tokens: HashMap<String, Token>,
    pub(crate) logins: usize,
    pub(crate) failed_logins: usize,
    failed_in_a_row: u32,
    locked_until: Option<Timestamp>,
    /// Whether the account's level is refused the API.
    pub(crate) level_denied: bool,
}

/// A live token.
#[derive(Debug)]
struct Token {
    issued: Timestamp,
    used: Option<Timestamp>,
}

/// What a call is checked for before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// Nothing.
    Open,
    /// The token, and then whether the account is the token's.
    Token,
    /// The token and the account at once.
    TokenAndAccount,
}

impl Sessions {
    /// Ends the tokens that were not used for `token_ttl`, and those that were issued `token_life` ago.
    pub(crate) fn sweep(&mut self, options: &Options, now: Timestamp) {
        self.tokens.retain(|_, token| {
            // A token that was never used has no last use that could be long ago.
            let is_in_use = token.used.is_none_or(|used| later(used, options.token_ttl) >= now);
            is_in_use && options.token_life.is_none_or(|life| later(token.issued, life) > now)
        });
    }

    pub(crate) fn kill_tokens(&mut self) {
        self.tokens.clear();
    }

    pub(crate) fn live_tokens(&self) -> usize {
        self.tokens.len()
    }

    pub(crate) fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    fn fail(&mut self, options: &Options, now: Timestamp) {
        self.failed_logins += 1;
        if self.is_locked(now) {
            return;
        }
        self.failed_in_a_row += 1;
        if self.failed_in_a_row >= options.failed_logins_until_locked {
            self.failed_in_a_row = 0;
            self.locked_until = Some(later(now, options.lock_duration));
        }
    }

    fn issue(&mut self, single: bool, now: Timestamp) -> String {
        if single {
            self.tokens.clear();
        }
        self.logins += 1;
        self.failed_in_a_row = 0;
        let token = random_text(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", TOKEN_LENGTH);
        self.tokens.insert(token.clone(), Token { issued: now, used: None });
        token
    }

    /// Notes that a token is used, and says whether it lives.
    fn uses(&mut self, token: &str, now: Timestamp) -> bool {
        self.tokens.get_mut(token).map(|token| token.used = Some(now)).is_some()
    }
}

/// `authorize`. A login that fails for its credentials is counted, one that lacks them is not.
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

/// Whether the credentials are the account's, and what they are called.
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
    context.store.sessions.tokens.remove(call.text("access_token"));
    Ok(Success::told("Token removed or no longer available."))
}

/// The checks before a call, in the script's order.
pub(crate) fn check(context: &mut Context<'_>, guard: Guard, call: &Call) -> Result<(), Refusal> {
    if guard == Guard::Open {
        return Ok(());
    }
    let token = call.required("access_token")?;
    if guard == Guard::Token && !context.store.sessions.uses(token, context.now) {
        return Err(Refusal::invalid_token());
    }
    call.required("account_id")?;
    let is_the_tokens = call.id("account_id") == super::ACCOUNT && context.store.sessions.uses(token, context.now);
    if is_the_tokens { Ok(()) } else { Err(Refusal::invalid_token_and_account()) }
}

/// A text of so many of these letters that nobody has seen before.
pub(crate) fn random_text(letters: &[u8], length: usize) -> String {
    let letter = || letters.get(rand::random_range(0..letters.len())).copied().map_or('0', char::from);
    std::iter::repeat_with(letter).take(length).collect()
}
