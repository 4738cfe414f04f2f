//! The folder that a call moves or copies something into.

use super::call::Call;
use super::php;
use super::refusal::Refusal;
use super::site::Context;
use super::store::ROOT;

/// The folder that something is to be moved into: `null` is the root, and everything else a folder of the account.
pub(crate) fn destination(context: &mut Context<'_>, call: &Call, parameter: &str) -> Result<u64, Refusal> {
    match call.required(parameter)? {
        "null" => Ok(ROOT),
        folder => context
            .store
            .own_folder(php::id(folder))
            .map(|folder| folder.id)
            .map_err(|_| Refusal::no_such_destination(parameter)),
    }
}

/// The same where it is one of several things that may be edited: none if it is to stay where it is, which includes
/// every folder that is not the account's.
pub(crate) fn moved_to(context: &mut Context<'_>, folder: &str) -> Option<u64> {
    match folder {
        "" => None,
        "null" => Some(ROOT),
        folder => context.store.own_folder(php::id(folder)).ok().map(|folder| folder.id),
    }
}
