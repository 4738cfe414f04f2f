//! The end: a provider gives back what it holds at its site.

use crate::check::check;
use crate::{Check, Failure, Subject, expect};

/// Last of all, for what a provider does after its end is its own affair.
pub(crate) const CHECKS: &[Check] = &[check!(a_provider_can_be_closed_more_than_once)];

/// Closing has no answer. It must come to an end, also with credentials that never worked; and what was given back is
/// not given back again, so that the second time nothing is sent.
///
/// # Errors
/// What was otherwise.
pub async fn a_provider_can_be_closed_more_than_once(subject: &Subject) -> Result<(), Failure> {
    for provider in [&subject.provider, &subject.stranger] {
        provider.close().await;
        expect::silent(subject, "closing a second time", provider.close()).await?;
    }
    Ok(())
}
