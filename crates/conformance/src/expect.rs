//! Assertions that return a [`Failure`] instead of panicking.

use std::fmt::Debug;

use jiff::Timestamp;
use polyhost_domain::{AccountName, Error, ErrorKind, ProviderId};

use crate::{Failure, Subject};

/// Returns the value, or a failure if the result is an error.
pub(crate) fn ok<T>(result: Result<T, Error>, doing: &str) -> Result<T, Failure> {
    result.map_err(|error| Failure::new(doing, "success", describe(&error)))
}

/// Expects an error of this kind.
pub(crate) fn kind<T>(result: Result<T, Error>, kind: ErrorKind, doing: &str) -> Result<(), Failure> {
    one_of(result, &[kind], doing)
}

/// Expects an error of one of these kinds.
pub(crate) fn one_of<T>(result: Result<T, Error>, kinds: &[ErrorKind], doing: &str) -> Result<(), Failure> {
    let expected = || kinds.iter().map(|kind| format!("{kind:?}")).collect::<Vec<_>>().join(" or ");
    match result {
        Ok(_) => Err(Failure::new(doing, expected(), "success")),
        Err(error) if kinds.contains(&error.kind()) => Ok(()),
        Err(error) => Err(Failure::new(doing, expected(), describe(&error))),
    }
}

/// Expects two values to be equal.
pub(crate) fn equal<T: PartialEq + Debug>(got: &T, expected: &T, what: &str) -> Result<(), Failure> {
    if got == expected { Ok(()) } else { Err(Failure::new(what, format!("{expected:?}"), format!("{got:?}"))) }
}

/// Expects a condition to hold.
pub(crate) fn that(holds: bool, what: &str, expected: &str, got: impl Debug) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::new(what, expected, format!("{got:?}"))) }
}

/// Returns the value, or a failure if there is none.
pub(crate) fn some<T>(value: Option<T>, what: &str) -> Result<T, Failure> {
    value.ok_or_else(|| Failure::new(what, "a value", "none"))
}

/// Expects an object to have the account and provider of the subject.
pub(crate) fn origin(
    subject: &Subject,
    account: &AccountName,
    provider: &ProviderId,
    what: &str,
) -> Result<(), Failure> {
    let origin = &subject.provider.profile().origin;
    equal(account, &origin.account, &format!("the account of {what}"))?;
    equal(provider, &origin.provider, &format!("the provider of {what}"))
}

/// Expects a time, if there is one, to be plausible for a hosting site.
pub(crate) fn time(time: Option<Timestamp>, what: &str) -> Result<(), Failure> {
    // From 2000-01-01 until 2100-01-01. A time that was read in the wrong unit is outside.
    let plausible = |time: &Timestamp| (946_684_800..4_102_444_800).contains(&time.as_second());
    that(time.as_ref().is_none_or(plausible), what, "a time of this century", time)
}

/// Expects a percentage, if there is one, to be between 0 and 100.
pub(crate) fn percentage(percent: Option<f64>, what: &str) -> Result<(), Failure> {
    that(percent.is_none_or(|percent| (0.0..=100.0).contains(&percent)), what, "0 to 100", percent)
}

/// Runs an action and expects that it sends no request to the site.
pub(crate) async fn silent<T>(subject: &Subject, doing: &str, action: impl Future<Output = T>) -> Result<T, Failure> {
    let before = subject.site.requests().await;
    let outcome = action.await;
    let sent = subject.site.requests().await.saturating_sub(before);
    that(sent == 0, doing, "no request to the site", format!("{sent} requests"))?;
    Ok(outcome)
}

/// Returns an error as the text of a failure.
fn describe(error: &Error) -> String {
    format!("the error {:?}: {error}", error.kind())
}
