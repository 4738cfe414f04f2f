//! Uploads: the adapter asks for a node, sends the bytes there, and makes sure that the account has the file.

use std::time::Duration;

use polyhost_domain::{Error, ErrorKind, File, FileId, FileStatus, FolderId, Result, SortKey, Upload, UpstreamAnswer};
use polyhost_upstream::decode::{Unreadable, json};
use polyhost_upstream::{Call, CallKind, FilePart, Reply, SecretUrl};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::value::RawValue;
use tokio::time::sleep;
use url::Url;

use crate::client::Site;
use crate::error::upload_refusal;
use crate::files;
use crate::flavour::Authorization;
use crate::named::Named;
use crate::request::Request;
use crate::wire::{NodeAnswer, Text, Uploaded};

/// The pause before the second search for a file that no listing of the account shows.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// The node that takes an upload.
struct Node {
    url: Url,
    session: Option<SecretString>,
}

/// The options of a site's upload form.
pub(crate) struct FormOptions<'a> {
    pub(crate) file_field: &'a str,
    pub(crate) utype: &'static str,
}

/// Uploads a file.
///
/// # Errors
/// `FolderNotFound`, before a byte is read; `UploadNotOwned`; the refusal of the site; or the error of a call.
pub(crate) async fn upload(site: &Site, options: &FormOptions<'_>, upload: Upload) -> Result<File> {
    let form = &site.traits.upload;
    site.check_folder(&upload.folder).await?;
    let node = node(site).await?;
    let url = address(site, options, &node)?;
    let part = FilePart {
        fields: fields(site, options, &node, &upload),
        field: options.file_field.to_owned(),
        file_name: upload.name.as_str().to_owned(),
        content_type: upload.content_type.clone(),
        body: upload.body.clone(),
        report: upload.report.clone(),
    };
    let call = Call::post("upload", CallKind::Write, SecretUrl::handed_out(url)).with_secret(site.key.clone());
    let call = node.session.into_iter().fold(call, Call::with_secret);
    let stored = site.http.upload(call, part, |reply, _| stored(site, &reply)).await?;
    upload.report.note_name(stored.name.as_deref());
    let folder_id = match (form.authorization, form.folder) {
        (Authorization::Session, _) => owned_folder(site, &stored.id, &upload.folder).await?,
        (_, Some(_)) => upload.folder.clone(),
        (_, None) => FolderId::Root,
    };
    let has_sizes = site.traits.sort_keys.contains(&SortKey::Size);
    let stored = if stored.size.is_none() && has_sizes { described(site, stored).await } else { stored };
    let named = stored.name.as_deref().map(|name| site.convert.names.decode(name));
    let file = File {
        name: named.or_else(|| Some(upload.name.as_str().to_owned())),
        folder_id: Some(folder_id),
        size: stored.size,
        status: FileStatus::Active,
        ..File::bare(&site.convert.origin, stored.id)
    };
    Ok(in_folder(site, file, upload.folder).await)
}

/// Asks for a node. Each upload needs its own.
async fn node(site: &Site) -> Result<Node> {
    site.call(Request::read("upload/server"), Named::Nothing, |answer| {
        let url = answer.value::<Text>().ok().and_then(|text| text.0).and_then(|text| text.parse::<Url>().ok());
        let full = answer.message.as_deref().is_some_and(|message| message.to_lowercase().contains("no servers"));
        match url {
            Some(url) => Ok(Node { url, session: answer.sess_id.clone().map(SecretString::from) }),
            None if full => {
                let detail = "The site has no free server for uploads. Nothing was sent.";
                let error = answer.reply.error(ErrorKind::Unavailable, None, answer.message.as_deref());
                Err(error.retryable(true).with_detail(detail))
            }
            None => Err(answer.missing("an upload address")),
        }
    })
    .await
}

/// Returns the address for the bytes. The form has the key or a session, so it goes to public addresses and over TLS
/// only, unless the API itself has no TLS.
fn address(site: &Site, options: &FormOptions<'_>, node: &Node) -> Result<Url> {
    let reject = |detail: &str| {
        let error = Error::new(ErrorKind::InvalidResponse).at(&site.http.origin().provider, "upload/server");
        error.with_detail(detail)
    };
    site.http.admit("upload/server", &node.url)?;
    if node.url.scheme() != "https" && site.base_url.scheme() != "http" {
        return Err(reject("The site returned an upload address without TLS, which would expose the key."));
    }
    let mut url = node.url.clone();
    match site.traits.upload.authorization {
        Authorization::Key => {}
        Authorization::KeyAndQuery => {
            url.set_query(Some(site.key.expose_secret()));
        }
        Authorization::Session if node.session.is_none() => return Err(reject("The site returned no upload session.")),
        Authorization::Session => {
            url.query_pairs_mut().append_pair("upload_type", "file").append_pair("utype", options.utype);
        }
    }
    Ok(url)
}

/// Returns the fields of the form before the file. Nodes read the form in its order.
fn fields(site: &Site, options: &FormOptions<'_>, node: &Node, upload: &Upload) -> Vec<(String, SecretString)> {
    let form = &site.traits.upload;
    let mut fields: Vec<(&str, SecretString)> = match form.authorization {
        Authorization::Key => vec![("key", site.key.clone())],
        Authorization::KeyAndQuery => vec![("api_key", site.key.clone())],
        Authorization::Session => {
            let session = node.session.clone().unwrap_or_default();
            vec![("sess_id", session), ("utype", SecretString::from(options.utype))]
        }
    };
    if let (Some(field), FolderId::Child(folder)) = (form.folder, &upload.folder) {
        fields.push((field, SecretString::from(folder.as_str())));
    }
    if let Some(field) = form.title {
        fields.push((field, SecretString::from(upload.name.as_str())));
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A file that the site says it has stored.
struct Stored {
    id: FileId,
    name: Option<String>,
    size: Option<u64>,
}

/// Reads the answer of a node.
///
/// # Errors
/// The refusal; `OutcomeUnknown` for an answer that cannot be read.
fn stored(site: &Site, reply: &Reply) -> Result<Stored> {
    let Ok(text) = std::str::from_utf8(reply.body()) else { return Err(reply.foreign(Unreadable::Shape)) };
    let text = text.trim();
    if let Some(words) = text.strip_prefix("ERROR:") {
        return Err(upload_refusal(reply, words.trim(), site.account()));
    }
    let row = match text.as_bytes().first() {
        Some(b'<') => of_page(text),
        Some(b'[') => only(json::<Vec<Uploaded>>(text.as_bytes()).ok()),
        Some(b'{') => match json::<NodeAnswer<'_>>(text.as_bytes()) {
            Ok(answer) => of_object(site, reply, answer, text)?,
            // The site writes this JSON by hand, and does not escape the name in it.
            Err(_) => of_broken(text),
        },
        _ => None,
    };
    let Some(row) = row else { return Err(reply.foreign(Unreadable::Missing("the uploaded file"))) };
    let words = row.file_status.or(row.status).map(|words| words.0);
    let refused = words.as_deref().filter(|words| !words.eq_ignore_ascii_case("ok") && *words != "200");
    if let Some(words) = refused {
        return Err(upload_refusal(reply, words, site.account()));
    }
    let code = row.file_code.or(row.filecode).or(row.code);
    let id = code.as_deref().filter(|code| *code != "undef").and_then(|code| site.convert.ids.file(code).ok());
    let Some(id) = id else {
        let error = reply.error(ErrorKind::Rejected, None, words.as_deref());
        return Err(error.with_detail("The site discarded the file: its answer has no id of it."));
    };
    Ok(Stored { id, name: row.file_title.or(row.title).or(row.filename), size: row.size })
}

fn only(rows: Option<Vec<Uploaded>>) -> Option<Uploaded> {
    rows?.into_iter().next()
}

/// Returns the file in an object: in `files`, `result` or `file`, or the object itself.
fn of_object(site: &Site, reply: &Reply, answer: NodeAnswer<'_>, text: &str) -> Result<Option<Uploaded>> {
    let entry = |raw: &RawValue| serde_json::from_str::<Uploaded>(raw.get()).ok();
    if let Some(row) = answer.file.and_then(entry) {
        return Ok(Some(row));
    }
    for list in [answer.files, answer.result] {
        let rows = list.read(|_, row| Some(row)).unwrap_or_default();
        if let Some(row) = rows.items.into_iter().next() {
            return Ok(Some(row));
        }
    }
    let whole: Option<Uploaded> = serde_json::from_str(text).ok();
    let whole = whole.filter(|row| row.file_code.is_some() || row.filecode.is_some() || row.file_status.is_some());
    match (whole, answer.status, answer.msg) {
        (Some(row), ..) => Ok(Some(row)),
        (None, Some(status), Some(message)) if status != 200 => Err(upload_refusal(reply, &message.0, site.account())),
        _ => Ok(None),
    }
}

/// Returns the file in the page of an old node, which has its fields in text areas.
fn of_page(page: &str) -> Option<Uploaded> {
    let area = |name: &str| {
        let from = ["\"", "'"].iter().find_map(|quote| page.split_once(&format!("name={quote}{name}{quote}")))?.1;
        let (_, text) = from.split_once('>')?;
        Some(text.split_once('<')?.0.trim().to_owned())
    };
    let status = polyhost_upstream::decode::Message(area("st")?);
    Some(Uploaded { file_code: area("fn"), file_status: Some(status), ..Uploaded::default() })
}

/// Returns the file in JSON that a file's name has broken.
fn of_broken(text: &str) -> Option<Uploaded> {
    let code = ["\"filecode\":\"", "\"file_code\":\""].iter().find_map(|key| text.split_once(key))?.1;
    Some(Uploaded { file_code: Some(code.split_once('"')?.0.to_owned()), ..Uploaded::default() })
}

/// Adds the name and the size, which the node's answer lacks.
async fn described(site: &Site, stored: Stored) -> Stored {
    let found = files::lookup(site, std::slice::from_ref(&stored.id)).await.ok();
    match found.and_then(|mut found| files::found(found.pop()?)) {
        Some(file) => Stored { name: file.name, size: file.size, ..stored },
        None => stored,
    }
}

/// Returns the folder in which the account has an uploaded file. The site may have stored it outside of the account.
///
/// # Errors
/// `UploadNotOwned`; `OutcomeUnknown` where the account's listings cannot be read.
async fn owned_folder(site: &Site, id: &FileId, folder: &FolderId) -> Result<FolderId> {
    let unknown = |error: Error| {
        let detail = format!(
            "The site has stored the file \"{id}\", but whether it is the account's cannot be looked up. \
             Check before you send the file again."
        );
        error.into_kind(ErrorKind::OutcomeUnknown).retryable(false).with_detail(detail)
    };
    for pause in [Duration::ZERO, SECOND_LOOK] {
        sleep(pause).await;
        for folder in [folder, &FolderId::Root] {
            if site.holds(folder, id).await.map_err(unknown)? {
                return Ok(folder.clone());
            }
        }
    }
    let detail =
        format!("The site stored the bytes as the file \"{id}\" of an anonymous user. No call can delete that file.");
    let answer = UpstreamAnswer { message: Some(id.to_string()), ..UpstreamAnswer::default() };
    let error = Error::new(ErrorKind::UploadNotOwned).at(&site.http.origin().provider, "upload");
    Err(error.with_answer(answer).with_detail(detail))
}

/// Moves an uploaded file to its folder, if it is not there yet. The upload has succeeded, so a failed move is no error:
/// the file stays where it is.
async fn in_folder(site: &Site, file: File, folder: FolderId) -> File {
    if file.folder_id.as_ref() == Some(&folder) {
        return file;
    }
    match files::relocate(site, &file.id, &folder).await {
        Ok(moved) => {
            let id = moved.map_or_else(|| file.id.clone(), |moved| moved.id);
            File { id, folder_id: Some(folder), ..file }
        }
        Err(error) => {
            tracing::warn!(%error, "an uploaded file stays in the root folder");
            file
        }
    }
}
