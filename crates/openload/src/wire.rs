//! The site's structures as the site sends them.
//!
//! Every field may be missing, false, or of another type than documented. The structs contain the names of fields at
//! pstream.net and at similar sites. The attribute on each struct makes all of its optional fields lenient.

use polyhost_upstream::decode::{self, List, Message, WireTime};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The envelope of every answer.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    /// 200 for a success. It overrides the HTTP status.
    pub(crate) status: Option<i64>,
    /// A message for people.
    pub(crate) msg: Option<Message>,
    /// The result, which is parsed only if the status is a success.
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
    /// The name at Streamtape.
    pub(crate) apiid: Option<String>,
    /// The name at HighLoad.
    pub(crate) id: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) signup_at: Option<WireTime>,
    /// Only at Openload; -1 where there is no limit.
    pub(crate) storage_left: Option<i64>,
    /// Only at Openload.
    pub(crate) storage_used: Option<u64>,
}

/// One file of `file/info`.
#[serde_with::apply(Option<_> => #[serde(default, deserialize_with = "decode::lenient")])]
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct FileInfo {
    pub(crate) id: Option<String>,
    /// The status of this file alone: 200, 404, 500, 451 or 403.
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
    /// The file's id. Some sites report it only in `url`.
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
    /// Only at Openload and Streamtape.
    pub(crate) bytes_loaded: Option<u64>,
    /// Only at Openload and Streamtape.
    pub(crate) bytes_total: Option<u64>,
    pub(crate) folderid: Option<String>,
    pub(crate) added: Option<WireTime>,
    pub(crate) last_update: Option<WireTime>,
    pub(crate) errormsg: Option<Message>,
    pub(crate) extid: Option<String>,
    /// The name at Streamtape.
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
    /// The name at Streamtape.
    pub(crate) linkid: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) sha1: Option<String>,
    pub(crate) folder_id: Option<String>,
    /// The name at Openload.
    pub(crate) folderid: Option<String>,
    pub(crate) upload_at: Option<WireTime>,
    /// The name at Streamtape.
    pub(crate) created_at: Option<WireTime>,
    pub(crate) status: Option<String>,
    pub(crate) size: Option<u64>,
    pub(crate) content_type: Option<String>,
    pub(crate) cstatus: Option<String>,
    /// Only at Openload.
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
