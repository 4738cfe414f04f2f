//! Parses and converts one answer of a site without a request, for the fuzz targets.

use jiff::tz::TimeZone;
use polyhost_domain::{
    Error, ErrorKind, FileId, FolderId, IdAlphabet, IdGrammar, Origin, RemoteUploadId, Result, UnknownId,
};
use polyhost_upstream::decode::{Unreadable, value};
use polyhost_upstream::{CallKind, Reply};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::convert::Convert;
use crate::documented::DOCUMENTED;
use crate::error::{Named, into_error, success};
use crate::listing::listing;
use crate::uploads::uploaded;
use crate::wire;
use polyhost_upstream::clock::zone;

/// The endpoints whose answers [`answer`] reads.
pub const OPERATIONS: [&str; 12] = [
    "authorize",
    "account/info",
    "account/package",
    "file/info",
    "file/download",
    "file/copy",
    "file/upload",
    "file/url_upload_add",
    "file/url_upload_status",
    "folder/listing",
    "folder/info",
    "folder/delete",
];

/// The objects that the request of an answer has named.
struct Requested {
    file: FileId,
    folder: FolderId,
    remote: RemoteUploadId,
}

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
    let ids = IdGrammar::new(IdAlphabet::Decimal, "null");
    let requested = requested(&ids).map_err(|unknown| Error::new(ErrorKind::FileNotFound).with_source(unknown))?;
    let convert = Convert { origin: origin.clone(), ids, digest: None, html_entities: true };
    let kind = match operation {
        "file/copy" | "file/upload" | "file/url_upload_add" | "folder/delete" => CallKind::Write,
        _ => CallKind::Read,
    };
    let reply = Reply::made(&origin.provider, operation, kind, http_status, body);
    read::<KEEP>(&convert, &reply, &requested)
}

fn requested(ids: &IdGrammar) -> std::result::Result<Requested, UnknownId> {
    Ok(Requested { file: ids.file("1253")?, folder: ids.folder("123")?, remote: ids.remote_upload("52")? })
}

fn read<const KEEP: bool>(convert: &Convert, reply: &Reply, requested: &Requested) -> Result<Value> {
    let Requested { file, folder, remote } = requested;
    Ok(match reply.operation() {
        "authorize" => json::<KEEP>(token(convert, reply)?),
        "account/info" => of::<KEEP, _, _>(convert, reply, Named::Nothing, |wire, zone| convert.account(wire, zone))?,
        "account/package" => {
            of::<KEEP, _, _>(convert, reply, Named::Nothing, |wire, _| convert.limits(wire, &wire::Account::default()))?
        }
        "file/info" => of::<KEEP, _, _>(convert, reply, Named::File(file), |wire, zone| convert.file(wire, zone))?,
        "file/download" => {
            of::<KEEP, _, _>(convert, reply, Named::ShortCode, |wire: wire::Download, _| wire.download_url)?
        }
        "file/copy" => {
            of::<KEEP, _, _>(convert, reply, Named::FileAndFolder(file, folder), |wire, zone| convert.file(wire, zone))?
        }
        "file/upload" => {
            let wire = uploaded(reply, Named::Upload(5), &convert.origin.account).map_err(into_error)?;
            json::<KEEP>(convert.uploaded(wire, folder))
        }
        "file/url_upload_add" => {
            let added = |wire, _: &_| convert.remote_added(&wire, "https://a.example/", folder);
            of::<KEEP, _, _>(convert, reply, Named::Folder(folder), added)?
        }
        "file/url_upload_status" => {
            let status = |wire, zone: &_| convert.remote_upload(remote.clone(), wire, zone);
            of::<KEEP, _, _>(convert, reply, Named::RemoteUpload(remote), status)?
        }
        "folder/listing" => {
            let utc = |_: Option<&str>| TimeZone::UTC;
            let listing = listing(convert, reply, Named::Folder(folder), folder, utc).map_err(into_error)?;
            json::<KEEP>((listing.folders, listing.files, listing.unreadable))
        }
        "folder/info" => {
            of::<KEEP, _, _>(convert, reply, Named::Folder(folder), |wire, zone| convert.folder(wire, zone, None))?
        }
        _ => success(reply, Named::Folder(folder), &convert.origin.account).map(|_| Value::Null).map_err(into_error)?,
    })
}

/// Returns the id of the account whose token a login's answer contains.
fn token(convert: &Convert, reply: &Reply) -> Result<Option<String>> {
    let success = success(reply, Named::Login, &convert.origin.account).map_err(into_error)?;
    let login: wire::Login = value(success.data.map_or("{}", RawValue::get)).unwrap_or_default();
    Ok(login.access_token.and(login.account_id))
}

fn of<const KEEP: bool, W: DeserializeOwned, T: Serialize>(
    convert: &Convert,
    reply: &Reply,
    named: Named<'_>,
    translate: impl Fn(W, &TimeZone) -> T,
) -> Result<Value> {
    let success = success(reply, named, &convert.origin.account).map_err(into_error)?;
    let data = success.data.ok_or_else(|| reply.unreadable(Unreadable::Missing("data")))?;
    let wire = reply.value(data.get(), &DOCUMENTED).map_err(|why| reply.unreadable(why))?;
    Ok(json::<KEEP>(translate(wire, &zone(success.clock.as_deref(), Some(jiff::Timestamp::UNIX_EPOCH)))))
}

fn json<const KEEP: bool>(value: impl Serialize) -> Value {
    if KEEP { serde_json::to_value(value).unwrap_or_default() } else { Value::Null }
}
