//! What a profile calls unsupported is refused in those words, and the site never hears of it.

use polyhost_domain::{Capability, ErrorKind};

use crate::attempts::{ATTEMPTS, Attempt, Nobody};
use crate::check::check;
use crate::{Check, Failure, Subject, expect};

pub(crate) const CHECKS: &[Check] =
    &[check!(what_is_unsupported_is_refused_without_a_request), check!(what_is_native_is_not_refused_as_unsupported)];

/// Every call that uses a capability which the profile lacks is refused as that, and sends nothing.
///
/// # Errors
/// What was otherwise.
pub async fn what_is_unsupported_is_refused_without_a_request(subject: &Subject) -> Result<(), Failure> {
    let nobody = Nobody::at(subject)?;
    for attempt in ATTEMPTS {
        let lacking = lacking(subject, attempt);
        // A lookup of several files may also be done one by one; that is a check among those of the files.
        if lacking.is_empty() || lacking == [Capability::FilesLookup] {
            continue;
        }
        let kinds: Vec<_> = lacking.iter().map(|capability| ErrorKind::Unsupported(*capability)).collect();
        let answer = expect::silent(subject, attempt.doing, attempt.run(&*subject.provider, &nobody)).await?;
        expect::one_of(answer, &kinds, attempt.doing)?;
    }
    Ok(())
}

/// No call is refused as unsupported of which the profile says that it can be made.
///
/// # Errors
/// What was otherwise.
pub async fn what_is_native_is_not_refused_as_unsupported(subject: &Subject) -> Result<(), Failure> {
    let nobody = Nobody::at(subject)?;
    for attempt in ATTEMPTS.iter().filter(|attempt| lacking(subject, attempt).is_empty()) {
        if let Err(error) = attempt.run(&*subject.provider, &nobody).await {
            let refused = matches!(error.kind(), ErrorKind::Unsupported(_));
            expect::that(!refused, attempt.doing, "not to be unsupported", error.kind())?;
        }
    }
    Ok(())
}

fn lacking(subject: &Subject, attempt: &Attempt) -> Vec<Capability> {
    attempt.needs.iter().copied().filter(|capability| !subject.can(*capability)).collect()
}
