//! The commands that show what accounts contain.

use std::process::ExitCode;

use polyhost_client::transfer;
use polyhost_client::verbs::link::{self, Address};
use polyhost_client::verbs::ls::{self, Depth, Form};
use polyhost_client::verbs::{stat, tree, usage, whoami};

use super::{CommandError, code, invalid, location, locations, session};
use crate::cli::{Cat, Link, Ls, Open, Stat, Tree, Usage, Whoami};

pub(super) async fn whoami(options: &Whoami) -> Result<ExitCode, CommandError> {
    Ok(code(whoami::run(&session(&options.connection)?).await))
}

pub(super) async fn ls(options: &Ls) -> Result<ExitCode, CommandError> {
    let listing = ls::Ls {
        locations: locations(&options.locations)?,
        depth: if options.recursive { Depth::Everything } else { Depth::Folder },
        form: match (options.long, options.ids) {
            (true, _) => Form::Long,
            (false, true) => Form::Ids,
            (false, false) => Form::Short,
        },
    };
    Ok(code(ls::run(&session(&options.connection)?, &listing).await))
}

pub(super) async fn tree(options: &Tree) -> Result<ExitCode, CommandError> {
    let tree = tree::Tree {
        location: location(&options.location)?,
        levels: options.levels.and_then(|levels| usize::try_from(levels).ok()),
        with_ids: options.ids,
    };
    Ok(code(tree::run(&session(&options.connection)?, &tree).await))
}

pub(super) async fn stat(options: &Stat) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    Ok(code(stat::run(&session(&options.connection)?, &locations).await))
}

pub(super) async fn usage(options: &Usage) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    Ok(code(usage::run(&session(&options.connection)?, &locations).await))
}

pub(super) async fn cat(options: &Cat) -> Result<ExitCode, CommandError> {
    if options.connection.json {
        return Err(invalid("cat writes the files themselves, so --json is not possible"));
    }
    let locations = locations(&options.locations)?;
    Ok(code(transfer::cat(&session(&options.connection)?, &locations).await))
}

pub(super) async fn link(options: &Link) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    let address = match (options.download, options.embed) {
        (true, _) => Address::Download,
        (false, true) => Address::Embed,
        (false, false) => Address::Page,
    };
    Ok(code(link::run(&session(&options.connection)?, &locations, address).await))
}

pub(super) async fn open(options: &Open) -> Result<ExitCode, CommandError> {
    let location = location(&options.location)?;
    Ok(code(link::open_page(&session(&options.connection)?, &location).await))
}
