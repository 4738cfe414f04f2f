//! Operations on files by id: `file/info`, `file/rename`, `file/move`, `file/delete`.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::reply::{self, Answer, Refusal};
use super::rows::{Condition, File};
use super::site::Context;

/// The largest number of files in one `file/info`.
const LARGEST_BATCH: usize = 50;

/// `file/info`: each id has its own status. The call itself succeeds even if these are errors.
pub(crate) fn info(context: &mut Context<'_>, call: &Call) -> Answer {
    let ids: Vec<&str> = call.required("file")?.split(',').filter(|id| !id.is_empty()).collect();
    if ids.len() > LARGEST_BATCH {
        return Err(Refusal::bad_request(format!("At most {LARGEST_BATCH} videos can be asked for at once")));
    }
    let entries: Map<_, _> = ids.into_iter().map(|id| (id.to_owned(), describe(context, id))).collect();
    Ok(reply::map(entries))
}

fn describe(context: &Context<'_>, id: &str) -> Value {
    let options = context.options;
    let known = context.store.files.get(id).filter(|file| file.condition != Condition::Blocked);
    let size = known.filter(|file| file.condition == Condition::Sound).map(|file| options.number(file.size));
    json!({
        "id": id,
        "status": options.number(status(context.store.files.get(id))),
        "name": options.or_missing(known.map(|file| file.name.as_str())),
        "size": options.or_missing(size),
        "sha1": options.or_missing(known.map(|file| file.sha1.as_str())),
        "content_type": options.or_missing(known.map(|file| file.content_type.as_str())),
    })
}

fn status(file: Option<&File>) -> u16 {
    match file.map(|file| file.condition) {
        Some(Condition::Sound) => 200,
        Some(Condition::Broken) => 500,
        Some(Condition::Blocked) => 451,
        None => 404,
    }
}

/// `file/rename`.
pub(crate) fn rename(context: &mut Context<'_>, call: &Call) -> Answer {
    let (id, name) = (call.required("file")?, call.required("name")?);
    context.store.own_file(id)?.name = context.options.stored_names.store(name);
    Ok(Value::Bool(true))
}

/// `file/move`. The parameter `folder` is required but may name the root.
pub(crate) fn relocate(context: &mut Context<'_>, call: &Call) -> Answer {
    let (id, folder) = (call.required("file")?, call.present("folder")?);
    context.store.own_file(id)?;
    let folder = context.store.folder(folder)?;
    context.store.own_file(id)?.folder = folder;
    Ok(Value::Bool(true))
}

/// `file/delete`: deletes the file permanently.
pub(crate) fn delete(context: &mut Context<'_>, call: &Call) -> Answer {
    let id = call.required("file")?;
    context.store.own_file(id)?;
    context.store.delete_file(id);
    Ok(Value::Bool(true))
}
