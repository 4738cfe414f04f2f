//! The target folder of a move or copy.

use super::call::Call;
use super::php;
use super::refusal::Refusal;
use super::site::Context;
use super::store::ROOT;

/// Returns the folder that a call names as its target. `null` is the root. Everything else must be a folder of the
/// account.
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

/// Returns the new folder for an edit, or `None` if the object stays where it is. That is the case for an empty
/// parameter and for a folder that is not the account's.
pub(crate) fn new_folder(context: &mut Context<'_>, folder: &str) -> Option<u64> {
    match folder {
        "" => None,
        "null" => Some(ROOT),
        folder => context.store.own_folder(php::id(folder)).ok().map(|folder| folder.id),
    }
}
