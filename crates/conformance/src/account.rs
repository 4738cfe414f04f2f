//! Checks of the profile (known without a request) and of the account: identity, rejected credentials, limits.

use polyhost_domain::{Capability, ErrorKind, Support};

use crate::check::check;
use crate::{Check, Failure, Subject, expect};

pub(crate) const CHECKS: &[Check] = &[
    check!(a_profile_is_known_without_a_request),
    check!(a_profile_never_says_emulated),
    check!(an_account_has_an_identity, AccountRead),
    check!(an_account_with_wrong_credentials_is_rejected, AccountRead),
    check!(a_limit_is_never_zero, AccountLimits),
];

/// Reading the profile sends no request, and its values are plausible.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_profile_is_known_without_a_request(subject: &Subject) -> Result<(), Failure> {
    let profile = expect::silent(subject, "the profile", async { subject.provider.profile() }).await?;
    expect::that(profile.max_batch > 0, "max_batch of the profile", "at least 1", profile.max_batch)?;
    let scheme = profile.base_url.scheme();
    expect::that(matches!(scheme, "http" | "https"), "the scheme of the profile's base URL", "http or https", scheme)?;
    let other_provider = &subject.stranger.profile().origin.provider;
    expect::equal(other_provider, &profile.origin.provider, "the provider of the stranger")
}

/// A profile calls each capability native or unsupported. The engine, not an adapter, emulates capabilities.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_profile_never_says_emulated(subject: &Subject) -> Result<(), Failure> {
    let capabilities = &subject.provider.profile().capabilities;
    for capability in Capability::ALL {
        let support = capabilities.support(*capability);
        expect::that(support != Support::Emulated, capability.as_str(), "Native or Unsupported", support)?;
    }
    Ok(())
}

/// The account has the configured account and provider names, an identity, and plausible times.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_account_has_an_identity(subject: &Subject) -> Result<(), Failure> {
    let account = expect::ok(subject.provider.account().await, "reading the account")?;
    expect::origin(subject, &account.name, &account.provider, "the account")?;
    expect::equal(&account.dialect, &subject.provider.profile().dialect, "the dialect of the account")?;
    let names = [&account.id, &account.username, &account.email];
    expect::that(
        names.iter().any(|name| name.is_some()),
        "the account",
        "an id, a user name or an email address",
        names,
    )?;
    expect::time(account.created_at, "the account's created_at")?;
    expect::time(account.last_login_at, "the account's last_login_at")?;
    expect::time(account.paid_until, "the account's paid_until")
}

/// Unknown credentials fail as `CredentialsRejected`.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn an_account_with_wrong_credentials_is_rejected(subject: &Subject) -> Result<(), Failure> {
    let answer = subject.stranger.account().await;
    expect::kind(answer, ErrorKind::CredentialsRejected, "reading the account with wrong credentials")
}

/// A site's limit of 0 means "no limit": the adapter returns `None` for it, never 0.
///
/// # Errors
/// The first expectation that does not hold.
pub async fn a_limit_is_never_zero(subject: &Subject) -> Result<(), Failure> {
    let limits = expect::ok(subject.provider.limits().await, "reading the limits")?;
    let numbers = [
        ("max_upload_bytes", limits.max_upload_bytes),
        ("max_storage_bytes", limits.max_storage_bytes),
        ("max_concurrent_uploads", limits.max_concurrent_uploads),
        ("max_concurrent_downloads", limits.max_concurrent_downloads),
        ("max_downloads_per_day", limits.max_downloads_per_day),
        ("max_download_bytes_per_day", limits.max_download_bytes_per_day),
        ("max_download_file_bytes", limits.max_download_file_bytes),
        ("max_remote_uploads", limits.max_remote_uploads),
        ("download_bytes_per_second", limits.download_bytes_per_second),
        ("wait_seconds_between_downloads", limits.wait_seconds_between_downloads),
        ("inactive_file_days", limits.inactive_file_days),
    ];
    for (name, limit) in numbers {
        expect::that(limit != Some(0), name, "a limit above 0, or no limit", limit)?;
    }
    Ok(())
}
