//! The site's endpoints: one function for each, which returns the site's data.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use polyhost_domain::{
    AccountName, EntryName, Error, FileId, FileRef, FolderId, IdGrammar, Listing, NewRemoteUpload, RemoteUploadId,
    Result,
};
use polyhost_upstream::decode::{Unreadable, is_empty};
use polyhost_upstream::{ActiveGrant, CallKind, Client, FilePart, Refusal, Reply, Session};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::time::Instant;
use url::Url;

use crate::auth::Authenticator;
use crate::convert::Convert;
use crate::documented::DOCUMENTED;
use crate::error::{Named, absent, in_trash, success};
use crate::listing::listing;
use crate::request::{FolderChange, Request};
use crate::wire;
use polyhost_upstream::clock::zone;

/// The endpoints of a site, for one account.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) http: Client,
    pub(crate) base_url: Url,
    pub(crate) ids: IdGrammar,
    pub(crate) session: Session,
    pub(crate) authenticator: Arc<Authenticator>,
    /// The time zone of the site's dates; `None`: it is determined from each answer.
    pub(crate) timezone: Option<TimeZone>,
}

/// A value that the site has sent, with the answer that contained it.
#[derive(Debug)]
pub(crate) struct Answered<T> {
    pub(crate) value: T,
    pub(crate) reply: Reply,
    /// The time zone of the dates in the value.
    pub(crate) zone: TimeZone,
}

impl<T> Answered<T> {
    /// Returns the error for an answer in which a required part is missing.
    pub(crate) fn missing(&self, what: &'static str) -> Error {
        self.reply.unreadable(Unreadable::Missing(what))
    }
}

impl Site {
    pub(crate) async fn account_info(&self) -> Result<Answered<wire::Account>> {
        self.answer(read_request("account/info"), Named::Nothing).await
    }

    pub(crate) async fn account_package(&self) -> Result<Answered<wire::Package>> {
        self.answer(read_request("account/package"), Named::Nothing).await
    }

    pub(crate) async fn file_info(&self, file: &FileId) -> Result<Answered<wire::File>> {
        self.look_up(read_request("file/info").with("file_id", file.as_str()), Named::File(file)).await
    }

    /// Requests a download link. It is a read, because it changes nothing but creates an address.
    pub(crate) async fn file_download(&self, file: &FileRef) -> Result<Answered<wire::Download>> {
        let request = read_request("file/download");
        match file {
            FileRef::Id(id) => self.answer(request.with("file_id", id.as_str()), Named::File(id)).await,
            FileRef::ShortCode(code) => self.answer(request.with("short_url", code.as_str()), Named::ShortCode).await,
        }
    }

    /// Changes a file. It never sends `folder_id`, because the site silently ignores a folder that it does not accept.
    pub(crate) async fn file_edit(
        &self,
        file: &FileId,
        name: Option<&EntryName>,
        content_type: Option<&str>,
    ) -> Result<Answered<Option<wire::File>>> {
        let request = write_request("file/edit").with("file_id", file.as_str());
        let request = request.with_some("filename", name.map(EntryName::as_str)).with_some("fileType", content_type);
        self.done(request, Named::File(file)).await
    }

    pub(crate) async fn file_move(&self, file: &FileId, folder: &FolderId) -> Result<Answered<Option<wire::File>>> {
        let request = write_request("file/move").with("file_id", file.as_str());
        let request = request.with("new_parent_folder_id", self.ids.folder_for_site(folder));
        self.done(request, Named::FileAndFolder(file, folder)).await
    }

    pub(crate) async fn file_copy(&self, file: &FileId, folder: &FolderId) -> Result<Answered<wire::File>> {
        let request = write_request("file/copy").with("file_id", file.as_str());
        let request = request.with("copy_to_folder_id", self.ids.folder_for_site(folder));
        self.answer(request, Named::FileAndFolder(file, folder)).await
    }

    pub(crate) async fn file_delete(&self, file: &FileId) -> Result<()> {
        self.confirm(write_request("file/delete").with("file_id", file.as_str()), Named::File(file)).await
    }

    /// Sends a file's bytes once, with a grant that the site has just accepted.
    pub(crate) async fn file_upload<T>(
        &self,
        held: &ActiveGrant,
        folder: &FolderId,
        file: FilePart,
        read: impl Fn(Reply, u64) -> std::result::Result<T, Refusal>,
    ) -> std::result::Result<T, Refusal> {
        let request = write_request("file/upload").with_folder("folder_id", folder).signed(held);
        let (call, fields) = request.into_bare_call(&self.base_url);
        self.http.upload(self.authenticator.credentials.hidden_in(call), FilePart { fields, ..file }, read).await
    }

    pub(crate) async fn url_upload_add(&self, new: &NewRemoteUpload) -> Result<Answered<wire::RemoteAdded>> {
        let request = write_request("file/url_upload_add").with("file_url_base64", &STANDARD.encode(new.url.as_str()));
        let named = named_unless_root(&new.folder);
        self.answer(request.with_folder("folder_id", &new.folder), named).await
    }

    pub(crate) async fn url_upload_status(&self, id: &RemoteUploadId) -> Result<Answered<wire::RemoteStatus>> {
        let request = read_request("file/url_upload_status").with("scheduled_item_id", id.as_str());
        self.look_up(request, Named::RemoteUpload(id)).await
    }

    pub(crate) async fn folder_listing(&self, folder: &FolderId, convert: &Convert) -> Result<Listing> {
        let request = read_request("folder/listing").with_folder("parent_folder_id", folder);
        let named = named_unless_root(folder);
        self.under_session(request, move |reply, _| {
            listing(convert, &reply, named, folder, |clock| self.zone(clock, &reply))
        })
        .await
    }

    /// Returns a folder. The site may return a folder in the trash, which counts as not found.
    pub(crate) async fn folder_info(&self, folder: &FolderId) -> Result<Answered<wire::Folder>> {
        let answered: Answered<wire::Folder> = self.look_up(folder_info_request(folder), Named::Folder(folder)).await?;
        if answered.value.is_gone() {
            return Err(in_trash(&answered.reply, folder, self.account()));
        }
        Ok(answered)
    }

    pub(crate) async fn folder_create(
        &self,
        parent: &FolderId,
        new: FolderChange<'_>,
    ) -> Result<Answered<wire::Folder>> {
        let request = write_request("folder/create").with_change(new).with_folder("parent_id", parent);
        self.answer(request, named_unless_root(parent)).await
    }

    /// Changes a folder. It never sends `parent_id`, because the site silently ignores a parent that it does not
    /// accept.
    pub(crate) async fn folder_edit(
        &self,
        folder: &FolderId,
        edit: FolderChange<'_>,
    ) -> Result<Answered<Option<wire::Folder>>> {
        let request = write_request("folder/edit").with_folder("folder_id", folder).with_change(edit);
        self.done(request, Named::Folder(folder)).await
    }

    pub(crate) async fn folder_move(
        &self,
        folder: &FolderId,
        parent: &FolderId,
    ) -> Result<Answered<Option<wire::Folder>>> {
        let request = write_request("folder/move").with_folder("folder_id", folder);
        let request = request.with("new_parent_folder_id", self.ids.folder_for_site(parent));
        self.done(request, Named::FolderAndParent(folder, parent)).await
    }

    pub(crate) async fn folder_delete(&self, folder: &FolderId) -> Result<()> {
        self.confirm(write_request("folder/delete").with_folder("folder_id", folder), Named::Folder(folder)).await
    }

    /// Checks the session, and returns the grant that the site has accepted.
    pub(crate) async fn check_session(&self, deadline: Instant) -> Result<ActiveGrant> {
        let read = |reply: Reply, held| success(&reply, Named::Nothing, self.account()).map(|_| held);
        self.under_session_until(deadline, read_request("account/info"), read).await
    }

    /// Checks by its id that a folder exists, and returns the grant that the site has accepted.
    pub(crate) async fn check_folder(&self, folder: &FolderId, deadline: Instant) -> Result<ActiveGrant> {
        self.under_session_until(deadline, folder_info_request(folder), |reply, held| {
            let data = success(&reply, Named::Folder(folder), self.account())?.data;
            let reported: Option<wire::Folder> = data.and_then(|data| reply.value(data.get(), &DOCUMENTED).ok());
            if reported.is_some_and(|folder| folder.is_gone()) {
                return Err(in_trash(&reply, folder, self.account()).into());
            }
            Ok(held)
        })
        .await
    }

    /// Checks by its listing that a folder exists, and returns the grant that the site has accepted.
    pub(crate) async fn check_listing(&self, folder: &FolderId, deadline: Instant) -> Result<ActiveGrant> {
        let request = read_request("folder/listing").with_folder("parent_folder_id", folder);
        let read = |reply: Reply, held| success(&reply, Named::Folder(folder), self.account()).map(|_| held);
        self.under_session_until(deadline, request, read).await
    }

    /// Makes a call whose answer must have data.
    async fn answer<T: DeserializeOwned + Send>(&self, request: Request, named: Named<'_>) -> Result<Answered<T>> {
        self.under_session(request, move |reply, _| {
            let success = success(&reply, named, self.account())?;
            let data = success.data.ok_or_else(|| reply.unreadable(Unreadable::Missing("data")))?;
            let value = reply.value(data.get(), &DOCUMENTED).map_err(|why| reply.unreadable(why))?;
            let zone = self.zone(success.clock.as_deref(), &reply);
            Ok(Answered { value, reply, zone })
        })
        .await
    }

    /// Makes a call that reads one object. A success without data means that the object does not exist.
    async fn look_up<T: DeserializeOwned + Send>(&self, request: Request, named: Named<'_>) -> Result<Answered<T>> {
        self.under_session(request, move |reply, _| {
            let success = success(&reply, named, self.account())?;
            let data = success.data.map(RawValue::get).filter(|data| !is_empty(data));
            let data = data.ok_or_else(|| absent(&reply, named, self.account()))?;
            let value = reply.value(data, &DOCUMENTED).map_err(|why| reply.unreadable(why))?;
            let zone = self.zone(success.clock.as_deref(), &reply);
            Ok(Answered { value, reply, zone })
        })
        .await
    }

    /// Makes a call that the site only has to confirm. Its data may be missing or unreadable.
    async fn done<T: DeserializeOwned + Send>(
        &self,
        request: Request,
        named: Named<'_>,
    ) -> Result<Answered<Option<T>>> {
        self.under_session(request, move |reply, _| {
            let success = success(&reply, named, self.account())?;
            let value = success.data.map(RawValue::get).and_then(|data| reply.value(data, &DOCUMENTED).ok());
            let zone = self.zone(success.clock.as_deref(), &reply);
            Ok(Answered { value, reply, zone })
        })
        .await
    }

    async fn confirm(&self, request: Request, named: Named<'_>) -> Result<()> {
        self.under_session(request, move |reply, _| success(&reply, named, self.account()).map(drop)).await
    }

    /// Sends a request with a token, and once more with a new token if the site no longer accepts the first one.
    async fn under_session<T: Send>(
        &self,
        request: Request,
        read: impl Fn(Reply, ActiveGrant) -> std::result::Result<T, Refusal> + Send + Sync,
    ) -> Result<T> {
        self.under_session_until(self.http.deadline(), request, read).await
    }

    /// Does the same as [`Self::under_session`], before a deadline.
    async fn under_session_until<T: Send>(
        &self,
        deadline: Instant,
        request: Request,
        read: impl Fn(Reply, ActiveGrant) -> std::result::Result<T, Refusal> + Send + Sync,
    ) -> Result<T> {
        let (request, read) = (&request, &read);
        let call = move |held: ActiveGrant| async move {
            let call =
                self.authenticator.credentials.hidden_in(request.clone().signed(&held).into_call(&self.base_url));
            self.http.send(call.until(deadline), |reply| read(reply, held.clone())).await
        };
        self.session.run(deadline, call).await
    }

    fn zone(&self, clock: Option<&str>, reply: &Reply) -> TimeZone {
        self.timezone.clone().unwrap_or_else(|| zone(clock, reply.date()))
    }

    fn account(&self) -> &AccountName {
        &self.http.origin().account
    }
}

fn read_request(operation: &'static str) -> Request {
    Request::new(operation, CallKind::Read)
}

fn write_request(operation: &'static str) -> Request {
    Request::new(operation, CallKind::Write)
}

/// Returns a request of `folder/info`. The documentation names the parameter `parent_folder_id`; the site reads
/// `folder_id`.
fn folder_info_request(folder: &FolderId) -> Request {
    read_request("folder/info").with_folder("folder_id", folder).with_folder("parent_folder_id", folder)
}

fn named_unless_root(folder: &FolderId) -> Named<'_> {
    match folder {
        FolderId::Root => Named::Nothing,
        FolderId::Child(_) => Named::Folder(folder),
    }
}
