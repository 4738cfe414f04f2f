//! `file/upload`. The API passes the file to the site's own uploader and returns the uploader's answer.

use serde_json::{Value, json};

use super::call::Call;
use super::files;
use super::options::{Options, Version};
use super::php;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::{File, NewFile};
use super::site::Context;
use crate::receive::Saved;
use crate::upload_reply::{self, UploadReply};

/// `file/upload`. Does not check whether the folder exists, nor whether it is the account's.
pub(crate) fn upload(context: &mut Context<'_>, call: &Call) -> Answer {
    let arrived = call.upload().ok_or_else(Refusal::no_upload)?;
    if arrived.size == 0 {
        return Err(Refusal::empty_upload());
    }
    let error = context.store.uploads.error.take().or_else(|| context.options.upload_error.clone());
    if let Some(words) = error {
        return Ok(uploaded(context, failed(context, arrived, &words)));
    }
    if let Some(words) = uploader_error(context, arrived) {
        return match context.options.version {
            Version::V4 => Err(Refusal::by_uploader(context.origin, &words)),
            Version::V5 => Ok(uploaded(context, failed(context, arrived, &words))),
        };
    }
    let folder = call.id("folder_id");
    let is_taken = |name: &str| context.store.files_in(folder).iter().any(|file| file.name == name);
    let name = context.options.stored_names.store(&name_of(arrived));
    let name = context.options.copies.name(&name, is_taken);
    let id = context.store.add_file(NewFile {
        name,
        folder,
        content: arrived.content.clone(),
        size: arrived.size,
        content_type: arrived.content_type.clone(),
        uploaded: context.now,
        source: "api",
    });
    context.store.own_file(id)?.unlisted_for = context.options.listed_late;
    let file = context.store.own_file(id)?.clone();
    Ok(uploaded(context, with_reply_options(context.options, stored(context, &file, &arrived.hash))))
}

/// Wraps the uploader's answer. The file is in a list, as in that answer, unless an option says otherwise.
fn uploaded(context: &Context<'_>, file: Value) -> Success {
    Success::message("File uploaded").with("data", context.options.reply_shape.hold(file))
}

/// Applies the options that omit or change fields of the reply.
fn with_reply_options(options: &Options, mut file: Value) -> Value {
    const LINKS: [&str; 4] = ["delete_url", "delete_hash", "info_url", "stats_url"];
    const NAMES: [&str; 9] = [
        "file_id",
        "short_url",
        "unique_hash",
        "url_html",
        "url_bbcode",
        "delete_url",
        "delete_hash",
        "info_url",
        "stats_url",
    ];
    match options.upload_reply {
        UploadReply::Whole => {}
        UploadReply::UrlAlone => upload_reply::remove(&mut file, &NAMES),
        UploadReply::Nameless => {
            upload_reply::remove(&mut file, &NAMES);
            upload_reply::remove(&mut file, &["url"]);
        }
    }
    if !options.reply_links {
        upload_reply::remove(&mut file, &LINKS);
    }
    if !options.reply_hash {
        upload_reply::remove(&mut file, &["hash"]);
    }
    options.reply_size.apply(&mut file, options.number(0));
    file
}

fn name_of(arrived: &Saved) -> String {
    php::basename(&arrived.name).trim().to_owned()
}

fn uploader_error(context: &Context<'_>, arrived: &Saved) -> Option<String> {
    let package = &context.options.package;
    if !package.can_upload {
        return Some("Uploading is currently disabled on the site, please try again later.".to_owned());
    }
    let most = package.max_upload_size;
    (most > 0 && arrived.size > most).then(|| format!("File received is larger than permitted. (max {most} B)"))
}

/// Returns the uploader's description of a file that it rejected.
fn failed(context: &Context<'_>, arrived: &Saved, words: &str) -> Value {
    json!({
        "name": context.options.text(&name_of(arrived)),
        "size": context.options.number(arrived.size),
        "type": arrived.content_type,
        "error": context.options.text(words),
    })
}

fn stored(context: &Context<'_>, file: &File, hash: &str) -> Value {
    let (url, delete_hash) = (files::url(context.origin, file), file.delete_hash());
    let unique = crate::content::generated(&format!("unique {}", file.id), 32);
    let title = "target=\"_blank\" title=\"Download from Sandbox\"";
    json!({
        "name": context.options.text(&file.name),
        "size": context.options.number(file.size),
        "type": file.content_type,
        "error": null,
        "url": url,
        "delete_url": format!("{url}~d?{delete_hash}"),
        "info_url": format!("{url}~i?{delete_hash}"),
        "delete_type": "DELETE",
        "delete_hash": delete_hash,
        "hash": hash,
        "stats_url": format!("{url}~s"),
        "short_url": file.short_url(),
        "file_id": context.options.number(file.id),
        "unique_hash": hex::encode(&unique),
        "url_html": format!("<a href=\"{url}\" {title}>download {}</a>", file.name),
        "url_bbcode": format!("[url]{url}[/url]"),
    })
}
