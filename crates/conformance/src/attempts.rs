//! Every call that a provider can be asked for, once, with ids that nothing at the site has: what refuses such a call
//! must refuse it for the right reason, and nothing at the site changes where one is let through.

use futures_util::future::{BoxFuture, FutureExt};
use polyhost_domain::{
    ByteRange, Capability, ConversionQuery, EntryName, Error, FileEdit, FileId, FileRef, FolderEdit, FolderId,
    HeaderFields, NewFolder, NewRemoteUpload, PasswordChange, Provider, RemoteUploadId, RemoteUploadSelection,
    RemoteUrl, TicketRequest, TicketTransport, Upload, UploadReport, Visibility,
};

use crate::scratch::{entry_name, unique};
use crate::{Failure, Subject, body, unknown};

/// What the calls name.
pub(crate) struct Nobody {
    file: FileId,
    other_file: FileId,
    folder: FolderId,
    remote_upload: RemoteUploadId,
    name: EntryName,
    url: RemoteUrl,
}

/// One call.
pub(crate) struct Attempt {
    /// What it does, for a failure to say.
    pub(crate) doing: &'static str,
    /// The capabilities that it uses.
    pub(crate) needs: &'static [Capability],
    run: for<'a> fn(&'a dyn Provider, &'a Nobody) -> BoxFuture<'a, Result<(), Error>>,
}

impl Nobody {
    /// Ids by the grammar of a provider.
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
            body: body::once(&bytes).promising(100),
            report: UploadReport::default(),
        }
    }

    fn new_folder(&self, visibility: Option<Visibility>, password: Option<PasswordChange>) -> NewFolder {
        NewFolder { name: self.name.clone(), parent: self.folder.clone(), visibility, password }
    }

    fn new_remote_upload(&self, fields: &[(&str, &str)]) -> NewRemoteUpload {
        let mut headers = HeaderFields::default();
        for (name, value) in fields {
            // These are good by their text; a field left out would only make the call a lesser one.
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
    pub(crate) async fn run(&self, provider: &dyn Provider, nobody: &Nobody) -> Result<(), Error> {
        (self.run)(provider, nobody).await
    }
}

/// Writes the table: what is done, with which capabilities, by which call.
macro_rules! attempts {
    ($($doing:literal [$($need:ident),*] |$provider:ident, $nobody:ident| $call:expr;)*) => {
        /// Every call.
        pub(crate) const ATTEMPTS: &[Attempt] = &[$(Attempt {
            doing: $doing,
            needs: &[$(Capability::$need),*],
            run: |$provider, $nobody| async move { $call.await.map(drop) }.boxed(),
        },)*];
    };
}

attempts! {
    "reading the account" [AccountRead] |p, _nobody| p.account();
    "reading the limits" [AccountLimits] |p, _nobody| p.limits();
    "looking up one file" [FilesRead] |p, n| p.files(std::slice::from_ref(&n.file));
    "looking up two files" [FilesRead, FilesLookup] |p, n| p.files(&[n.file.clone(), n.other_file.clone()]);
    "asking for a link" [FilesDownload] |p, n| p.link(&n.reference());
    "downloading a file" [FilesDownload] |p, n| p.open(&n.reference(), None);
    "downloading a part of a file" [FilesDownload] |p, n| p.open(&n.reference(), Some(ByteRange::Last(1)));
    "asking for a picture" [FilesThumbnail] |p, n| p.thumbnail(&n.file);
    "uploading a file" [FilesUpload] |p, n| p.upload(n.upload());
    "asking for a ticket" [FilesUploadTicket] |p, n| p.upload_ticket(n.ticket());
    "renaming a file" [FilesRename]
        |p, n| p.edit_file(&n.file, FileEdit { name: Some(n.name.clone()), content_type: None });
    "giving a file another media type" [FilesSetContentType]
        |p, n| p.edit_file(&n.file, FileEdit { name: None, content_type: Some("video/mp4".to_owned()) });
    "giving a file another name and media type" [FilesRename, FilesSetContentType]
        |p, n| p.edit_file(&n.file, FileEdit { name: Some(n.name.clone()), content_type: Some("video/mp4".to_owned()) });
    "moving a file" [FilesMove] |p, n| p.move_file(&n.file, &n.folder);
    "copying a file" [FilesCopy] |p, n| p.copy_file(&n.file, &n.folder);
    "deleting a file" [FilesDelete] |p, n| p.delete_file(&n.file);
    "listing a folder" [FoldersList] |p, n| p.list(&n.folder, None);
    "reading a folder" [FoldersRead] |p, n| p.folder(&n.folder);
    "making a folder" [FoldersCreate] |p, n| p.create_folder(n.new_folder(None, None));
    "making a folder with a visibility" [FoldersCreate, FoldersVisibility]
        |p, n| p.create_folder(n.new_folder(Some(Visibility::Private), None));
    "making a folder with a password" [FoldersCreate, FoldersPassword]
        |p, n| p.create_folder(n.new_folder(None, Some(PasswordChange::Set("sesame".into()))));
    "renaming a folder" [FoldersRename]
        |p, n| p.edit_folder(&n.folder, FolderEdit { name: Some(n.name.clone()), ..FolderEdit::default() });
    "giving a folder another visibility" [FoldersVisibility]
        |p, n| p.edit_folder(&n.folder, FolderEdit { visibility: Some(Visibility::Public), ..FolderEdit::default() });
    "taking a folder's password away" [FoldersPassword]
        |p, n| p.edit_folder(&n.folder, FolderEdit { password: Some(PasswordChange::Remove), ..FolderEdit::default() });
    "giving a folder another name and visibility" [FoldersRename, FoldersVisibility]
        |p, n| p.edit_folder(&n.folder, FolderEdit {
            name: Some(n.name.clone()),
            visibility: Some(Visibility::Public),
            password: None,
        });
    "moving a folder" [FoldersMove] |p, n| p.move_folder(&n.folder, &FolderId::Root);
    "deleting a folder" [FoldersDelete] |p, n| p.delete_folder(&n.folder);
    "asking for a remote upload" [RemoteUploadsCreate] |p, n| p.add_remote_upload(n.new_remote_upload(&[]));
    "asking for a remote upload with a header field" [RemoteUploadsCreate, RemoteUploadsHeaders]
        |p, n| p.add_remote_upload(n.new_remote_upload(&[("X-Check", "yes")]));
    "reading a remote upload" [RemoteUploadsRead]
        |p, n| p.remote_uploads(RemoteUploadSelection::Ids(vec![n.remote_upload.clone()]));
    "reading the recent remote uploads" [RemoteUploadsList]
        |p, _nobody| p.remote_uploads(RemoteUploadSelection::Recent(5));
    "reading the conversions of all files" [ConversionsList]
        |p, _nobody| p.conversions(ConversionQuery { file: None, limit: 5 });
    "reading the conversions of a file" [ConversionsList]
        |p, n| p.conversions(ConversionQuery { file: Some(n.file.clone()), limit: 5 });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_a_call_that_needs_it() {
        for capability in Capability::ALL {
            let used = ATTEMPTS.iter().any(|attempt| attempt.needs.contains(capability));
            assert!(used, "{capability}");
        }
    }
}
