//! Parses and converts one answer of a site without a request, for the fuzz targets.

use jiff::tz::TimeZone;
use polyhost_domain::{FileStatus, FolderId, IdAlphabet, IdGrammar, Origin, Result};
use polyhost_upstream::decode::{List, Unreadable};
use polyhost_upstream::{CallKind, Reply};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use crate::convert::Convert;
use crate::error::{result, result_with};
use crate::listing::listing;
use crate::named::Named;
use crate::{Quirks, wire};

/// The endpoints whose answers [`answer`] reads; `upload` is the address that `file/ul` returns.
pub const OPERATIONS: [&str; 11] = [
    "account/info",
    "file/info",
    "file/getsplash",
    "file/ul",
    "upload",
    "remotedl/add",
    "remotedl/status",
    "file/listfolder",
    "file/createfolder",
    "file/converts",
    "file/delete",
];

/// Converts an answer to one of the [`OPERATIONS`], and returns the result as JSON.
///
/// # Errors
/// The errors of the operation's call.
pub fn answer(origin: &Origin, operation: &'static str, http_status: u16, body: &[u8]) -> Result<Value> {
    converted::<true>(origin, operation, http_status, body)
}

/// Parses and converts an answer, and discards the result.
///
/// # Errors
/// The errors of the operation's call.
pub fn read_only(origin: &Origin, operation: &'static str, http_status: u16, body: &[u8]) -> Result<()> {
    converted::<false>(origin, operation, http_status, body).map(drop)
}

fn converted<const KEEP: bool>(
    origin: &Origin,
    operation: &'static str,
    http_status: u16,
    body: &[u8],
) -> Result<Value> {
    let quirks = Quirks::default();
    let ids = IdGrammar::new(IdAlphabet::UrlSafe, &quirks.root_folder);
    let convert = Convert { origin: origin.clone(), ids, timezone: TimeZone::UTC, progress: quirks.progress };
    let kind = match operation {
        "upload" | "remotedl/add" | "file/createfolder" | "file/delete" => CallKind::Write,
        _ => CallKind::Read,
    };
    let reply = Reply::made(&origin.provider, operation, kind, http_status, body);
    read::<KEEP>(&convert, &reply)
}

fn read<const KEEP: bool>(convert: &Convert, reply: &Reply) -> Result<Value> {
    let root = &FolderId::Root;
    Ok(match reply.operation() {
        "account/info" => json::<KEEP>(convert.account(of(convert, reply, Named::Account)?)),
        "file/info" => {
            let account = &convert.origin.account;
            json::<KEEP>(result_with(reply, Named::Files, account, |list: Option<List<'_, _>>| files(convert, list))?)
        }
        "file/getsplash" => json::<KEEP>(of::<wire::Text>(convert, reply, Named::Files)?.0),
        "file/ul" => {
            let wire: wire::UploadUrl = of(convert, reply, Named::Nothing)?;
            json::<KEEP>((wire.url, convert.time(wire.valid_until.as_ref())))
        }
        "upload" => json::<KEEP>(convert.uploaded(&of(convert, reply, Named::UploadAddress(root))?, root)),
        "remotedl/add" => {
            json::<KEEP>(convert.remote_added(&of(convert, reply, Named::Nothing)?, "https://a.example/", root))
        }
        "remotedl/status" => {
            let account = &convert.origin.account;
            json::<KEEP>(
                result_with(reply, Named::Nothing, account, |list| {
                    convert.remote_uploads(list, |text| reply.shown(text))
                })?
                .items,
            )
        }
        "file/listfolder" => {
            let listing = listing(convert, reply, Named::Nothing, root)?;
            json::<KEEP>((listing.folders, listing.files, listing.unreadable))
        }
        "file/createfolder" => json::<KEEP>(of::<wire::FolderCreated>(convert, reply, Named::Nothing)?.folderid),
        "file/converts" => {
            let account = &convert.origin.account;
            json::<KEEP>(result_with(reply, Named::Nothing, account, |list| convert.conversions(list))?.items)
        }
        _ => of::<IgnoredAny>(convert, reply, Named::Files).map(|_| Value::Null)?,
    })
}

fn of<T: DeserializeOwned>(convert: &Convert, reply: &Reply, named: Named<'_>) -> Result<T> {
    result(reply, named, &convert.origin.account)
}

fn files(
    convert: &Convert,
    list: Option<List<'_, wire::FileInfo>>,
) -> std::result::Result<Vec<polyhost_domain::File>, Unreadable> {
    let entries = list.unwrap_or_default().read(|key, info| {
        let id = convert.ids.file(info.id.as_deref().or(key)?).ok()?;
        Some(convert.file_info(id, &info, FileStatus::Active))
    })?;
    Ok(entries.items)
}

fn json<const KEEP: bool>(value: impl Serialize) -> Value {
    if KEEP { serde_json::to_value(value).unwrap_or_default() } else { Value::Null }
}
