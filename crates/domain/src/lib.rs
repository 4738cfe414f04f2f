//! The normalized model of every site, and the [`Provider`] trait that every adapter implements.
//!
//! These types are the types of the public API. They derive serde and utoipa's `ToSchema`, so that the adapters, the
//! cache and the OpenAPI document share one definition. This crate depends on no HTTP library and no runtime.

mod account;
mod capability;
mod conversion;
mod download;
mod entry_name;
mod error;
mod file;
mod folder;
mod ids;
mod limits;
mod listing;
mod media_type;
mod names;
mod network;
mod profile;
mod provider;
mod remote_source;
mod remote_upload;
mod sha1;
mod upload;
mod upload_report;

pub use account::{Account, AccountStatus};
pub use capability::{Capabilities, Capability, Support, UnknownCapability};
pub use conversion::{Conversion, ConversionQuery};
pub use download::{ByteRange, ContentRange, Download, FileRef, Link, LinkAnswer};
pub use entry_name::{EntryName, InvalidEntryName, NameGrammar};
pub use error::{Error, ErrorKind, Result, TransportFault, UpstreamAnswer};
pub use file::{File, FileEdit, FileLookup, FileStatus, FileType, JobState};
pub use folder::{Folder, FolderEdit, FolderType, NewFolder, PasswordChange, Visibility};
pub use ids::{ChildFolderId, FileId, FolderId, IdAlphabet, IdGrammar, RemoteUploadId, ShortCode, UnknownId};
pub use limits::Limits;
pub use listing::{Found, Listing, NativeCursor, keep_first};
pub use media_type::{InvalidMediaType, MediaType};
pub use names::{AccountName, DialectName, InvalidAccountName, Origin, ProviderId};
pub use network::{is_public_address, is_public_host};
pub use profile::{DeleteSemantics, Digest, FolderDeletion, ListingShape, Profile, SortKey};
pub use provider::Provider;
pub use remote_source::{HeaderFields, InvalidHeader, InvalidRemoteUrl, RemoteUrl};
pub use remote_upload::{NewRemoteUpload, RemoteUpload, RemoteUploadSelection};
pub use sha1::{InvalidSha1, Sha1Digest};
pub use upload::{
    ByteSource, ByteStream, Flowing, SizedStream, TicketRequest, TicketTransport, Upload, UploadBody, UploadTicket,
};
pub use upload_report::{Delivery, UploadReport};
