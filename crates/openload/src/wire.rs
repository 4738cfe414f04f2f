//! What the site sends, as it sends it. Every field may be missing, false, or of another type than the site's page
//! says; names in use at relatives of pstream.net stand beside its own.
//!
//! The attribute on each struct makes all of its optional fields read leniently.

use polyhost_upstream::decode::{self, List, Message, WireTime};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What every answer comes in.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    /// 200 for a success. It counts more than the HTTP status.
    pub(crate) status: Option<i64>,
    /// For people; never to be parsed.
    pub(crate) msg: Option<Message>,
    /// Read only when the status is known to be good.
    #[serde_with(skip_apply)]
    #[serde(default, borrow)]
    pub(crate) result: Option<&'a RawValue>,
}

/// A result that is one value, such as the address of `file/getsplash`.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text(#[serde(deserialize_with = "decode::lenient")] pub(crate) Option<String>);

/// `account/info`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Account {
    pub(crate) extid: Option<String>,
    /// As Streamtape has it.
    pub(crate) apiid: Option<String>,
    /// As HighLoad has it.
    pub(crate) id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) signup_at: Option<WireTime>,
    /// As Openload has it; -1 where there is no limit.
    pub(crate) storage_left: Option<i64>,
    /// As Openload has it.
    pub(crate) storage_used: Option<u64>,
}

/// One file of `file/info`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct FileInfo {
    pub(crate) id: Option<String>,
    /// 200, 404, 500, 451, 403: of this file alone.
    pub(crate) status: Option<i64>,
    pub(crate) name: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sha1: Option<String>,
    pub(crate) content_type: Option<String>,
}

/// `file/ul`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct UploadUrl {
    pub(crate) url: Option<String>,
    pub(crate) valid_until: Option<WireTime>,
}

/// The reply to the bytes of an upload.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Uploaded {
    /// Missing at some sites: then it stands in `url` alone.
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) sha1: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) url: Option<String>,
}

/// `remotedl/add`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemoteAdded {
    pub(crate) id: Option<String>,
    pub(crate) folderid: Option<String>,
}

/// One remote upload of `remotedl/status`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemoteStatus {
    pub(crate) id: Option<String>,
    pub(crate) remoteurl: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) progress_percent: Option<f64>,
    /// As Openload and Streamtape have it.
    pub(crate) bytes_loaded: Option<u64>,
    /// As Openload and Streamtape have it.
    pub(crate) bytes_total: Option<u64>,
    pub(crate) folderid: Option<String>,
    pub(crate) added: Option<WireTime>,
    pub(crate) last_update: Option<WireTime>,
    pub(crate) errormsg: Option<Message>,
    pub(crate) extid: Option<String>,
    /// As Streamtape has it.
    pub(crate) linkid: Option<String>,
    pub(crate) url: Option<String>,
}

/// `file/listfolder`
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderListing<'a> {
    #[serde(default, borrow)]
    pub(crate) folders: List<'a, FolderEntry>,
    #[serde(default, borrow)]
    pub(crate) files: List<'a, FileEntry>,
}

/// One folder of `file/listfolder`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderEntry {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
}

/// One file of `file/listfolder`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FileEntry {
    pub(crate) linkextid: Option<String>,
    /// As Streamtape has it.
    pub(crate) linkid: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) folder_id: Option<String>,
    /// As Openload has it.
    pub(crate) folderid: Option<String>,
    pub(crate) upload_at: Option<WireTime>,
    /// As Streamtape has it.
    pub(crate) created_at: Option<WireTime>,
    pub(crate) status: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) content_type: Option<String>,
    pub(crate) cstatus: Option<String>,
    /// As Openload has it.
    pub(crate) download_count: Option<u64>,
    pub(crate) link: Option<String>,
    pub(crate) embed_link: Option<String>,
}

/// `file/createfolder`
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderCreated {
    pub(crate) folderid: Option<String>,
}

/// One conversion of `file/converts`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Conversion {
    pub(crate) id: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) last_update: Option<WireTime>,
    pub(crate) progress: Option<f64>,
    pub(crate) retries: Option<u64>,
    pub(crate) link: Option<String>,
    pub(crate) linkextid: Option<String>,
}
