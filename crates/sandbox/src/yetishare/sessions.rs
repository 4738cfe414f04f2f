//! The valid access tokens, and the counts of logins.

use std::collections::HashMap;

use jiff::Timestamp;

use super::options::Options;
use crate::clock::later;
use crate::random::random_text;

/// The length of an access token.
const TOKEN_LENGTH: usize = 128;

/// The valid tokens, and the successful and failed logins.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    tokens: HashMap<String, Token>,
    pub(crate) logins: usize,
    pub(crate) failed_logins: usize,
    failed_in_a_row: u32,
    locked_until: Option<Timestamp>,
    /// Whether the account's level has no access to the API.
    pub(crate) level_denied: bool,
}

/// A valid token.
#[derive(Debug)]
struct Token {
    issued: Timestamp,
    used: Option<Timestamp>,
}

impl Sessions {
    /// Removes the tokens that were not used for `token_ttl`, and those that were issued `token_life` ago.
    pub(crate) fn sweep(&mut self, options: &Options, now: Timestamp) {
        self.tokens.retain(|_, token| {
            // A token that was never used has no last use to expire from.
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

    pub(super) fn fail(&mut self, options: &Options, now: Timestamp) {
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

    pub(super) fn issue(&mut self, single: bool, now: Timestamp) -> String {
        if single {
            self.tokens.clear();
        }
        self.logins += 1;
        self.failed_in_a_row = 0;
        let token = random_text(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", TOKEN_LENGTH);
        self.tokens.insert(token.clone(), Token { issued: now, used: None });
        token
    }

    /// Records a use of a token, and returns whether it is valid.
    pub(super) fn use_token(&mut self, token: &str, now: Timestamp) -> bool {
        self.tokens.get_mut(token).map(|token| token.used = Some(now)).is_some()
    }

    pub(super) fn end(&mut self, token: &str) {
        self.tokens.remove(token);
    }
}
