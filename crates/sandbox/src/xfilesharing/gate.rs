//! The checks before a function runs, in the site's order: key form, key, API for this account, special functions,
//! unknown function, day limit, minute limit.

use jiff::Timestamp;

use super::dates;
use super::flavours::{Api, Flavour, KeyErrors, LimitAnswer, OffWords, UnknownFunction};
use super::options::Options;
use super::refusal::Refusal;
use super::site::Context;
use crate::clock::later;
use crate::parameters::Parameters;

/// The counters of the checks.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    failed_keys: u32,
    locked_until: Option<Timestamp>,
    /// The number of each period, with the calls in it.
    second: (i64, u32),
    minute: (i64, u32),
    day: (i64, u32),
}

impl Gate {
    /// Returns the number of calls that the limits still allow, if there are any.
    pub(crate) fn left(&self, options: &Options) -> Option<u32> {
        let minute = options.per_minute.map(|limit| limit.saturating_sub(self.minute.1));
        let day = options.per_day.map(|limit| limit.saturating_sub(self.day.1));
        [minute, day].into_iter().flatten().min()
    }
}

/// Checks a call of a function. `is_known` is whether the site has the function.
pub(crate) fn check(
    context: &mut Context<'_>,
    name: &str,
    is_known: bool,
    parameters: &Parameters,
) -> Result<(), Refusal> {
    check_lock(context)?;
    let key = parameters.optional("key").or_else(|| parameters.optional("api_key"));
    let checked = check_key(context.options, key.unwrap_or_default());
    count_failure(context, checked.is_err());
    checked?;
    if context.options.api == Api::NotForAccount {
        return Err(Refusal::api_not_enabled());
    }
    let off = context.store.off.get(name).copied();
    let is_special = |words: &OffWords| matches!(words, OffWords::PremiumOnly | OffWords::SpecialNotEnabled);
    if let Some(words) = off.filter(is_special) {
        return Err(Refusal::switched_off(words));
    }
    if !is_known && context.options.unknown_function == UnknownFunction::InvalidOperation {
        return Err(Refusal::invalid_operation());
    }
    count_call(context)?;
    off.map_or(Ok(()), |words| Err(Refusal::switched_off(words)))
}

/// Checks a key in a call or in the form of an upload.
pub(crate) fn check_key(options: &Options, key: &str) -> Result<(), Refusal> {
    let is_right = key == options.key && options.api != Api::Off;
    match options.key_errors {
        _ if is_right => Ok(()),
        KeyErrors::InvalidKey => Err(Refusal::invalid_key()),
        KeyErrors::AuthenticationFailed => Err(Refusal::authentication_failed()),
        KeyErrors::ByForm if !has_form_of_key(key) => Err(Refusal::invalid_key()),
        KeyErrors::ByForm if options.flavour == Flavour::Dood => Err(Refusal::wrong_auth("Wrong Auth")),
        KeyErrors::ByForm => Err(Refusal::wrong_auth("Wrong auth")),
    }
}

/// Returns whether a key is a number followed by 16 word characters.
fn has_form_of_key(key: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let split = key.len().checked_sub(16).and_then(|at| key.split_at_checked(at));
    split.is_some_and(|(user, rest)| {
        !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_digit()) && rest.bytes().all(is_word)
    })
}

fn check_lock(context: &mut Context<'_>) -> Result<(), Refusal> {
    let Some(until) = context.store.gate.locked_until else { return Ok(()) };
    let left = until.duration_since(context.now).as_secs();
    if left > 0 {
        return Err(Refusal::locked_out(left.unsigned_abs().div_ceil(60)));
    }
    context.store.gate.locked_until = None;
    Ok(())
}

fn count_failure(context: &mut Context<'_>, is_failure: bool) {
    let gate = &mut context.store.gate;
    gate.failed_keys = if is_failure { gate.failed_keys + 1 } else { 0 };
    if context.options.failed_keys_until_locked.is_some_and(|most| gate.failed_keys >= most) {
        gate.failed_keys = 0;
        gate.locked_until = Some(later(context.now, context.options.lock_duration));
    }
}

/// Counts a call towards the limits. Refused calls do not count.
fn count_call(context: &mut Context<'_>) -> Result<(), Refusal> {
    let (options, now) = (context.options, context.now);
    let gate = &mut context.store.gate;
    let second = now.as_second();
    renew(&mut gate.day, dates::day(options, now));
    renew(&mut gate.minute, second.div_euclid(60));
    renew(&mut gate.second, second);
    let is_reached = |limit: Option<u32>, count: u32| limit.filter(|limit| count >= *limit);
    let reached = is_reached(options.per_day, gate.day.1)
        .map(|limit| (limit, "day"))
        .or_else(|| is_reached(options.per_minute, gate.minute.1).map(|limit| (limit, "min")))
        .or_else(|| is_reached(options.per_second, gate.second.1).map(|limit| (limit, "sec")));
    if let Some((limit, period)) = reached {
        return Err(match options.limit_answer {
            LimitAnswer::Forbidden => Refusal::limit_reached(limit, period),
            LimitAnswer::Text => Refusal::too_many_as_text(),
            LimitAnswer::Number => Refusal::too_many(),
            LimitAnswer::Http => Refusal::too_many().with_http(429),
        });
    }
    for count in [&mut gate.second.1, &mut gate.minute.1, &mut gate.day.1] {
        *count += 1;
    }
    Ok(())
}

fn renew(period: &mut (i64, u32), number: i64) {
    if period.0 != number {
        *period = (number, 0);
    }
}
