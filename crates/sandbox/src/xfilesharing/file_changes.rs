//! Writes on files. Most of them are answered `OK` for unknown and foreign files as well, and then do nothing.

use serde_json::json;

use super::codes;
use super::files::{any_file, codes_of};
use super::flavours::{Flavour, RenameParameter};
use super::refusal::Refusal;
use super::reply::{Answer, Success, done};
use super::rows::File;
use super::site::Context;
use super::store::ROOT;
use crate::parameters::Parameters;

/// `file/edit`: absent fields stay, except for the tags. The target folder is not checked.
pub(crate) fn edit(context: &mut Context<'_>, call: &Parameters) -> Answer {
    if call.given("title").is_some() {
        return Err(Refusal::invalid_file_name());
    }
    if call.optional("cat_id").is_some_and(|category| category.parse::<u32>().is_err()) {
        return Err(Refusal::invalid_category());
    }
    for code in codes_of(call, "file_code").iter().filter(|code| codes::is_code(code)) {
        if let Some(title) = call.optional("file_title") {
            let title = context.options.stored_name(title);
            context.store.own_file(code).into_iter().for_each(|file| file.name = title.clone());
        }
        if let Some(file) = context.store.own_file(code) {
            set_fields(file, call);
        }
        // The script does not check whose tags it replaces.
        if let Some(file) = context.store.files.get_mut(code) {
            match clean(call, "tags") {
                Some(tags) => file.tags = tags.to_owned(),
                None if context.options.edit_wipes_tags => file.tags.clear(),
                None => {}
            }
        }
    }
    done()
}

fn set_fields(file: &mut File, call: &Parameters) {
    let switch = |place: &mut bool, name| {
        if let Some(value) = clean(call, name) {
            *place = value == "1";
        }
    };
    switch(&mut file.is_public, "file_public");
    switch(&mut file.is_adult, "file_adult");
    switch(&mut file.is_premium, "file_premium_only");
    if let Some(category) = clean(call, "cat_id") {
        file.category = category.to_owned();
    }
    if let Some(folder) = clean(call, "file_fld_id").and_then(|folder| folder.parse().ok()) {
        file.folder = folder;
    }
}

/// Returns a value. One that holds a character that the script does not allow is skipped.
fn clean<'a>(call: &'a Parameters, name: &str) -> Option<&'a str> {
    call.given(name).filter(|value| !value.contains(['<', '>', '"', '\0']))
}

/// `file/rename`.
pub(crate) fn rename(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let name = match context.options.rename_parameter {
        RenameParameter::Name => call.optional("name"),
        RenameParameter::Title => call.optional("title"),
        RenameParameter::Either => call.optional("name").or_else(|| call.optional("title")),
    };
    let name = context.options.stored_name(name.ok_or_else(Refusal::invalid_file_name)?);
    if let Some(file) = context.store.own_file(call.optional("file_code").unwrap_or_default()) {
        file.name = name;
    }
    done()
}

/// `file/set_folder`, and `file/move` (Dood).
pub(crate) fn set_folder(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let folder = call.optional("fld_id");
    let folder = match context.store.own_folder(folder) {
        Some(folder) => folder,
        None if context.options.refuse_unknown_target => return Err(Refusal::no_such_folder_in_account()),
        None => folder.and_then(|folder| folder.parse().ok()).unwrap_or(ROOT),
    };
    for code in codes_of(call, "file_code") {
        if let Some(file) = context.store.own_file(&code) {
            file.folder = folder;
        }
    }
    done()
}

/// `file/clone`: copies a file of any user. With a folder, Byse moves the file instead, which gives it a new code.
pub(crate) fn clone(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let mut original = any_file(context, call)?;
    let folder = call.optional("fld_id").and_then(|folder| folder.parse().ok()).unwrap_or(ROOT);
    if context.options.flavour == Flavour::Byse && folder != ROOT && original.is_own() {
        return Ok(moved(context, original, folder));
    }
    original.folder = folder;
    original.tags = String::new();
    if let Some(title) = call.optional("file_title") {
        original.name = context.options.stored_name(title);
    }
    let code = context.store.clone_file(original, context.now);
    let Some(copy) = context.store.files.get(&code) else { return Err(Refusal::no_file()) };
    Ok(Success::of(match context.options.flavour {
        Flavour::Dood => json!({
            "embed_url": format!("{}/e/{code}", context.origin), "download_url": context.page(copy),
            "protected_download": format!("/d/{code}"), "protected_embed": format!("/e/{code}"), "filecode": code,
        }),
        Flavour::Xfs => json!({"filecode": code, "url": context.page(copy)}),
        Flavour::Xvs | Flavour::Byse | Flavour::Voe => {
            let key = if context.options.flavour == Flavour::Xvs { "filecode" } else { "file_code" };
            json!({key: code, "url": context.page(copy)})
        }
    }))
}

fn moved(context: &mut Context<'_>, mut file: File, folder: u64) -> Success {
    let (old, new) = (file.code, codes::random_code());
    context.store.files.remove(&old);
    for encoding in context.store.encodings.iter_mut().filter(|encoding| encoding.file == old) {
        encoding.file.clone_from(&new);
    }
    (file.code, file.folder) = (new.clone(), folder);
    context.store.files.insert(new.clone(), file);
    Success::of(json!({"file_code": new}))
}

/// `file/delete`: deletes files of the account permanently. VOE calls the codes `del_code`.
pub(crate) fn delete(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let name = if context.options.flavour == Flavour::Voe { "del_code" } else { "file_code" };
    let mut codes = codes_of(call, name);
    codes.retain(|code| context.store.own_file(code).is_some());
    if codes.is_empty() {
        return Err(Refusal::no_file());
    }
    for code in codes {
        context.store.delete_file(&code, context.now);
    }
    Ok(Success::empty())
}
