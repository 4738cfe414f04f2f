//! Checks that calls of unsupported capabilities fail as `Unsupported` and send no request to the site.

use polyhost_domain::{Capability, ErrorKind};

use crate::attempts::{ATTEMPTS, Attempt, UnknownIds};
use crate::check::check;
use crate::{Check, Failure, Subject, expect};

pub(crate) const CHECKS: &[Check] =
    &[check!(an_unsupported_call_is_refused_without_a_request), check!(a_native_call_is_not_refused_as_unsupported)];

/// Every call that needs a capability which the profile lacks fails as `Unsupported`, and sends no request.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_unsupported_call_is_refused_without_a_request(subject: &Subject) -> Result<(), Failure> {
    let ids = UnknownIds::at(subject)?;
    for attempt in ATTEMPTS {
        let missing = missing(subject, attempt);
        // A lookup of several files may also be done one by one. A check in `files` covers that.
        if missing.is_empty() || missing == [Capability::FilesLookup] {
            continue;
        }
        let kinds: Vec<_> = missing.iter().map(|capability| ErrorKind::Unsupported(*capability)).collect();
        let answer = expect::silent(subject, attempt.doing, attempt.run(&*subject.provider, &ids)).await?;
        expect::one_of(answer, &kinds, attempt.doing)?;
    }
    Ok(())
}

/// No call fails as `Unsupported` if the profile has the capabilities that it needs.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_native_call_is_not_refused_as_unsupported(subject: &Subject) -> Result<(), Failure> {
    let ids = UnknownIds::at(subject)?;
    for attempt in ATTEMPTS.iter().filter(|attempt| missing(subject, attempt).is_empty()) {
        if let Err(error) = attempt.run(&*subject.provider, &ids).await {
            let refused = matches!(error.kind(), ErrorKind::Unsupported(_));
            expect::that(!refused, attempt.doing, "not to be unsupported", error.kind())?;
        }
    }
    Ok(())
}

fn missing(subject: &Subject, attempt: &Attempt) -> Vec<Capability> {
    attempt.needs.iter().copied().filter(|capability| !subject.can(*capability)).collect()
}
