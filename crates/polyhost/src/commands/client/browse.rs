//! The commands that show what accounts contain.

use std::process::ExitCode;

use polyhost_client::Session;
use polyhost_client::transfer;
use polyhost_client::verbs::link::{self, Address};
use polyhost_client::verbs::ls::{self, Depth, Form};
use polyhost_client::verbs::{stat, tree, usage};

use super::{CommandError, code, invalid, location, locations, session};
use crate::cli::{Cat, Connection, Link, Ls, Open, Stat, Tree, Usage};

pub(super) async fn ls(options: &Ls, session: &Session) -> Result<ExitCode, CommandError> {
    let listing = ls::Ls {
        locations: locations(&options.locations)?,
        depth: if options.recursive { Depth::Everything } else { Depth::Folder },
        form: match (options.long, options.ids) {
            (true, _) => Form::Long,
            (false, true) => Form::Ids,
            (false, false) => Form::Short,
        },
    };
    Ok(code(ls::run(session, &listing).await))
}

pub(super) async fn tree(options: &Tree, session: &Session) -> Result<ExitCode, CommandError> {
    let tree = tree::Tree {
        location: location(&options.location)?,
        levels: options.levels.and_then(|levels| usize::try_from(levels).ok()),
        with_ids: options.ids,
    };
    Ok(code(tree::run(session, &tree).await))
}

pub(super) async fn stat(options: &Stat, session: &Session) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    Ok(code(stat::run(session, &locations).await))
}

pub(super) async fn usage(options: &Usage, session: &Session) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    Ok(code(usage::run(session, &locations).await))
}

pub(super) async fn cat(options: &Cat, connection: &Connection) -> Result<ExitCode, CommandError> {
    if connection.form.json {
        return Err(invalid("cat writes the files themselves, so --json is not possible"));
    }
    let locations = locations(&options.locations)?;
    Ok(code(transfer::cat(&session(connection)?, &locations).await))
}

pub(super) async fn link(options: &Link, session: &Session) -> Result<ExitCode, CommandError> {
    let locations = locations(&options.locations)?;
    let address = match (options.download, options.embed) {
        (true, _) => Address::Download,
        (false, true) => Address::Embed,
        (false, false) => Address::Page,
    };
    Ok(code(link::run(session, &locations, address).await))
}

pub(super) async fn open(options: &Open, session: &Session) -> Result<ExitCode, CommandError> {
    let location = location(&options.location)?;
    Ok(code(link::open_page(session, &location).await))
}
