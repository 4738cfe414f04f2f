//! The interface between the gateway and the adapters.

use async_trait::async_trait;
use url::Url;

use crate::{
    Account, ByteRange, Conversion, ConversionQuery, Download, File, FileEdit, FileId, FileLookup, FileRef, Folder,
    FolderEdit, FolderId, Found, Limits, LinkAnswer, Listing, NativeCursor, NewFolder, NewRemoteUpload, Profile,
    RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result, TicketRequest, Upload, UploadTicket,
};

/// One account at one site, with normalized operations.
///
/// For every method:
/// - A capability that the profile lists as unsupported returns `Unsupported` with that capability. No request is sent.
/// - A capability that the profile lists as native is an operation of the site. Adapters emulate nothing.
/// - An error inside the site's HTTP 200 is returned as an error.
/// - Rejected credentials are `CredentialsRejected`; a denied action under accepted credentials is `Forbidden`.
/// - A read without a readable answer is `Timeout`, `Unavailable` or `InvalidResponse`, retryable.
/// - A write that may have been sent, and has no readable answer, is `OutcomeUnknown`, not retryable.
/// - No error and no log line contains a credential or a URL with its query.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Returns the properties that are known before the first request. Sends nothing.
    fn profile(&self) -> &Profile;

    /// Returns the account with the data that the site reports. Capability `account.read`.
    ///
    /// - Wrong credentials are `CredentialsRejected`.
    async fn account(&self) -> Result<Account>;

    /// Returns the limits of the account's plan. Capability `account.limits`.
    ///
    /// - A limit of 0 at the site means "no limit" and is `None`.
    async fn limits(&self) -> Result<Limits>;

    /// Returns many files, with as few requests as the site allows, which run concurrently. Capability `files.lookup`
    /// where the site returns many files in a call, and `files.read`.
    ///
    /// - The result has one entry for each id, in the order of the ids.
    /// - An unknown id is `Failed` with `FileNotFound`; the other ids are not affected.
    /// - A file that the site reports as broken is `Broken`, with its known fields.
    /// - If a request fails, only its ids fail. If all requests fail, the first one's error is returned.
    /// - Without ids, no request is sent.
    /// - Without `files.lookup`, the adapter may request each file separately, or return `Unsupported`.
    async fn files(&self, ids: &[FileId]) -> Result<Vec<FileLookup>>;

    /// Returns an address from which a file's bytes can be downloaded. Capability `files.download`.
    ///
    /// - The address is one that the gateway itself may connect to.
    /// - An unknown file is `FileNotFound`.
    async fn link(&self, file: &FileRef) -> Result<LinkAnswer>;

    /// Downloads a file's bytes, or a range of them. Capability `files.download`.
    ///
    /// - For a range, the download is that part of the file, or the whole file where the site does not support ranges.
    /// - A range that begins at or after the end of the file is `RangeNotSatisfiable`.
    /// - The file's server gets no credential of the account. At most five of its redirects are followed, and only to
    ///   addresses that the gateway may connect to. Any other redirect is `InvalidResponse`.
    /// - Bytes are fetched when the stream is polled. Dropping the stream cancels the download.
    /// - Bytes that end early or stop arriving are an error of the stream, never its end.
    /// - An unknown file is `FileNotFound`.
    async fn open(&self, file: &FileRef, range: Option<ByteRange>) -> Result<Download>;

    /// Returns the address of a file's thumbnail. Capability `files.thumbnail`.
    ///
    /// - An unknown file is `FileNotFound`.
    async fn thumbnail(&self, file: &FileId) -> Result<Url>;

    /// Uploads a file. Capability `files.upload`.
    ///
    /// - Requests that must precede the bytes (for a session or an address) are made before the first byte is read.
    /// - The site receives exactly as many bytes as the body announces, under the given name.
    /// - A body that can be read only once is never sent again after its first byte was read. A body that can be read
    ///   again is sent again if the site rejects the session.
    /// - The result has the site's id, name and size, and the folder that the file was sent to.
    /// - If the site rejects the upload before a byte was read, that error is returned, retryable if the site did
    ///   nothing. An unknown folder is such an error where the site has an operation that checks the folder.
    /// - A body that has fewer bytes than it announces, or fails, is `BodyIncomplete`. The site gets no whole file.
    /// - An answer that is lost after the bytes were sent is `OutcomeUnknown`.
    /// - A file that the site has stored outside of the account is `UploadNotOwned`.
    /// - A success without the file's id is `Unnamed`: the file exists, and its folder lists it.
    /// - A doubtful digest in the answer is returned unchanged.
    /// - The upload's report has the amount that had been sent when the success arrived, and the name and the
    ///   `delete_url` in the site's answer.
    /// - A declared `sha1` is sent to sites that verify it. If the site rejects the file, the error is `Rejected`, and
    ///   no file remains.
    async fn upload(&self, upload: Upload) -> Result<File>;

    /// Returns an address to which a client uploads a file's bytes directly. Capability `files.upload_ticket`.
    async fn upload_ticket(&self, request: TicketRequest) -> Result<UploadTicket>;

    /// Changes a file's name or media type. Capabilities `files.rename`, `files.set_content_type`.
    ///
    /// - Returns the file where the site's answer contains it, else `None`.
    /// - An unknown file is `FileNotFound`.
    async fn edit_file(&self, file: &FileId, edit: FileEdit) -> Result<Option<File>>;

    /// Moves a file to a folder. Capability `files.move`.
    ///
    /// - At some sites, the file gets another id. Then the result has the new id, and the old one is unknown.
    /// - The folder may be the root.
    /// - An unknown file is `FileNotFound`, and an unknown folder is `FolderNotFound`. Where the site does not report
    ///   which of them is missing, the error is `FileNotFound`.
    async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<Option<File>>;

    /// Copies a file into a folder and returns the copy. Capability `files.copy`.
    ///
    /// - The site may give the copy another name.
    /// - An unknown file or folder is the same error as in a move.
    async fn copy_file(&self, file: &FileId, folder: &FolderId) -> Result<File>;

    /// Deletes a file, permanently or into the trash as the profile states. Capability `files.delete`.
    ///
    /// - An unknown file is `FileNotFound`.
    async fn delete_file(&self, file: &FileId) -> Result<()>;

    /// Lists the folders and files directly in a folder, or one native page of them. Capability `folders.list`.
    ///
    /// - An empty folder is an empty listing without unreadable entries.
    /// - An entry without a usable id is counted as unreadable. A field that cannot be read is `None`.
    /// - An answer that is not a listing is `InvalidResponse`, not an empty listing.
    /// - A file's folder is the one in the site's answer. Where the answer has none, it is the listed folder.
    /// - An unknown folder is `FolderNotFound`.
    async fn list(&self, folder: &FolderId, from: Option<NativeCursor>) -> Result<Listing>;

    /// Returns one folder. Capability `folders.read`.
    ///
    /// - An unknown folder is `FolderNotFound`.
    async fn folder(&self, folder: &FolderId) -> Result<Folder>;

    /// Creates a folder. Capabilities `folders.create`, and `folders.visibility` and `folders.password` where set.
    ///
    /// - An unknown parent is `FolderNotFound`, and no folder is created.
    async fn create_folder(&self, new: NewFolder) -> Result<Folder>;

    /// Changes a folder's name, visibility or password. Capabilities `folders.rename`, `folders.visibility`,
    /// `folders.password`.
    ///
    /// - Returns the folder where the site's answer contains it, else `None`.
    /// - On success, the password has been set or removed. If the site ignores that change, the error is `Rejected`.
    /// - The root cannot be changed: `FolderNotFound`, and nothing is sent.
    async fn edit_folder(&self, folder: &FolderId, edit: FolderEdit) -> Result<Option<Folder>>;

    /// Moves a folder below another. Capability `folders.move`.
    ///
    /// - The root cannot be moved: `FolderNotFound`, and nothing is sent.
    /// - An unknown folder or parent is `FolderNotFound`.
    async fn move_folder(&self, folder: &FolderId, parent: &FolderId) -> Result<Option<Folder>>;

    /// Deletes a folder. Capability `folders.delete`.
    ///
    /// - Its contents are deleted too, or the folder is `FolderNotEmpty`, as the profile states.
    /// - The root cannot be deleted: `FolderNotFound`, and nothing is sent.
    /// - An unknown folder is `FolderNotFound`.
    async fn delete_folder(&self, folder: &FolderId) -> Result<()>;

    /// Creates a remote upload: the site fetches a file. Capabilities `remote_uploads.create`, and
    /// `remote_uploads.headers` where set.
    ///
    /// - Returns the fields in the site's answer: at least the id.
    /// - Where the site has an operation that checks the folder, an unknown one is `FolderNotFound`, and nothing is
    ///   fetched.
    async fn add_remote_upload(&self, new: NewRemoteUpload) -> Result<RemoteUpload>;

    /// Returns remote uploads by id (capability `remote_uploads.read`), or the recent ones, newest first (capability
    /// `remote_uploads.list`).
    ///
    /// - Unknown ids are left out; a single unknown id may be `RemoteUploadNotFound`.
    /// - A failed remote upload is `Failed`, even if its percentage is 100.
    /// - A list of recent ones in which no entry can be read is `InvalidResponse`. Otherwise, unreadable entries are
    ///   counted.
    async fn remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>>;

    /// Cancels a remote upload that has not ended. Capability `remote_uploads.cancel`.
    ///
    /// - An unknown remote upload is `RemoteUploadNotFound`.
    async fn cancel_remote_upload(&self, id: &RemoteUploadId) -> Result<()>;

    /// Lists the conversions of all files or of one file. Capability `conversions.list`.
    ///
    /// - A list in which no entry can be read is `InvalidResponse`. Otherwise, unreadable entries are counted.
    async fn conversions(&self, query: ConversionQuery) -> Result<Found<Conversion>>;

    /// Ends the account's session at the site, if there is one, by logging out. May be called more than once.
    async fn close(&self);
}
