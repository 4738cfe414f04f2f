//! What goes wrong with the jobs that a site does: remote uploads and conversions.

use polyhost_domain::{
    Conversion, ConversionQuery, Error, ErrorKind, FolderId, Found, HeaderFields, JobState, NewRemoteUpload,
    RemoteUpload, RemoteUploadSelection, Result,
};

use super::{Fault, Faulty};

/// The most that can be asked for at once.
const MOST: u32 = 100;

impl Faulty {
    pub(super) async fn faulty_add_remote_upload(&self, mut new: NewRemoteUpload) -> Result<RemoteUpload> {
        let folder = new.folder.clone();
        match self.fault {
            Fault::FetchIntoTheRoot => new.folder = FolderId::Root,
            Fault::FetchWithoutHeaders => new.headers = HeaderFields::default(),
            Fault::FetchWithOneHeader => new.headers = last_of(&new.headers),
            _ => {}
        }
        let mut added = self.inner.add_remote_upload(new).await?;
        match self.fault {
            Fault::FetchIntoTheRoot => added.folder_id = Some(folder),
            Fault::FetchFailedAtOnce => added.state = JobState::Failed,
            _ => {}
        }
        Ok(added)
    }

    pub(super) async fn faulty_remote_uploads(&self, selection: RemoteUploadSelection) -> Result<Found<RemoteUpload>> {
        let selection = match (self.fault, selection) {
            (Fault::FetchesUnasked, RemoteUploadSelection::Ids(_))
            | (Fault::FetchesUnlimited, RemoteUploadSelection::Recent(_)) => RemoteUploadSelection::Recent(MOST),
            (_, selection) => selection,
        };
        let asked = match &selection {
            RemoteUploadSelection::Ids(ids) => ids.len(),
            RemoteUploadSelection::Recent(_) => 0,
        };
        let mut found = self.inner.remote_uploads(selection).await?;
        match self.fault {
            Fault::FetchesOldestFirst => found.reverse(),
            Fault::FetchUnknownSpoilsAll if found.len() < asked => {
                return Err(Error::new(ErrorKind::RemoteUploadNotFound));
            }
            _ => {}
        }
        found.iter_mut().for_each(|found| self.faulty_remote_upload(found));
        Ok(found)
    }

    fn faulty_remote_upload(&self, found: &mut RemoteUpload) {
        match self.fault {
            Fault::FetchDoneByPercentage if found.state == JobState::Failed => found.state = JobState::Succeeded,
            Fault::FetchNeverEnds => found.state = JobState::Running,
            Fault::FetchStateUnread => found.state = JobState::Unknown,
            Fault::FetchOverHundred => found.progress_percent = found.progress_percent.map(|percent| percent * 100.0),
            _ => {}
        }
    }

    pub(super) async fn faulty_conversions(&self, mut query: ConversionQuery) -> Result<Found<Conversion>> {
        match self.fault {
            Fault::ConversionsOfAll => query.file = None,
            Fault::ConversionsUnlimited => query.limit = MOST,
            _ => {}
        }
        let mut found = self.inner.conversions(query).await?;
        match self.fault {
            Fault::ConversionsOfNone => found.clear(),
            Fault::ConversionsOverHundred => {
                found.iter_mut().for_each(|found| found.progress_percent = Some(5700.0));
            }
            Fault::ConversionsOfNobody => found.iter_mut().for_each(|found| found.account = self.nobody.clone()),
            _ => {}
        }
        Ok(found)
    }
}

fn last_of(headers: &HeaderFields) -> HeaderFields {
    let mut last = HeaderFields::default();
    if let Some((name, value)) = headers.iter().last() {
        // What was a header field before is one.
        let _ = last.push(name, value);
    }
    last
}
