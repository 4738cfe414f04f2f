//! Faults of the methods for the site's jobs: remote uploads and conversions.

use polyhost_domain::{
    Conversion, ConversionQuery, Error, ErrorKind, FolderId, Found, HeaderFields, JobState, NewRemoteUpload,
    RemoteUpload, RemoteUploadId, RemoteUploadSelection, Result,
};

use super::{Fault, Faulty};

/// The largest limit that a query may have.
const MAX_LIMIT: u32 = 100;

impl Faulty {
    pub(super) async fn faulty_add_remote_upload(&self, mut new: NewRemoteUpload) -> Result<RemoteUpload> {
        let folder = new.folder.clone();
        match self.fault {
            Fault::RemoteUploadToRoot => new.folder = FolderId::Root,
            Fault::RemoteUploadWithoutHeaders => new.headers = HeaderFields::default(),
            Fault::RemoteUploadWithLastHeader => new.headers = last_of(&new.headers),
            _ => {}
        }
        let mut added = self.inner.add_remote_upload(new).await?;
        match self.fault {
            Fault::RemoteUploadToRoot => added.folder_id = Some(folder),
            Fault::NewRemoteUploadFailed => added.state = JobState::Failed,
            _ => {}
        }
        Ok(added)
    }

    pub(super) async fn faulty_remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        let selection = match (self.fault, selection) {
            (Fault::RemoteUploadsUnrequested, RemoteUploadSelection::Ids(_))
            | (Fault::RemoteUploadsUnlimited, RemoteUploadSelection::Recent(_)) => {
                RemoteUploadSelection::Recent(MAX_LIMIT)
            }
            (_, selection) => selection,
        };
        let requested = match &selection {
            RemoteUploadSelection::Ids(ids) => ids.len(),
            RemoteUploadSelection::Recent(_) => 0,
        };
        let mut found = self.inner.remote_uploads(selection).await?;
        match self.fault {
            Fault::RemoteUploadsOldestFirst => found.reverse(),
            Fault::UnknownRemoteUploadFailsQuery if found.len() < requested => {
                return Err(Error::new(ErrorKind::RemoteUploadNotFound));
            }
            _ => {}
        }
        found.iter_mut().for_each(|found| self.faulty_remote_upload(found));
        Ok(found)
    }

    pub(super) async fn faulty_cancel(&self, id: &RemoteUploadId) -> Result<()> {
        if self.fault == Fault::CancelDoesNothing {
            let found = self.inner.remote_uploads(RemoteUploadSelection::Ids(vec![id.clone()])).await?;
            return if found.is_empty() { Err(Error::new(ErrorKind::RemoteUploadNotFound)) } else { Ok(()) };
        }
        self.succeed_if_unknown_upload(self.inner.cancel_remote_upload(id).await)
    }

    fn succeed_if_unknown_upload(&self, outcome: Result<()>) -> Result<()> {
        match outcome {
            Err(error)
                if error.kind() == ErrorKind::RemoteUploadNotFound && self.fault == Fault::CancelOfUnknownSucceeds =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn faulty_remote_upload(&self, found: &mut RemoteUpload) {
        match self.fault {
            Fault::FailedRemoteUploadSucceeded if found.state == JobState::Failed => found.state = JobState::Succeeded,
            Fault::RemoteUploadNeverEnds => found.state = JobState::Running,
            Fault::RemoteUploadStateUnknown => found.state = JobState::Unknown,
            Fault::RemoteUploadPercentTimes100 => {
                found.progress_percent = found.progress_percent.map(|percent| percent * 100.0)
            }
            _ => {}
        }
    }

    pub(super) async fn faulty_conversions(&self, mut query: ConversionQuery) -> Result<Found<Conversion>> {
        match self.fault {
            Fault::ConversionsOfAll => query.file = None,
            Fault::ConversionsUnlimited => query.limit = MAX_LIMIT,
            _ => {}
        }
        let mut found = self.inner.conversions(query).await?;
        match self.fault {
            Fault::ConversionsEmpty => found.clear(),
            Fault::ConversionPercentTimes100 => {
                found.iter_mut().for_each(|found| found.progress_percent = Some(5700.0));
            }
            Fault::ConversionsOfAnotherAccount => {
                found.iter_mut().for_each(|found| found.account = self.foreign_account.clone())
            }
            _ => {}
        }
        Ok(found)
    }
}

fn last_of(headers: &HeaderFields) -> HeaderFields {
    let mut last = HeaderFields::default();
    if let Some((name, value)) = headers.iter().last() {
        // The field was valid in the list that it is taken from.
        let _ = last.push(name, value);
    }
    last
}
