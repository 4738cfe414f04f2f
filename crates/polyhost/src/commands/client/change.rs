//! The commands that change single files and folders.

use std::process::ExitCode;

use polyhost_client::Session;
use polyhost_client::verbs::{can_ask, change, rm};

use super::{CommandError, code, invalid, locations};
use crate::cli::{Mkdir, Mv, Rm};

pub(super) async fn mkdir(options: &Mkdir, session: &Session) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    Ok(code(change::mkdir(session, &locations, options.parents).await))
}

pub(super) async fn mv(options: &Mv, session: &Session) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    let Some((destination, sources @ [_, ..])) = locations.split_last() else {
        return Err(invalid("the destination is missing"));
    };
    if let Some(source) = sources.iter().find(|source| source.account() != destination.account()) {
        let advice = format!("use \"polyhost cp\" and then \"polyhost rm {source}\"");
        return Err(invalid(format!("mv moves objects within one account; {advice}")));
    }
    Ok(code(change::mv(session, sources, destination).await))
}

pub(super) async fn rm(options: &Rm, session: &Session) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    if let Some(root) = locations.iter().find(|location| location.is_root()) {
        return Err(invalid(format!("{root} is the root folder, which cannot be deleted")));
    }
    check_question(options.yes || options.dry_run, "rm")?;
    let removal = rm::Removal { locations, recursive: options.recursive, asks: !options.yes, dry_run: options.dry_run };
    Ok(code(rm::run(session, &removal).await))
}

/// Checks that a command that asks before it deletes runs on a terminal.
pub(super) fn check_question(agreed: bool, command: &str) -> Result<(), CommandError> {
    if agreed || can_ask() {
        return Ok(());
    }
    Err(invalid(format!("{command} asks before it deletes, and there is no terminal; use --yes")))
}
