//! `polyhost upload`, `polyhost download` and `polyhost ls`: commands that call a gateway.

use std::fmt::Display;
use std::path::Path;
use std::process::ExitCode;

use polyhost_client::download::{self, Downloads, Existing, Place};
use polyhost_client::listing::{self, Depth, Form, Listing};
use polyhost_client::upload::{self, Checksum, Uploads};
use polyhost_client::{ApiKey, Exit, Gateway, Interrupt, Output};

use super::CommandError;
use crate::cli::{Connection, Download, Ls, Transfers, Upload};

pub(super) async fn upload(options: Upload) -> Result<ExitCode, CommandError> {
    let uploads = Uploads {
        files: options.files,
        account: options.account,
        folder: options.folder,
        name: options.name,
        jobs: options.transfers.jobs.into(),
        checksum: if options.checksum { Checksum::Declared } else { Checksum::Omitted },
    };
    check(uploads.fault())?;
    let (gateway, output) = (connect(&options.connection)?, output(&options.transfers));
    Ok(code(upload::run(&gateway, &uploads, output, &interrupt()?).await))
}

pub(super) async fn download(options: Download) -> Result<ExitCode, CommandError> {
    let place = match options.output {
        Some(path) if path == Path::new("-") => Place::StandardOutput,
        Some(path) => Place::File(path),
        None => Place::Directory(options.directory),
    };
    let downloads = Downloads {
        ids: options.ids,
        account: options.account,
        place,
        jobs: options.transfers.jobs.into(),
        existing: if options.force { Existing::Replace } else { Existing::Keep },
    };
    let (gateway, output) = (connect(&options.connection)?, output(&options.transfers));
    check(downloads.fault(output))?;
    Ok(code(download::run(&gateway, &downloads, output, &interrupt()?).await))
}

pub(super) async fn ls(options: Ls) -> Result<ExitCode, CommandError> {
    let listing = Listing {
        account: options.account,
        folder: options.folder,
        depth: if options.recursive { Depth::Everything } else { Depth::Folder },
        form: match (options.json, options.long) {
            (true, _) => Form::Json,
            (false, true) => Form::Long,
            (false, false) => Form::Short,
        },
    };
    let gateway = connect(&options.connection)?;
    Ok(code(listing::run(&gateway, &listing, &interrupt()?).await))
}

fn connect(connection: &Connection) -> Result<Gateway, CommandError> {
    let key = ApiKey::find(connection.key_file.as_deref()).map_err(invalid)?;
    Gateway::new(&connection.server, key).map_err(invalid)
}

fn output(transfers: &Transfers) -> Output {
    match (transfers.json, transfers.quiet) {
        (true, _) => Output::Json,
        (false, true) => Output::Quiet,
        (false, false) => Output::People,
    }
}

fn interrupt() -> Result<Interrupt, CommandError> {
    Interrupt::listen().map_err(|error| CommandError::failed("cannot listen for signals", error))
}

fn check(fault: Option<&str>) -> Result<(), CommandError> {
    fault.map_or(Ok(()), |fault| Err(invalid(fault)))
}

/// Creates the error for an invalid command line. It has the same exit code as an invalid configuration.
fn invalid(fault: impl Display) -> CommandError {
    CommandError::Configuration(vec![format!("error: {fault}")])
}

fn code(exit: Exit) -> ExitCode {
    ExitCode::from(exit.code())
}
