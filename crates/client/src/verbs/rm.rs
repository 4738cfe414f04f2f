//! `polyhost rm`: deletes files, and folders with their content.

use std::sync::Arc;

use serde_json::{Value, json};

use super::change::delete;
use super::confirm::confirm;
use super::usage;
use crate::display::{escaped, size};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::item::{Item, Kind};
use crate::location::Location;
use crate::report::Subject;
use crate::session::Session;
use crate::tree::{File, Folder, Object, Prefer, find};
use crate::walk::Walk;

/// The options of `polyhost rm`.
#[derive(Debug, Clone)]
pub struct Removal {
    /// The files and folders.
    pub locations: Vec<Location>,
    /// Whether folders may be deleted, with their content.
    pub recursive: bool,
    /// Whether the user is asked first.
    pub asks: bool,
    /// Whether nothing is deleted.
    pub dry_run: bool,
}

/// Runs `polyhost rm`.
pub async fn run(session: &Session, options: &Removal) -> Exit {
    session.gateway.read_anew();
    session.each(&options.locations, async |location| remove(session, location, options).await).await
}

async fn remove(session: &Session, location: &Location, options: &Removal) -> Result<(), Failure> {
    let object = find(&session.gateway, location, Prefer::Neither).await?;
    if let Object::Folder(folder) = &object
        && !options.recursive
    {
        let detail = format!("{} is a folder. Use --recursive to delete it with its content.", folder.path);
        return Err(Failure::from_client("is_a_folder", "Nothing was deleted", detail));
    }
    if options.dry_run {
        return preview(session, &object).await;
    }
    if options.asks {
        confirm(question(session, &object).await?).await?;
    }
    delete(session, &object).await?;
    let subject = Subject { id: object.id().map(str::to_owned), path: Some(object.path().to_owned()) };
    session.report.succeeded(
        &subject,
        &[("deleted", json!(true))],
        Some(&format!("deleted {}", escaped(object.path()))),
    );
    Ok(())
}

/// Shows everything that would be deleted.
async fn preview(session: &Session, object: &Object) -> Result<(), Failure> {
    let gateway = &session.gateway;
    let folder = match object {
        Object::File(file) => {
            show(session, &file.path, &file.item, &described_file(file));
            return Ok(());
        }
        Object::Folder(folder) => folder,
    };
    let usage = usage::read(gateway, folder).await?;
    let mut walk = Walk::from(Arc::clone(folder));
    while let Some((folder, items)) = walk.next(gateway).await? {
        for item in &items {
            let path = folder.path_of(&item.name);
            let slash = if item.kind == Kind::Folder { "/" } else { "" };
            show(session, &path, item, &format!("{path}{slash}"));
        }
    }
    let line = format!("would delete {}", escaped(&described_folder(folder, &usage)));
    let fields = [("dry_run", json!(true)), ("deleted", json!(true)), ("content", usage)];
    let subject = Subject { id: folder.known_id().map(str::to_owned), path: Some(folder.path.clone()) };
    session.report.succeeded(&subject, &fields, Some(&line));
    Ok(())
}

fn show(session: &Session, path: &str, item: &Item, shown: &str) {
    let subject = Subject { id: Some(item.id.clone()), path: Some(path.to_owned()) };
    let fields = [("dry_run", json!(true)), ("deleted", json!(true)), ("item", item.json())];
    session.report.succeeded(&subject, &fields, Some(&format!("would delete {}", escaped(shown))));
}

/// Returns the question before a deletion.
///
/// # Errors
/// If the content of a folder cannot be counted.
async fn question(session: &Session, object: &Object) -> Result<String, Failure> {
    match object {
        Object::File(file) => Ok(format!("Delete {}?", escaped(&described_file(file)))),
        Object::Folder(folder) => {
            let usage = usage::read(&session.gateway, folder).await?;
            let effect = if usage["delete"] == "trash" { "moves it to the trash" } else { "cannot restore it" };
            Ok(format!("Delete {}? The site {effect}.", escaped(&described_folder(folder, &usage))))
        }
    }
}

fn described_file(file: &File) -> String {
    file.item.size.map_or_else(|| file.path.clone(), |bytes| format!("{} ({})", file.path, size(bytes)))
}

/// Describes a folder with its content: `plays:/Films with 2 folders and 8 files (471.7 KiB)`.
fn described_folder(folder: &Folder, usage: &Value) -> String {
    format!("{} with {}", folder.path, usage::summary(usage))
}
