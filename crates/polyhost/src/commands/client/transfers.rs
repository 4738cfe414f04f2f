//! The commands that transfer files and folders.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use polyhost_client::Argument;
use polyhost_client::transfer::{self, Checksum, Compare, Existing, Extras, Filter, Shape, Transfer};

use super::change::check_question;
use super::{CommandError, code, invalid, session};
use crate::cli::{Connection, Cp, Download, Sync, Transfers, Upload};

pub(super) async fn upload(options: Upload, connection: &Connection) -> Result<ExitCode, CommandError> {
    let (sources, destination) = split(&options.paths)?;
    if matches!(destination, Argument::Local(_)) {
        return Err(invalid(format!("the destination {destination} is on this machine; write ACCOUNT:/PATH")));
    }
    if let Some(source) = sources.iter().find(|source| matches!(source, Argument::Remote(_))) {
        return Err(invalid(format!("{source} is at an account; use \"polyhost cp\", or ./ for a path with a colon")));
    }
    let has_key = connection.key_file.as_deref() == Some(Path::new("-"));
    if has_key && sources.iter().any(Argument::is_standard_stream) {
        return Err(invalid("the key and the file cannot both come from the standard input"));
    }
    let transfer = Transfer {
        name: options.name,
        checksum: if options.checksum { Checksum::Declared } else { Checksum::Omitted },
        existing: existing(options.force),
        ..transfer_of(options.transfers, sources, destination)?
    };
    run(&transfer, connection).await
}

pub(super) async fn download(options: Download, connection: &Connection) -> Result<ExitCode, CommandError> {
    let mut sources = arguments(&options.paths)?;
    let destination = match sources.pop_if(|last| matches!(last, Argument::Local(_))) {
        Some(destination) => destination,
        None => Argument::Local(".".into()),
    };
    if let Some(source) = sources.iter().find(|source| matches!(source, Argument::Local(_))) {
        return Err(invalid(format!("{source} is on this machine; write ACCOUNT:/PATH or ACCOUNT:#ID")));
    }
    if sources.is_empty() {
        return Err(invalid(format!("{destination} is on this machine; write ACCOUNT:/PATH or ACCOUNT:#ID")));
    }
    check_output(&destination, connection)?;
    let transfer =
        Transfer { existing: existing(options.force), ..transfer_of(options.transfers, sources, destination)? };
    run(&transfer, connection).await
}

pub(super) async fn cp(options: Cp, connection: &Connection) -> Result<ExitCode, CommandError> {
    let (sources, destination) = split(&options.paths)?;
    check_output(&destination, connection)?;
    let transfer =
        Transfer { existing: existing(options.force), ..transfer_of(options.transfers, sources, destination)? };
    run(&transfer, connection).await
}

pub(super) async fn sync(options: Sync, connection: &Connection) -> Result<ExitCode, CommandError> {
    let paths = arguments(&[options.source, options.destination])?;
    let [source, destination] = <[Argument; 2]>::try_from(paths).map_err(|_| invalid("two folders are needed"))?;
    let dry_run = options.transfers.dry_run;
    if options.yes && !options.delete {
        return Err(invalid("--yes is only for --delete"));
    }
    check_question(!options.delete || options.yes || dry_run, "sync --delete")?;
    let transfer = Transfer {
        shape: Shape::Folder,
        existing: Existing::Replace,
        extras: match (options.delete, options.yes) {
            (false, _) => Extras::Keep,
            (true, false) => Extras::Ask,
            (true, true) => Extras::Delete,
        },
        delete_all: options.delete_all,
        ..transfer_of(options.transfers, vec![source], destination)?
    };
    run(&transfer, connection).await
}

/// Rejects lines of JSON among the bytes of a file.
fn check_output(destination: &Argument, connection: &Connection) -> Result<(), CommandError> {
    if destination.is_standard_stream() && connection.form.json {
        return Err(invalid("--json cannot be combined with the standard output"));
    }
    Ok(())
}

async fn run(transfer: &Transfer, connection: &Connection) -> Result<ExitCode, CommandError> {
    if let Some(fault) = transfer.fault() {
        return Err(invalid(fault));
    }
    Ok(code(transfer::run(&session(connection)?, transfer).await))
}

/// Creates a transfer with the common options.
fn transfer_of(options: Transfers, sources: Vec<Argument>, destination: Argument) -> Result<Transfer, CommandError> {
    let Transfers { selection, size_only, dry_run, jobs } = options;
    Ok(Transfer {
        filter: Filter::new(selection.include, selection.exclude).map_err(invalid)?,
        comparison: if size_only { Compare::SizeOnly } else { Compare::Digests },
        dry_run,
        jobs: jobs.into(),
        ..Transfer::new(sources, destination)
    })
}

fn existing(force: bool) -> Existing {
    if force { Existing::Force } else { Existing::Keep }
}

/// Splits the paths into the sources and the destination.
fn split(paths: &[OsString]) -> Result<(Vec<Argument>, Argument), CommandError> {
    let mut paths = arguments(paths)?;
    match paths.pop() {
        Some(destination) if !paths.is_empty() => Ok((paths, destination)),
        _ => Err(invalid("the destination is missing; sources come first, the destination last")),
    }
}

fn arguments(paths: &[OsString]) -> Result<Vec<Argument>, CommandError> {
    paths.iter().map(|path| Argument::parse(path).map_err(invalid)).collect()
}
