//! The site's endpoints: one function for each, which returns the site's data.

use polyhost_domain::{
    AccountName, Conversion, EntryName, Error, ErrorKind, FileId, FolderId, Found, IdGrammar, Listing, NewRemoteUpload,
    RemoteUpload, RemoteUploadId, Result, TicketRequest, TicketTransport,
};
use polyhost_upstream::decode::{List, Unreadable};
use polyhost_upstream::{Call, CallKind, Client, FilePart, Reply, SecretUrl};
use secrecy::SecretString;
use serde::de::{DeserializeOwned, IgnoredAny};
use url::Url;

use crate::RemoteHeaders;
use crate::auth::Auth;
use crate::convert::Convert;
use crate::error::{result, result_with};
use crate::listing::listing;
use crate::named::Named;
use crate::wire;

/// The endpoints of a site, for one account.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) http: Client,
    pub(crate) base_url: Url,
    pub(crate) ids: IdGrammar,
    pub(crate) auth: Auth,
    pub(crate) remote_headers: RemoteHeaders,
}

/// A value that the site has sent, with the answer that contained it.
#[derive(Debug)]
pub(crate) struct Answered<T> {
    pub(crate) value: T,
    pub(crate) reply: Reply,
}

impl<T> Answered<T> {
    /// Returns the error for an answer in which a required part is missing.
    pub(crate) fn missing(&self, what: &'static str) -> Error {
        self.reply.unreadable(Unreadable::Missing(what))
    }
}

/// The result of a confirmed write: `true`, or any other value that is not `false`.
type Confirmed = IgnoredAny;

impl Site {
    pub(crate) async fn account_info(&self) -> Result<Answered<wire::Account>> {
        let answered: Answered<wire::Account> =
            self.send(self.get("account/info", CallKind::Read), Named::Account).await?;
        // An answer without an id describes no account, and proves nothing about the credentials.
        match &answered.value {
            wire::Account { extid: None, apiid: None, id: None, .. } => Err(answered.missing("the account's id")),
            _ => Ok(answered),
        }
    }

    /// Reads at most 50 files. `match_ids` assigns the entries of the answer to the ids.
    pub(crate) async fn file_info<T>(
        &self,
        ids: &[FileId],
        match_ids: impl Fn(&Reply, Option<List<'_, wire::FileInfo>>) -> std::result::Result<T, Unreadable>,
    ) -> Result<T> {
        let list = ids.iter().map(FileId::as_str).collect::<Vec<_>>().join(",");
        let named = match ids {
            [id] => Named::File(id),
            _ => Named::Files,
        };
        let request = self.get("file/info", CallKind::Read).with("file", &list);
        self.call_with(request, |reply| result_with(reply, named, self.account(), |list| match_ids(reply, list))).await
    }

    pub(crate) async fn splash(&self, file: &FileId) -> Result<Answered<wire::Text>> {
        let request = self.get("file/getsplash", CallKind::Read).with("file", file.as_str());
        self.call(request, Named::File(file)).await
    }

    /// Requests an address for an upload. It is a read, because it changes nothing.
    pub(crate) async fn upload_url(&self, ticket: &TicketRequest) -> Result<Answered<wire::UploadUrl>> {
        let request = self.get("file/ul", CallKind::Read).with_folder("folder", &ticket.folder);
        let request = match &ticket.sha1 {
            Some(sha1) => request.with("sha1", sha1.as_str()),
            None => request,
        };
        let request = match ticket.transport {
            TicketTransport::SiteDefault => request,
            TicketTransport::PlainHttp => request.with("httponly", "true"),
        };
        self.call(request, named_unless_root(&ticket.folder)).await
    }

    /// Sends a file's bytes to an address for an upload. Only the address authorizes the upload.
    pub(crate) async fn upload(
        &self,
        address: Url,
        folder: &FolderId,
        file: FilePart,
    ) -> Result<Answered<wire::Uploaded>> {
        let call = Call::post("upload", CallKind::Write, SecretUrl::handed_out(address));
        self.http.upload(call, file, |reply, _| self.read(reply, Named::UploadAddress(folder))).await
    }

    pub(crate) async fn remote_add(&self, new: &NewRemoteUpload) -> Result<Answered<wire::RemoteAdded>> {
        let request = self.get("remotedl/add", CallKind::Write).with("url", new.url.as_str());
        let request = request.with_folder("folder", &new.folder);
        let request = new.headers.iter().fold(request, |request, (_, value)| request.hiding(value));
        let fields = new.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        let request = match self.remote_headers {
            RemoteHeaders::List => fields.fold(request, |request, field| request.with_secret("headers[]", &field)),
            RemoteHeaders::Lines if new.headers.is_empty() => request,
            RemoteHeaders::Lines => request.with_secret("headers", &fields.collect::<Vec<_>>().join("\n")),
        };
        self.call(request, named_unless_root(&new.folder)).await
    }

    /// Reads one remote upload. `find` returns it from the list in the answer.
    pub(crate) async fn remote_status<T>(
        &self,
        id: &RemoteUploadId,
        find: impl Fn(&Reply, Option<List<'_, wire::RemoteStatus>>) -> Result<T>,
    ) -> Result<T> {
        let (request, named) = (self.get("remotedl/status", CallKind::Read), Named::RemoteUpload(id));
        self.call_with(request.with("id", id.as_str()), |reply| {
            let found = result_with(reply, named, self.account(), |list| Ok(find(reply, list)));
            found.and_then(|found| found)
        })
        .await
    }

    /// Lists recent remote uploads. `limit` is at most 100.
    pub(crate) async fn remote_recent(&self, limit: u32, convert: &Convert) -> Result<Found<RemoteUpload>> {
        let request = self.get("remotedl/status", CallKind::Read).with("limit", &limit.to_string());
        self.call_with(request, |reply| {
            result_with(reply, Named::Nothing, self.account(), |list| {
                convert.remote_uploads(list, |text| reply.shown(text))
            })
        })
        .await
    }

    pub(crate) async fn remote_remove(&self, id: &RemoteUploadId) -> Result<()> {
        let request = self.get("remotedl/remove", CallKind::Write).with("id", id.as_str());
        self.confirm(request, Named::RemoteUpload(id)).await
    }

    pub(crate) async fn list_folder(&self, folder: &FolderId, convert: &Convert) -> Result<Listing> {
        let request = self.get("file/listfolder", CallKind::Read).with_folder("folder", folder);
        let named = named_unless_root(folder);
        self.call_with(request, |reply| listing(convert, reply, named, folder)).await
    }

    pub(crate) async fn create_folder(
        &self,
        parent: &FolderId,
        name: &EntryName,
    ) -> Result<Answered<wire::FolderCreated>> {
        let request = self.get("file/createfolder", CallKind::Write).with("name", name.as_str());
        self.call(request.with_folder("pid", parent), named_unless_root(parent)).await
    }

    pub(crate) async fn rename_folder(&self, folder: &FolderId, name: &EntryName) -> Result<()> {
        let request = self.get("file/renamefolder", CallKind::Write);
        let request = request.with("folder", self.ids.folder_for_site(folder)).with("name", name.as_str());
        self.confirm(request, Named::Folder(folder)).await
    }

    /// Deletes a folder with every video in it.
    pub(crate) async fn delete_folder(&self, folder: &FolderId) -> Result<()> {
        let request = self.get("file/deletefolder", CallKind::Write);
        self.confirm(request.with("folder", self.ids.folder_for_site(folder)), Named::Folder(folder)).await
    }

    pub(crate) async fn rename(&self, file: &FileId, name: &EntryName) -> Result<()> {
        let request = self.get("file/rename", CallKind::Write).with("file", file.as_str());
        self.confirm(request.with("name", name.as_str()), Named::File(file)).await
    }

    /// Moves a file. In this call, the root cannot be left out.
    pub(crate) async fn move_file(&self, file: &FileId, folder: &FolderId) -> Result<()> {
        let request = self.get("file/move", CallKind::Write).with("file", file.as_str());
        let named = match folder {
            FolderId::Root => Named::File(file),
            FolderId::Child(_) => Named::FileAndFolder(file, folder),
        };
        self.confirm(request.with("folder", self.ids.folder_for_site(folder)), named).await
    }

    pub(crate) async fn delete(&self, file: &FileId) -> Result<()> {
        let request = self.get("file/delete", CallKind::Write).with("file", file.as_str());
        self.confirm(request, Named::File(file)).await
    }

    /// Lists conversions. In the documentation, the parameter for the file is `id` in the URL and `file` in the table,
    /// so both are sent.
    pub(crate) async fn converts(
        &self,
        file: Option<&FileId>,
        limit: u32,
        convert: &Convert,
    ) -> Result<Found<Conversion>> {
        let request = self.get("file/converts", CallKind::Read).with("limit", &limit.to_string());
        let (request, named) = match file {
            Some(id) => (request.with("id", id.as_str()).with("file", id.as_str()), Named::File(id)),
            None => (request, Named::Nothing),
        };
        self.call_with(request, |reply| result_with(reply, named, self.account(), |list| convert.conversions(list)))
            .await
    }

    async fn confirm(&self, request: Request, named: Named<'_>) -> Result<()> {
        self.call::<Confirmed>(request, named).await.map(drop)
    }

    /// Sends a request, and determines the cause of a denial.
    async fn call<T: DeserializeOwned>(&self, request: Request, named: Named<'_>) -> Result<Answered<T>> {
        self.resolve_denial(self.send(request, named).await).await
    }

    /// Does the same as [`Site::call`], with `read` to decode the answer.
    async fn call_with<T>(&self, request: Request, read: impl Fn(&Reply) -> Result<T>) -> Result<T> {
        self.resolve_denial(self.http.send(request.into_call(), |reply| read(&reply)).await).await
    }

    /// Returns the outcome of a call. Where it is a denial, the account is read to find out whether the site denied the
    /// action or the credentials.
    async fn resolve_denial<T>(&self, outcome: Result<T>) -> Result<T> {
        match outcome {
            Err(denial) if denial.kind() == ErrorKind::Forbidden => {
                let account = async { self.account_info().await.map(drop) };
                Err(self.auth.classify_denial(denial, self.http.deadline(), account).await)
            }
            outcome => outcome,
        }
    }

    async fn send<T: DeserializeOwned>(&self, request: Request, named: Named<'_>) -> Result<Answered<T>> {
        self.http.send(request.into_call(), |reply| self.read(reply, named)).await
    }

    fn read<T: DeserializeOwned>(&self, reply: Reply, named: Named<'_>) -> Result<Answered<T>> {
        let value = result(&reply, named, self.account())?;
        Ok(Answered { value, reply })
    }

    pub(crate) fn account(&self) -> &AccountName {
        &self.http.origin().account
    }

    fn get(&self, operation: &'static str, kind: CallKind) -> Request {
        let url = self.auth.sign(SecretUrl::endpoint(&self.base_url, operation));
        Request { operation, kind, url, hidden: Vec::new() }
    }
}

/// A request before it is sent.
struct Request {
    operation: &'static str,
    kind: CallKind,
    url: SecretUrl,
    hidden: Vec<SecretString>,
}

impl Request {
    fn with(mut self, name: &str, value: &str) -> Self {
        self.url = self.url.with(name, value);
        self
    }

    fn with_secret(mut self, name: &str, value: &str) -> Self {
        self.url = self.url.with_secret(name, &SecretString::from(value));
        self
    }

    /// Adds a folder. The root is left out.
    fn with_folder(self, name: &str, folder: &FolderId) -> Self {
        match folder {
            FolderId::Root => self,
            FolderId::Child(id) => self.with(name, id.as_str()),
        }
    }

    /// Masks a text in the site's answers.
    fn hiding(mut self, text: &str) -> Self {
        self.hidden.push(SecretString::from(text));
        self
    }

    fn into_call(self) -> Call {
        let call = Call::get(self.operation, self.kind, self.url);
        self.hidden.into_iter().fold(call, Call::with_secret)
    }
}

fn named_unless_root(folder: &FolderId) -> Named<'_> {
    match folder {
        FolderId::Root => Named::Nothing,
        FolderId::Child(_) => Named::Folder(folder),
    }
}
