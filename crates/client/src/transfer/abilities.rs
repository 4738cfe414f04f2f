//! The check that the accounts of a transfer have the capabilities that every file needs.

use std::collections::HashSet;

use super::Transfer;
use crate::failure::Failure;
use crate::location::Argument;
use crate::session::Session;

/// Checks the capabilities that every file needs, so that the reason is reported once.
///
/// # Errors
/// If an account lacks one, or the gateway cannot be reached or rejects the account.
pub(super) async fn check_abilities(session: &Session, transfer: &Transfer) -> Result<(), Failure> {
    let target = match &transfer.destination {
        Argument::Remote(location) => Some(location.account()),
        Argument::Local(_) => None,
    };
    let sources = transfer.sources.iter().filter_map(|source| match source {
        Argument::Remote(location) => Some(location.account()),
        Argument::Local(_) => None,
    });
    for account in sources.collect::<HashSet<_>>() {
        if target != Some(account) {
            session.require(account, "files.download", "send files to this machine").await?;
        } else if session.abilities(account).await?.lacks("files.copy") {
            session.require(account, "files.download", "copy files, or send them to this machine").await?;
        }
    }
    match target {
        Some(account) => session.require(account, "files.upload", "receive files").await,
        None => Ok(()),
    }
}
