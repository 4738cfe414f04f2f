//! The last steps of a transfer to an account: the replaced files are deleted, and the new one gets its name.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::item::{Item, name_key};
use crate::session::Session;
use crate::tree::Folder;
use crate::verbs::change::{delete_file, patch};

/// Deletes the files that `file` replaces, and gives it the wanted name. A site gives another name to a file while the
/// old one exists.
///
/// # Errors
/// If a file cannot be deleted or renamed; `file` is then stored all the same.
pub(super) async fn finish(
    session: &Session,
    folder: &Folder,
    name: &str,
    file: Value,
    replaced: &[Item],
) -> Result<Value, Failure> {
    let Some(id) = file["id"].as_str() else { return Ok(file) };
    for old in replaced {
        // A site that stores equal bytes once may answer with the old file.
        if old.id != id {
            delete_file(session, &folder.account, &old.id).await.map_err(|failure| left(&failure, id, &old.id))?;
        }
    }
    let stored = file["name"].as_str().unwrap_or(name);
    if name_key(stored) == name_key(name) {
        return Ok(file);
    }
    let renamed = patch(session, &folder.account, "files", id, &json!({"name": name})).await;
    renamed.map_err(|failure| {
        let detail = format!("The file is stored as \"{stored}\", id {id}. {}", failure.problem().detail());
        Failure::from_client(failure.problem().code(), "The file was not renamed", detail)
    })
}

fn left(failure: &Failure, new: &str, old: &str) -> Failure {
    let detail = format!(
        "The new file is stored with the id {new}; the old one, {old}, remains. {}",
        failure.problem().detail()
    );
    Failure::from_client(failure.problem().code(), "The replaced file was not deleted", detail)
}
