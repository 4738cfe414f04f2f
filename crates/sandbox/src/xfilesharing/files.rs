//! Reads of files by code, of any user: `file/info`, `file/check` and pictures. Also the lists of deleted and blocked
//! files.

use serde_json::{Value, json};

use super::codes;
use super::dates;
use super::flavours::Flavour;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::File;
use super::site::Context;
use crate::parameters::Parameters;

/// The largest number of files in one `file/info`. The others are dropped.
const LARGEST_BATCH: usize = 50;

/// `file/info`: each file has its own status, in the order asked. Files of other users are described as well.
pub(crate) fn info(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let asked = codes_of(call, "file_code").into_iter().take(LARGEST_BATCH);
    // The script drops everything that is not a code.
    let is_valid = |code: &String| context.options.flavour != Flavour::Xvs || codes::is_code(code);
    let asked: Vec<String> = asked.filter(is_valid).collect();
    if asked.is_empty() {
        return Err(Refusal::invalid_codes());
    }
    let rows: Vec<Value> = asked.iter().map(|code| described(context, code)).collect();
    Ok(Success::of(rows))
}

fn described(context: &Context<'_>, code: &str) -> Value {
    match context.store.files.get(code) {
        Some(file) => context.info_row(file),
        None if context.options.flavour == Flavour::Xvs => json!({"status": 404, "file_code": code}),
        None => {
            let key = if context.options.flavour == Flavour::Byse { "file_code" } else { "filecode" };
            json!({"status": 404, key: code})
        }
    }
}

/// `file/check`, `files/check`: only the status of each file.
pub(crate) fn check(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let rows = codes_of(call, "file_code").into_iter().map(|code| {
        let file = context.store.files.get(&code);
        if context.options.flavour == Flavour::Dood {
            return json!({"status": if file.is_some() { "Active" } else { "Not found" }, "filecode": code});
        }
        let status = file.map_or(404, |file| if file.blocked { 451 } else { 200 });
        json!({"status": status, "file_code": code})
    });
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// `file/image` (Dood): the addresses of the pictures.
pub(crate) fn image(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let rows = codes_of(call, "file_code").into_iter().map(|code| match context.store.files.get(&code) {
        Some(file) => json!({
            "status": 200, "filecode": code, "title": file.name, "single_img": context.picture(&code, ""),
            "thumb_img": context.picture(&code, "_t"), "splash_img": context.picture(&code, "_s"),
        }),
        None => json!({"status": 404, "filecode": code}),
    });
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// `images/thumb` (Byse).
pub(crate) fn thumb(context: &mut Context<'_>, call: &Parameters) -> Answer {
    image_of(context, call, "thumbnail", "_t")
}

/// `images/splash` (Byse).
pub(crate) fn splash(context: &mut Context<'_>, call: &Parameters) -> Answer {
    image_of(context, call, "splash", "_s")
}

/// `images/preview` (Byse).
pub(crate) fn preview(context: &mut Context<'_>, call: &Parameters) -> Answer {
    image_of(context, call, "preview", "_p")
}

fn image_of(context: &mut Context<'_>, call: &Parameters, key: &str, ending: &str) -> Answer {
    let file = any_file(context, call)?;
    Ok(Success::of(json!({key: context.picture(&file.code, ending)})))
}

/// `file/deleted`, `files/deleted`: the account's files that were deleted in the last hours.
pub(crate) fn deleted(context: &mut Context<'_>, call: &Parameters) -> Answer {
    let hours = call.optional("last").and_then(|hours| hours.parse().ok()).unwrap_or(720_i64);
    let ago = |time| context.now.duration_since(time).as_secs();
    let recent = context.store.deleted.iter().rev().filter(|deleted| ago(deleted.time) < hours * 60 * 60);
    let rows = recent.map(|deleted| {
        json!({
            "file_code": deleted.code, "title": deleted.name, "deleted": context.local(deleted.time),
            "deleted_ago_sec": ago(deleted.time).to_string(), "deleted_by": "me",
        })
    });
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// `file/dmca`, `files/dmca`, `dmca/list`: the account's files that are to be removed for legal reasons.
pub(crate) fn blocked(context: &mut Context<'_>, _: &Parameters) -> Answer {
    let blocked = context.store.files.values().filter(|file| file.is_own() && file.blocked);
    let rows = blocked.map(|file| {
        let time = dates::local(context.options, context.now);
        json!({"file_code": file.code, "del_time": time, "del_in_sec": "36000"})
    });
    Ok(Success::of(rows.collect::<Vec<_>>()))
}

/// Returns the values of a parameter that are separated by commas.
pub(crate) fn codes_of(call: &Parameters, name: &str) -> Vec<String> {
    let values = call.optional(name).unwrap_or_default().split(',').map(str::trim);
    values.filter(|value| !value.is_empty()).map(str::to_owned).collect()
}

/// Returns the file of any user that a call names.
pub(crate) fn any_file(context: &Context<'_>, call: &Parameters) -> Result<File, Refusal> {
    let file = context.store.files.get(call.optional("file_code").unwrap_or_default());
    file.cloned().ok_or_else(Refusal::no_file)
}
