//! `polyhost mkdir` and `polyhost mv`, and the requests that change single objects at the site.

use reqwest::Method;
use serde_json::{Value, json};

use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::location::Location;
use crate::report::Subject;
use crate::session::Session;
use crate::tree::{Destination, Folder, Object, Prefer, find, find_destination};

/// Runs `polyhost mkdir`. With `parents`, missing folders above are created, and an existing folder is no failure.
pub async fn mkdir(session: &Session, locations: &[Location], parents: bool) -> Exit {
    session
        .each(locations, async |location| {
            let gateway = &session.gateway;
            let found = find_destination(gateway, location).await?;
            let folder = match found {
                Destination::Missing { folder, .. } if folder.known_id().is_none() && !parents => {
                    let detail = format!("The folder {} does not exist; use --parents to create it too.", folder.path);
                    return Err(Failure::from_client("not_found", "Not found", detail));
                }
                Destination::Missing { folder, name } => folder.child(&name, None),
                Destination::Folder(folder) => {
                    // A folder that is named by its id alone was not looked up yet.
                    if location.id.is_some() && location.names.is_empty() {
                        let id = folder.id(gateway).await?;
                        gateway.read(&["accounts", &folder.account, "folders", id], &[]).await?;
                    }
                    if !parents {
                        return Err(exists(&folder.path));
                    }
                    folder
                }
                Destination::Files { folder, name, .. } => return Err(exists(&folder.path_of(&name))),
            };
            let id = folder.id(gateway).await?;
            let line = format!("{}  {}", escaped(id), escaped(&folder.path));
            let subject = Subject { id: Some(id.to_owned()), path: Some(folder.path.clone()) };
            session.report.succeeded(&subject, &[], Some(&line));
            Ok(())
        })
        .await
}

/// Runs `polyhost mv`: moves objects into a folder, or gives one object another name or folder.
pub async fn mv(session: &Session, sources: &[Location], destination: &Location) -> Exit {
    let found = session.interrupt.unless(find_destination(&session.gateway, destination)).await;
    let target = match found
        .unwrap_or_else(|| Err(Failure::interrupted("Nothing was moved.")))
        .and_then(|found| target(found, sources.len() > 1 || destination.ends_with_slash))
    {
        Ok(target) => target,
        Err(failure) => return session.run(std::future::ready(Err(failure))).await,
    };
    session.each(sources, async |source| move_one(session, source, &target).await).await
}

/// Deletes an object; a folder with its content.
///
/// # Errors
/// The gateway's failure.
pub(crate) async fn delete(session: &Session, object: &Object) -> Result<(), Failure> {
    let gateway = &session.gateway;
    match object {
        Object::File(file) => delete_file(session, &file.account, &file.item.id).await,
        Object::Folder(folder) => {
            let segments = ["accounts", &folder.account, "folders", folder.id(gateway).await?];
            gateway.write(Method::DELETE, &segments, &[("recursive", "true")], None).await.map(drop)
        }
    }
}

/// Deletes a file.
///
/// # Errors
/// The gateway's failure.
pub(crate) async fn delete_file(session: &Session, account: &str, id: &str) -> Result<(), Failure> {
    session.gateway.write(Method::DELETE, &["accounts", account, "files", id], &[], None).await.map(drop)
}

/// Changes a file or folder, and returns it.
///
/// # Errors
/// The gateway's failure.
pub(crate) async fn patch(
    session: &Session,
    account: &str,
    kind: &str,
    id: &str,
    body: &Value,
) -> Result<Value, Failure> {
    session.gateway.write(Method::PATCH, &["accounts", account, kind, id], &[], Some(body)).await
}

/// The new place of a moved object.
struct Target {
    folder: std::sync::Arc<Folder>,
    /// The new name; `None` keeps the old one.
    name: Option<String>,
}

fn target(found: Destination, is_folder: bool) -> Result<Target, Failure> {
    match found {
        Destination::Folder(folder) => Ok(Target { folder, name: None }),
        Destination::Missing { folder, name } if is_folder || folder.known_id().is_none() => {
            let path = if is_folder { folder.path_of(&name) } else { folder.path.clone() };
            Err(Failure::from_client("not_found", "Not found", format!("There is no folder {path}.")))
        }
        Destination::Missing { folder, name } => Ok(Target { folder, name: Some(name) }),
        Destination::Files { folder, name, .. } => Err(exists(&folder.path_of(&name))),
    }
}

async fn move_one(session: &Session, source: &Location, target: &Target) -> Result<(), Failure> {
    let gateway = &session.gateway;
    let folder_id = target.folder.id(gateway).await?;
    let object = find(gateway, source, Prefer::Neither).await?;
    let (kind, id, old_name, parent_field) = match &object {
        Object::File(file) => ("files", file.item.id.as_str(), Some(file.item.name.as_str()), "folder_id"),
        Object::Folder(folder) => ("folders", folder.id(gateway).await?, folder.name.as_deref(), "parent_id"),
    };
    if kind == "folders" && id == folder_id {
        let detail = format!("The folder {} cannot be moved into itself.", object.path());
        return Err(Failure::from_client("folder_cycle", "Nothing was moved", detail));
    }
    let name = target.name.as_deref().or(old_name);
    if let Some(name) = name {
        let taken = target.folder.named(gateway, name).await?;
        if taken.iter().any(|item| item.id != id) {
            return Err(exists(&target.folder.path_of(name)));
        }
    }
    let mut body = json!({});
    if target.name.is_some() && name != old_name {
        body["name"] = json!(name);
    }
    if !is_in(&object, source, folder_id) {
        body[parent_field] = json!(folder_id);
    }
    if body.as_object().is_some_and(serde_json::Map::is_empty) {
        return Err(exists(object.path()));
    }
    let moved = patch(session, object.account(), kind, id, &body).await?;
    let path = target.folder.path_of(moved["name"].as_str().or(name).unwrap_or(id));
    let line = format!("{} -> {}", escaped(object.path()), escaped(&path));
    let subject = Subject { id: Some(id.to_owned()), path: Some(source.to_string()) };
    session.report.succeeded(&subject, &[("to", json!(path)), ("item", moved)], Some(&line));
    Ok(())
}

/// Returns whether an object is known to be in a folder.
fn is_in(object: &Object, source: &Location, folder_id: &str) -> bool {
    match object {
        Object::File(file) => file.item.json()["folder_id"] == folder_id,
        Object::Folder(folder) => {
            !source.names.is_empty() && folder.parent().is_some_and(|parent| parent.known_id() == Some(folder_id))
        }
    }
}

fn exists(path: &str) -> Failure {
    let detail = format!("There is a file or folder {path}.");
    Failure::from_client("already_exists", "The path exists already", detail)
}
