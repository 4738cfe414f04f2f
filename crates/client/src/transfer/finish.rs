//! The last steps of a transfer to an account: the replaced files are deleted, and the new one gets its name.

use serde_json::{Value, json};

use super::decide::{Comparison, Relation};
use super::task::{SourceFile, TargetFile, Task};
use crate::failure::Failure;
use crate::item::{Item, name_key};
use crate::session::Session;
use crate::verbs::change::{delete_file, patch};

/// Deletes the files that `file` replaces, and gives it the wanted name. A site gives another name to a file while the
/// old one exists.
///
/// # Errors
/// If `file` is not a good copy of the source, and nothing is deleted then. If a file cannot be deleted or renamed;
/// `file` is then stored all the same.
pub(super) async fn finish(session: &Session, task: &Task, file: Value, replaced: &[Item]) -> Result<Value, Failure> {
    let TargetFile::Remote { folder, name } = &task.target else { return Ok(file) };
    let Some(id) = file["id"].as_str() else { return Ok(file) };
    if !replaced.is_empty() {
        check_copy(&task.source, &file)?;
    }
    for old in replaced.iter().filter(|old| old.is_usable) {
        // A site that stores equal bytes once may answer with the old file, or with the source.
        if old.id != id && !task.is_source(&old.id) {
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

/// Checks that a new file may take the place of an old one.
///
/// # Errors
/// If its status, size or digests show that it is not a good copy of the source.
fn check_copy(source: &SourceFile, file: &Value) -> Result<(), Failure> {
    let Some(copy) = Item::read(file) else { return Ok(()) };
    let digests = match source {
        SourceFile::Remote(source) => source.item.digests.equal(&copy.digests),
        SourceFile::Local { .. } | SourceFile::StandardInput => None,
    };
    let relation = Comparison { sizes: [source.size()?, copy.size], digests }.relation();
    let fault = match relation {
        _ if !copy.is_usable => format!("has the status {}", file["status"].as_str().unwrap_or("unknown")),
        Relation::Different => "has another size or digest than the source".to_owned(),
        _ => return Ok(()),
    };
    let detail = format!("The new file, id {}, {fault}. The old file is kept too.", copy.id);
    Err(Failure::from_client("copy_corrupted", "The file was not replaced", detail))
}

fn left(failure: &Failure, new: &str, old: &str) -> Failure {
    let detail = format!(
        "The new file is stored with the id {new}; the old one, {old}, remains. {}",
        failure.problem().detail()
    );
    Failure::from_client(failure.problem().code(), "The replaced file was not deleted", detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::File;

    fn check(new: &Value) -> Result<(), Failure> {
        let item = Item::read(&json!({"id": "1", "name": "a", "size": 5, "md5": "5d41402abc4b2a76b9719d911017c592"}));
        let file = File { account: "a".to_owned(), path: "a:/a".to_owned(), item: item.unwrap() };
        check_copy(&SourceFile::Remote(Box::new(file)), new)
    }

    #[test]
    fn bad_copy_does_not_replace_a_file() {
        assert!(check(&json!({"id": "2", "size": 5, "status": "active"})).is_ok());
        assert!(check(&json!({"id": "2", "size": null, "status": "processing"})).is_ok());
        assert!(check(&json!({"id": "2", "size": 5, "status": "failed"})).is_err());
        assert!(check(&json!({"id": "2", "size": 4})).is_err());
        assert!(check(&json!({"id": "2", "size": 5, "md5": "00000000000000000000000000000000"})).is_err());
    }
}
