//! What the site sends, as it sends it. Every field may be missing, false, or of another type than the site's page
//! says; names in use at relatives of pstream.net stand beside its own.

use polyhost_upstream::decode::{self, Entries, WireTime};
use serde::Deserialize;
use serde_json::value::RawValue;

/// What every answer comes in.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope<'a> {
    /// 200 for a success. It counts more than the HTTP status.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) status: Option<i64>,
    /// For people; never to be parsed.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) msg: Option<String>,
    /// Read only when the status is known to be good.
    #[serde(default, borrow)]
    pub(crate) result: Option<&'a RawValue>,
}

/// A result that is one value, such as the address of `file/getsplash`.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text(#[serde(deserialize_with = "decode::lenient")] pub(crate) Option<String>);

/// `account/info`
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Account {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) extid: Option<String>,
    /// As Streamtape has it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) apiid: Option<String>,
    /// As HighLoad has it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) email: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) signup_at: Option<WireTime>,
}

/// One file of `file/info`.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct FileInfo {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) id: Option<String>,
    /// 200, 404, 500, 451, 403: of this file alone.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) status: Option<i64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) size: Option<u64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) sha1: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) content_type: Option<String>,
}

/// `file/ul`
#[derive(Debug, Default, Deserialize)]
pub(crate) struct UploadUrl {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) url: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) valid_until: Option<WireTime>,
}

/// The reply to the bytes of an upload.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Uploaded {
    /// Missing at some sites: then it stands in `url` alone.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) size: Option<u64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) sha1: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) content_type: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) url: Option<String>,
}

/// `remotedl/add`
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemoteAdded {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) folderid: Option<String>,
}

/// One remote upload of `remotedl/status`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RemoteStatus {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) remoteurl: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) progress_percent: Option<f64>,
    /// As Openload and Streamtape have it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) bytes_loaded: Option<u64>,
    /// As Openload and Streamtape have it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) bytes_total: Option<u64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) folderid: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) added: Option<WireTime>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) last_update: Option<WireTime>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) errormsg: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) extid: Option<String>,
    /// As Streamtape has it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) linkid: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) url: Option<String>,
}

/// `file/listfolder`
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderListing {
    #[serde(default)]
    pub(crate) folders: Entries<FolderEntry>,
    #[serde(default)]
    pub(crate) files: Entries<FileEntry>,
}

/// One folder of `file/listfolder`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderEntry {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) name: Option<String>,
}

/// One file of `file/listfolder`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FileEntry {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) linkextid: Option<String>,
    /// As Streamtape has it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) linkid: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) sha1: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) folder_id: Option<String>,
    /// As Openload has it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) folderid: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) upload_at: Option<WireTime>,
    /// As Streamtape has it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) created_at: Option<WireTime>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) size: Option<u64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) content_type: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) cstatus: Option<String>,
    /// As Openload has it.
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) download_count: Option<u64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) link: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) embed_link: Option<String>,
}

/// `file/createfolder`
#[derive(Debug, Default, Deserialize)]
pub(crate) struct FolderCreated {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) folderid: Option<String>,
}

/// One conversion of `file/converts`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Conversion {
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) id: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) name: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) status: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) last_update: Option<WireTime>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) progress: Option<f64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) retries: Option<u64>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) link: Option<String>,
    #[serde(default, deserialize_with = "decode::lenient")]
    pub(crate) linkextid: Option<String>,
}
