//! `file/download`: a URL with a token, with which anyone can download the file for a limited time.

use serde_json::json;

use super::call::Call;
use super::options::{Redirects, Version};
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::rows::{File, Link};
use super::site::Context;
use crate::clock::later;
use crate::random::random_text;

/// The length of a download token.
const TOKEN_LENGTH: usize = 64;

/// `file/download`. Version 5 also takes a short URL in place of the id.
pub(crate) fn download(context: &mut Context<'_>, call: &Call) -> Answer {
    let file = wanted(context, call)?;
    if !file.is_listed() {
        return Err(Refusal::no_download_url());
    }
    let token = issue(context, file.id);
    let path = match context.store.redirects {
        Redirects::Hops(hops) => format!("hop/{hops}/"),
        Redirects::None | Redirects::To(_) => String::new(),
    };
    // The id is returned as it was sent.
    let id = call.optional("file_id").map_or_else(|| context.options.number(file.id), Into::into);
    let url = format!("{}/{path}{}?download_token={token}", context.origin, file.short_url());
    Ok(Success::data(json!({"file_id": id, "filename": context.options.text(&file.name), "download_url": url})))
}

fn wanted(context: &mut Context<'_>, call: &Call) -> Result<File, Refusal> {
    let short_url = call.optional("short_url").filter(|_| context.options.version >= Version::V5);
    let id = match (call.optional("file_id"), short_url) {
        (Some(_), _) => Some(call.id("file_id")),
        (None, Some(short_url)) => by_short_url(context, short_url).map(|file| file.id),
        (None, None) => return Err(Refusal::missing("file_id")),
    };
    context.store.own_file(id.unwrap_or_default()).cloned()
}

/// Returns the file that a short URL stands for.
pub(crate) fn by_short_url<'a>(context: &'a Context<'_>, short_url: &str) -> Option<&'a File> {
    context.store.files.values().find(|file| file.short_url() == short_url)
}

/// Issues a new token for a file.
pub(crate) fn issue(context: &mut Context<'_>, file: u64) -> String {
    let token = random_text(b"0123456789abcdef", TOKEN_LENGTH);
    let valid_until = later(context.now, context.options.link_ttl);
    context.store.links.insert(token.clone(), Link { file, valid_until, uses: 0 });
    token
}

/// Counts one use of a token, and returns whether it is valid for a file.
pub(crate) fn use_token(context: &mut Context<'_>, token: &str, file: u64) -> bool {
    let most = context.options.link_uses.unwrap_or(u32::MAX);
    let link = context.store.links.get_mut(token).filter(|link| link.file == file && link.uses < most);
    link.map(|link| link.uses += 1).is_some()
}
