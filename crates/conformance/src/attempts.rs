//! A table of every call that a provider offers, made with ids that do not exist at the site. Checks use it to see that
//! a call is refused for the right reason. A call that is not refused changes nothing at the site.

use futures_util::future::{BoxFuture, FutureExt};
use polyhost_domain::{
    ByteRange, Capability, ConversionQuery, EntryName, Error, FileEdit, FileId, FileRef, FolderEdit, FolderId,
    HeaderFields, NewFolder, NewRemoteUpload, PasswordChange, Provider, RemoteUploadId, RemoteUploadSelection,
    RemoteUrl, TicketRequest, TicketTransport, Upload, UploadReport, Visibility,
};

use crate::scratch::{entry_name, unique};
use crate::{Failure, Subject, body, unknown};

/// The ids, name and address that the calls use. The site has no object with any of the ids.
pub(crate) struct UnknownIds {
    file: FileId,
    other_file: FileId,
    folder: FolderId,
    remote_upload: RemoteUploadId,
    name: EntryName,
    url: RemoteUrl,
}

/// One call of a provider.
pub(crate) struct Attempt {
    /// The action of the call, for the text of a failure.
    pub(crate) doing: &'static str,
    /// The capabilities that the call uses.
    pub(crate) needs: &'static [Capability],
    run: for<'a> fn(&'a dyn Provider, &'a UnknownIds) -> BoxFuture<'a, Result<(), Error>>,
}

impl UnknownIds {
    /// Returns unknown ids that the provider's grammar accepts.
    pub(crate) fn at(subject: &Subject) -> Result<Self, Failure> {
        Ok(Self {
            file: unknown::file(subject, 1)?,
            other_file: unknown::file(subject, 2)?,
            folder: unknown::folder(subject)?,
            remote_upload: unknown::remote_upload(subject, 1)?,
            name: entry_name(&unique(".mp4"))?,
            url: subject.fetchable.clone(),
        })
    }

    fn upload(&self) -> Upload {
        let bytes = body::pattern(100);
        Upload {
            name: self.name.clone(),
            folder: self.folder.clone(),
            content_type: None,
            sha1: None,
            body: body::once(&bytes).declaring(100),
            report: UploadReport::default(),
        }
    }

    fn new_folder(&self, visibility: Option<Visibility>, password: Option<PasswordChange>) -> NewFolder {
        NewFolder { name: self.name.clone(), parent: self.folder.clone(), visibility, password }
    }

    fn new_remote_upload(&self, fields: &[(&str, &str)]) -> NewRemoteUpload {
        let mut headers = HeaderFields::default();
        for (name, value) in fields {
            // The fields in the table are valid. A rejected one would only leave the request without that field.
            let _ = headers.push(name, value);
        }
        NewRemoteUpload { url: self.url.clone(), folder: self.folder.clone(), headers }
    }

    fn ticket(&self) -> TicketRequest {
        TicketRequest { folder: self.folder.clone(), sha1: None, transport: TicketTransport::SiteDefault }
    }

    fn reference(&self) -> FileRef {
        FileRef::Id(self.file.clone())
    }
}

impl Attempt {
    /// Makes the call.
    pub(crate) async fn run(&self, provider: &dyn Provider, ids: &UnknownIds) -> Result<(), Error> {
        (self.run)(provider, ids).await
    }
}

/// Writes the table. Each row has a description, the capabilities needed, and the call.
macro_rules! attempts {
    ($($doing:literal [$($need:ident),*] |$provider:ident, $ids:ident| $call:expr;)*) => {
        /// Every call.
        pub(crate) const ATTEMPTS: &[Attempt] = &[$(Attempt {
            doing: $doing,
            needs: &[$(Capability::$need),*],
            run: |$provider, $ids| async move { $call.await.map(drop) }.boxed(),
        },)*];
    };
}

attempts! {
    "reading the account" [AccountRead] |p, _ids| p.account();
    "reading the limits" [AccountLimits] |p, _ids| p.limits();
    "looking up one file" [FilesRead] |p, ids| p.files(std::slice::from_ref(&ids.file));
    "looking up two files" [FilesRead, FilesLookup] |p, ids| p.files(&[ids.file.clone(), ids.other_file.clone()]);
    "requesting a link" [FilesDownload] |p, ids| p.link(&ids.reference());
    "downloading a file" [FilesDownload] |p, ids| p.open(&ids.reference(), None);
    "downloading a part of a file" [FilesDownload] |p, ids| p.open(&ids.reference(), Some(ByteRange::Last(1)));
    "requesting a thumbnail" [FilesThumbnail] |p, ids| p.thumbnail(&ids.file);
    "uploading a file" [FilesUpload] |p, ids| p.upload(ids.upload());
    "requesting an upload ticket" [FilesUploadTicket] |p, ids| p.upload_ticket(ids.ticket());
    "renaming a file" [FilesRename]
        |p, ids| p.edit_file(&ids.file, FileEdit { name: Some(ids.name.clone()), content_type: None });
    "changing a file's media type" [FilesSetContentType]
        |p, ids| p.edit_file(&ids.file, FileEdit { name: None, content_type: Some("video/mp4".to_owned()) });
    "changing a file's name and media type" [FilesRename, FilesSetContentType]
        |p, ids| p.edit_file(&ids.file, FileEdit {
            name: Some(ids.name.clone()),
            content_type: Some("video/mp4".to_owned()),
        });
    "moving a file" [FilesMove] |p, ids| p.move_file(&ids.file, &ids.folder);
    "copying a file" [FilesCopy] |p, ids| p.copy_file(&ids.file, &ids.folder);
    "deleting a file" [FilesDelete] |p, ids| p.delete_file(&ids.file);
    "listing a folder" [FoldersList] |p, ids| p.list(&ids.folder, None);
    "reading a folder" [FoldersRead] |p, ids| p.folder(&ids.folder);
    "creating a folder" [FoldersCreate] |p, ids| p.create_folder(ids.new_folder(None, None));
    "creating a folder with a visibility" [FoldersCreate, FoldersVisibility]
        |p, ids| p.create_folder(ids.new_folder(Some(Visibility::Private), None));
    "creating a folder with a password" [FoldersCreate, FoldersPassword]
        |p, ids| p.create_folder(ids.new_folder(None, Some(PasswordChange::Set("sesame".into()))));
    "renaming a folder" [FoldersRename]
        |p, ids| p.edit_folder(&ids.folder, FolderEdit { name: Some(ids.name.clone()), ..FolderEdit::default() });
    "changing a folder's visibility" [FoldersVisibility]
        |p, ids| p.edit_folder(&ids.folder, FolderEdit {
            visibility: Some(Visibility::Public),
            ..FolderEdit::default()
        });
    "removing a folder's password" [FoldersPassword]
        |p, ids| p.edit_folder(&ids.folder, FolderEdit {
            password: Some(PasswordChange::Remove),
            ..FolderEdit::default()
        });
    "changing a folder's name and visibility" [FoldersRename, FoldersVisibility]
        |p, ids| p.edit_folder(&ids.folder, FolderEdit {
            name: Some(ids.name.clone()),
            visibility: Some(Visibility::Public),
            password: None,
        });
    "moving a folder" [FoldersMove] |p, ids| p.move_folder(&ids.folder, &FolderId::Root);
    "deleting a folder" [FoldersDelete] |p, ids| p.delete_folder(&ids.folder);
    "creating a remote upload" [RemoteUploadsCreate] |p, ids| p.add_remote_upload(ids.new_remote_upload(&[]));
    "creating a remote upload with a header field" [RemoteUploadsCreate, RemoteUploadsHeaders]
        |p, ids| p.add_remote_upload(ids.new_remote_upload(&[("X-Check", "yes")]));
    "reading a remote upload" [RemoteUploadsRead]
        |p, ids| p.remote_uploads(RemoteUploadSelection::Ids(vec![ids.remote_upload.clone()]));
    "reading the recent remote uploads" [RemoteUploadsList]
        |p, _ids| p.remote_uploads(RemoteUploadSelection::Recent(5));
    "cancelling a remote upload" [RemoteUploadsCancel] |p, ids| p.cancel_remote_upload(&ids.remote_upload);
    "reading the conversions of all files" [ConversionsList]
        |p, _ids| p.conversions(ConversionQuery { file: None, limit: 5 });
    "reading the conversions of a file" [ConversionsList]
        |p, ids| p.conversions(ConversionQuery { file: Some(ids.file.clone()), limit: 5 });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_is_needed_by_a_call() {
        for capability in Capability::ALL {
            let used = ATTEMPTS.iter().any(|attempt| attempt.needs.contains(capability));
            assert!(used, "{capability}");
        }
    }
}
