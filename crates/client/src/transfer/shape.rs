//! The meaning of sources and destination: which file goes into which folder, and under which name.
//!
//! The content of a single source folder goes into the destination, as with rclone. If there are several sources, each
//! folder keeps its name, as with cp, unless it ends with a slash.

use std::path::Path;
use std::sync::Arc;

use super::download::safe_name;
use super::overlap::check_overlap;
use super::plan::Pair;
use super::sides::{SourceFolder, TargetFolder};
use super::task::{Others, SourceFile, TargetFile, Task};
use super::{Shape, Transfer};
use crate::failure::{Failure, FailureKind};
use crate::gateway::Gateway;
use crate::item::{Item, Kind, name_key};
use crate::location::Argument;
use crate::session::Session;
use crate::tree::{Destination, Folder, Object, Prefer, find, find_destination};

/// The files and folders that the user named, with their places.
pub(super) struct Roots {
    pub(super) tasks: Vec<Task>,
    pub(super) pairs: Vec<Pair>,
    pub(super) failures: Vec<(String, Failure)>,
}

/// A source that exists.
enum Source {
    File(SourceFile),
    /// A folder, and the name that it keeps if there are several sources.
    Folder(SourceFolder, Option<String>),
}

/// The destination before it is known whether it is a file or a folder.
enum Place {
    Local {
        path: std::path::PathBuf,
        is_folder: bool,
    },
    StandardOutput,
    /// A place at an account, and the same as a folder, which is created at most once.
    Remote(Destination, Option<Arc<Folder>>),
}

/// Finds the sources and the destination.
///
/// # Errors
/// If the destination cannot be used, or the gateway cannot be reached or rejects the key.
pub(super) async fn roots(session: &Session, transfer: &Transfer) -> Result<Roots, Failure> {
    let (found, failures) = sources(session, transfer).await?;
    let mut roots = Roots { tasks: Vec::new(), pairs: Vec::new(), failures };
    if found.is_empty() {
        return Ok(roots);
    }
    let place = place(session, &transfer.destination).await?;
    for source in found {
        match source {
            Source::File(file) if transfer.shape == Shape::Folder => {
                let detail = format!("{} is a file; sync works on folders.", file.shown());
                return Err(Failure::from_client("not_a_folder", "A folder is needed", detail));
            }
            Source::File(file) => roots.tasks.push(place.file(session, transfer, file).await?),
            Source::Folder(..) if transfer.name.is_some() => {
                return Err(Failure::wrong_usage("--name is only for a single file."));
            }
            Source::Folder(source, name) => {
                let name = name.filter(|_| transfer.sources.len() > 1);
                roots.add_folder(session, &place, source, name).await?;
            }
        }
    }
    Ok(roots)
}

impl Roots {
    async fn add_folder(
        &mut self,
        session: &Session,
        place: &Place,
        source: SourceFolder,
        name: Option<String>,
    ) -> Result<(), Failure> {
        match folder_in(session, place.folder()?, name).await {
            Ok(target) => {
                check_overlap(&session.gateway, &source, &target).await?;
                self.pairs.push(Pair { source, target, path: String::new(), is_new: false });
            }
            Err(failure) if failure.kind() == FailureKind::Failed => self.failures.push((source.shown(), failure)),
            Err(failure) => return Err(failure),
        }
        Ok(())
    }
}

/// Finds the sources. Those that do not exist are failures.
async fn sources(session: &Session, transfer: &Transfer) -> Result<(Vec<Source>, Vec<(String, Failure)>), Failure> {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for argument in &transfer.sources {
        let source = match source(session, argument, transfer).await {
            Ok(source) if transfer.sources.len() > 1 => with_name(&session.gateway, argument, source).await,
            source => source,
        };
        match source {
            Ok(source) => found.push(source),
            Err(failure) if failure.kind() == FailureKind::Failed => failures.push((argument.to_string(), failure)),
            Err(failure) => return Err(failure),
        }
    }
    Ok((found, failures))
}

/// Returns the place of a source folder: the destination, or the folder of this name in it. The name may come from a
/// site.
async fn folder_in(session: &Session, target: TargetFolder, name: Option<String>) -> Result<TargetFolder, Failure> {
    let Some(name) = name else { return Ok(target) };
    let name = match &target {
        TargetFolder::Local(_) => safe_name(Some(&name), "folder"),
        TargetFolder::Remote(_) => name,
    };
    target.folder(&name, &target.present(&session.gateway).await?)
}

async fn source(session: &Session, argument: &Argument, transfer: &Transfer) -> Result<Source, Failure> {
    match argument {
        Argument::Local(_) if argument.is_standard_stream() => Ok(Source::File(SourceFile::StandardInput)),
        Argument::Local(path) => {
            let unreadable = |error: std::io::Error| {
                Failure::from_client("local_file", "The file cannot be read", error.to_string())
            };
            let metadata = std::fs::metadata(path).map_err(unreadable)?;
            if !metadata.is_dir() {
                super::upload::Source::find(path, transfer.name.as_deref())?;
                let listed_size = metadata.len();
                return Ok(Source::File(SourceFile::Local { path: path.clone(), listed_size }));
            }
            let own = path.file_name().filter(|_| !argument.ends_with_slash());
            let own = own.map(|name| name.to_string_lossy().into_owned());
            Ok(Source::Folder(SourceFolder::Local(path.clone()), own))
        }
        Argument::Remote(location) => {
            // A copy at an account may replace or delete files there.
            let prefer = match &transfer.destination {
                Argument::Local(_) => Prefer::File,
                Argument::Remote(_) => Prefer::Neither,
            };
            match find(&session.gateway, location, prefer).await? {
                Object::File(file) => Ok(Source::File(SourceFile::Remote(Box::new(file)))),
                Object::Folder(folder) => {
                    let name = folder.name.clone().filter(|_| !location.ends_with_slash);
                    Ok(Source::Folder(SourceFolder::Remote(folder), name))
                }
            }
        }
    }
}

/// Reads the name of a source folder that the user named by its id.
async fn with_name(gateway: &Gateway, argument: &Argument, source: Source) -> Result<Source, Failure> {
    let Source::Folder(SourceFolder::Remote(folder), None) = &source else { return Ok(source) };
    let id = folder.known_id().filter(|id| *id != "root" && !argument.ends_with_slash());
    let Some(id) = id else { return Ok(source) };
    let described = gateway.read(&["accounts", &folder.account, "folders", id], &[]).await?;
    let name = Item::read(&described).map_or_else(|| id.to_owned(), |item| item.name);
    Ok(Source::Folder(SourceFolder::Remote(Arc::clone(folder)), Some(name)))
}

async fn place(session: &Session, destination: &Argument) -> Result<Place, Failure> {
    Ok(match destination {
        Argument::Local(_) if destination.is_standard_stream() => Place::StandardOutput,
        Argument::Local(path) => Place::Local { path: path.clone(), is_folder: path.is_dir() },
        Argument::Remote(location) => {
            let found = find_destination(&session.gateway, location).await?;
            let folder = match &found {
                Destination::Folder(folder) => Some(Arc::clone(folder)),
                Destination::Missing { folder, name } => Some(folder.child(name, None)),
                Destination::Files { .. } => None,
            };
            Place::Remote(found, folder)
        }
    })
}

impl Place {
    /// Returns the destination as a folder.
    fn folder(&self) -> Result<TargetFolder, Failure> {
        match self {
            Self::Local { path, .. } if path.exists() && !path.is_dir() => Err(no_folder(&path.display().to_string())),
            Self::Local { path, .. } => Ok(TargetFolder::Local(path.clone())),
            Self::StandardOutput => Err(no_folder("The standard output")),
            Self::Remote(_, Some(folder)) => Ok(TargetFolder::Remote(Arc::clone(folder))),
            Self::Remote(..) => Err(no_folder("The destination")),
        }
    }

    /// Returns the task of a single file.
    async fn file(&self, session: &Session, transfer: &Transfer, source: SourceFile) -> Result<Task, Failure> {
        let into_folder = transfer.sources.len() > 1
            || transfer.shape == Shape::Folder
            || transfer.name.is_some()
            || transfer.destination.ends_with_slash();
        let task = |target, present| Task { source: source.clone(), target, present, others: Others::default() };
        let target = match self {
            Self::StandardOutput => return Ok(task(TargetFile::StandardOutput, Vec::new())),
            Self::Local { path, is_folder: false } if !into_folder => {
                return Ok(task(TargetFile::Local(path.clone()), Vec::new()));
            }
            Self::Remote(Destination::Missing { folder, name }, _) if !into_folder => {
                let target = TargetFile::Remote { folder: Arc::clone(folder), name: name.clone() };
                return Ok(task(target, Vec::new()));
            }
            Self::Remote(Destination::Files { folder, name, files }, _) if !into_folder => {
                let target = TargetFile::Remote { folder: Arc::clone(folder), name: name.clone() };
                return Ok(task(target, files.clone()));
            }
            _ => self.folder()?,
        };
        let name = transfer.name.clone().unwrap_or_else(|| own_name(&source, &target));
        let mut present = match &target {
            TargetFolder::Local(_) => Vec::new(),
            TargetFolder::Remote(folder) => named(session, folder, &name).await?,
        };
        present.retain(|item| item.kind == Kind::File);
        Ok(task(target.file(&name), present))
    }
}

/// Returns the name that a file keeps in a folder.
fn own_name(source: &SourceFile, target: &TargetFolder) -> String {
    match (source, target) {
        (SourceFile::Local { path, .. }, _) => base_name(path),
        (SourceFile::StandardInput, _) => String::new(),
        (SourceFile::Remote(file), TargetFolder::Local(_)) => safe_name(Some(&file.item.name), &file.item.id),
        (SourceFile::Remote(file), TargetFolder::Remote(_)) => file.item.name.clone(),
    }
}

fn base_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Returns the items of a folder with a name. A client without the scope `read` sees none.
async fn named(session: &Session, folder: &Folder, name: &str) -> Result<Vec<Item>, Failure> {
    match folder.named(&session.gateway, name).await {
        Err(failure) if failure.problem().code() == "forbidden" => Ok(Vec::new()),
        items => items.map(|mut items| {
            items.retain(|item| item.key() == name_key(name));
            items
        }),
    }
}

fn no_folder(what: &str) -> Failure {
    Failure::from_client("not_a_folder", "A folder is needed", format!("{what} is not a folder."))
}
