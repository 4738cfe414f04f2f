//! The check of `close`: a provider ends its session at the site.

use crate::check::check;
use crate::{Check, Failure, Subject, expect};

/// These checks run last, because the trait does not define the behaviour of a provider after it was closed.
pub(crate) const CHECKS: &[Check] = &[check!(a_provider_can_be_closed_more_than_once)];

/// `close` returns nothing and must finish, also with credentials that never worked. A second call sends no request,
/// because the session has ended already.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_provider_can_be_closed_more_than_once(subject: &Subject) -> Result<(), Failure> {
    for provider in [&subject.provider, &subject.stranger] {
        provider.close().await;
        expect::silent(subject, "closing a second time", provider.close()).await?;
    }
    Ok(())
}
