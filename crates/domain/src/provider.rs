//! The one interface between the gateway and the adapters.

use async_trait::async_trait;
use url::Url;

use crate::{
    Account, ByteRange, Conversion, ConversionQuery, Download, File, FileEdit, FileId, FileLookup, FileRef, Folder,
    FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NativeCursor, NewFolder, NewRemoteUpload, Profile,
    RemoteUpload, RemoteUploadSelection, Result, TicketRequest, Upload, UploadTicket,
};

/// One account at one site, in normalized words.
///
/// For every method:
/// - What the profile calls unsupported answers `Unsupported` with that capability, and sends nothing.
/// - What the profile calls native is done by the site; nothing is emulated here.
/// - An error inside the site's HTTP 200 is an error here.
/// - A refused credential is `CredentialsRejected`; a denied action under good credentials is `Forbidden`.
/// - A read that fails on the way is `Timeout`, `Unavailable` or `InvalidResponse`, retryable. A write whose bytes
///   may have gone and that got no readable answer is `OutcomeUnknown`, not retryable.
/// - No error, and nothing logged, holds a credential or a URL with its query.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What is known before the first request. Costs nothing.
    fn profile(&self) -> &Profile;

    /// The account, as the site describes it. Capability `account.read`.
    ///
    /// - Wrong credentials are `CredentialsRejected`.
    async fn account(&self) -> Result<Account>;

    /// What the plan allows. Capability `account.limits`.
    ///
    /// - A limit of 0 means none and is `None`.
    async fn limits(&self) -> Result<Limits>;

    /// Many files at once, as few calls as the site allows, side by side. Capability `files.lookup` where the site
    /// reads many in a call, and `files.read`.
    ///
    /// - One answer for each id, in the order asked.
    /// - An unknown id is `Failed` with `FileNotFound`; it does not spoil the others.
    /// - A file that the site calls broken is `Broken`, with what is known of it.
    /// - A call that fails fails the ids that it asked for; if all fail, the error is the first one's.
    /// - No id asks for nothing and sends nothing.
    /// - A site without `files.lookup` may be asked file by file, or answer `Unsupported`.
    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>>;

    /// An address that gives a file's bytes. Capability `files.download`.
    ///
    /// - The address is one that the gateway itself may go to.
    /// - An unknown file is `FileNotFound`.
    async fn link(&self, file: &FileRef) -> Result<LinkAnswer>;

    /// A file's bytes, or a range of them. Capability `files.download`.
    ///
    /// - A range is answered as that part of the file, or as the whole where the site does not do ranges.
    /// - A range that begins where the file has ended already is `RangeNotSatisfiable`.
    /// - The file's server gets no credential of the account. Its redirects are followed at most five times, and only
    ///   to where the gateway may go; else it is `InvalidResponse`.
    /// - Bytes are fetched as they are asked for; dropping the stream ends the fetching.
    /// - Bytes that end early, or stand still, are an error of the stream and never its end.
    /// - An unknown file is `FileNotFound`.
    async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download>;

    /// The address of a file's picture. Capability `files.thumbnail`.
    ///
    /// - An unknown file is `FileNotFound`.
    async fn thumbnail(&self, file: &FileId) -> Result<Url>;

    /// Sends a file. Capability `files.upload`.
    ///
    /// - What the site wants before the bytes (a session, an address) is got before the first byte is read.
    /// - The site gets exactly as many bytes as the body was said to have, under the name given. A body that has begun
    ///   to flow by is never sent twice; one that can be read again is sent again where the site refuses the session.
    /// - The answer has the site's id, name and size, and the folder that the file was sent to.
    /// - A refusal before any byte was read is that refusal, retryable where nothing was done; an unknown folder is
    ///   one where the site can be asked for it.
    /// - A body that gives fewer bytes than it was said to, or an error, is `BodyIncomplete`; the site gets no whole file.
    /// - An answer lost after the bytes went is `OutcomeUnknown`.
    /// - A success that does not tell the file's id is `Unnamed`: the file is there, and its folder lists it.
    /// - What the answer tells of a doubtful digest is passed on as it is told.
    /// - The upload's report says how much had gone out when the success arrived, and has the name and the `delete_url`
    ///   that the answer reports.
    /// - A declared `sha1` goes to a site that insists on it; its refusal is `Rejected`, and no file is left.
    async fn upload(&self, upload: Upload) -> Result<File>;

    /// An address that takes a file's bytes directly. Capability `files.upload_ticket`.
    async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket>;

    /// Changes a file's name or media type. Capabilities `files.rename`, `files.set_content_type`.
    ///
    /// - Answers the file where the site does, else `None`.
    /// - An unknown file is `FileNotFound`.
    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>>;

    /// Moves a file to a folder. Capability `files.move`.
    ///
    /// - The root is a folder like any other.
    /// - An unknown file or folder is `FileNotFound` or `FolderNotFound`; where the site does not say which is
    ///   missing, `FileNotFound`.
    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>>;

    /// Copies a file into a folder and answers the copy. Capability `files.copy`.
    ///
    /// - The site may give the copy another name.
    /// - An unknown file or folder is as for a move.
    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File>;

    /// Deletes a file, as the profile says: for good or into the trash. Capability `files.delete`.
    ///
    /// - An unknown file is `FileNotFound`.
    async fn delete_file(&self, file: &FileId) -> Result<()>;

    /// What is directly in a folder: all of it, or one native page. Capability `folders.list`.
    ///
    /// - An empty folder is an empty listing, of which nothing is unreadable.
    /// - An entry without a usable id is counted as unreadable. A field that cannot be read is `None`.
    /// - An answer that is no listing is `InvalidResponse`, not an empty listing.
    /// - A file names the folder that the site's answer names, else the one asked for.
    /// - An unknown folder is `FolderNotFound`.
    async fn list(&self, folder: &FolderId, from: Option<NativeCursor>) -> Result<Listing>;

    /// One folder. Capability `folders.read`.
    ///
    /// - An unknown folder is `FolderNotFound`.
    async fn folder(&self, folder: &FolderId) -> Result<Folder>;

    /// Makes a folder. Capabilities `folders.create`, and `folders.visibility` and `folders.password` where set.
    ///
    /// - An unknown parent is `FolderNotFound`, and no folder is made.
    async fn create_folder(&self, new: NewFolder) -> Result<Folder>;

    /// Changes a folder's name, visibility or password. Capabilities `folders.rename`, `folders.visibility`,
    /// `folders.password`.
    ///
    /// - Answers the folder where the site does, else `None`.
    /// - A password that is set or removed is so afterwards; a site that ignores the wish is `Rejected`.
    /// - The root cannot be changed: `FolderNotFound`, and nothing is sent.
    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>>;

    /// Moves a folder below another. Capability `folders.move`.
    ///
    /// - The root cannot be moved: `FolderNotFound`, and nothing is sent.
    /// - An unknown folder or parent is `FolderNotFound`.
    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>>;

    /// Deletes a folder with all that is in it. Capability `folders.delete`.
    ///
    /// - The root cannot be deleted: `FolderNotFound`, and nothing is sent.
    /// - An unknown folder is `FolderNotFound`.
    async fn delete_folder(&self, folder: &FolderId) -> Result<()>;

    /// Has the site fetch a file. Capabilities `remote_uploads.create`, and `remote_uploads.headers` where set.
    ///
    /// - Answers what the site's answer tells: at least the id.
    /// - An unknown folder is `FolderNotFound`, and nothing is fetched, where the site can be asked for it.
    async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload>;

    /// Remote uploads by id (capability `remote_uploads.read`), or the recent ones, newest first (capability
    /// `remote_uploads.list`).
    ///
    /// - Unknown ids are left out of the answer; one that was asked for alone may be `RemoteUploadNotFound`.
    /// - A failed one is `Failed` whatever its percentage says.
    /// - A list of recent ones of which no entry can be read is `InvalidResponse`; else what cannot be read is counted.
    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>>;

    /// Conversions, of all files or of one. Capability `conversions.list`.
    ///
    /// - A list of which no entry can be read is `InvalidResponse`; else what cannot be read is counted.
    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>>;

    /// Gives back what is held at the site (a session), in good order. May be called more than once.
    async fn close(&self);
}
