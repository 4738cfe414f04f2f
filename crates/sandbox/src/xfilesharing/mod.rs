//! A simulator of the sites of the XFileSharing family: one account, with working folders, files, uploads, URL uploads,
//! encodings and downloads. A [flavour](Flavour) selects the script. [`Options`] select the properties in which sites
//! of one script differ.
//!
//! The following are decisions of the simulator, so that tests can rely on them:
//!
//! - Every function works by GET and by POST, with its parameters in the query or in an urlencoded form. The form takes
//!   precedence. `api_key` is an alias of `key`.
//! - A file is visible by its code to every user: [`Xfilesharing::foreign_file`] is the file of another one. Writes on
//!   unknown and foreign files are answered as successful and do nothing. `file/delete` answers that there is no file.
//! - A URL upload never opens a connection: its bytes are generated. If the host ends in `.invalid`, or if the address
//!   is not public, it fails at its end. The code of the future file is its id.
//! - Every video is encoded after its upload, except at file hosts. A clone is not.
//! - A download URL is valid for its time at every address. The original is version `o`; the bytes of version `h` are
//!   generated.

mod account;
mod codes;
mod dates;
mod defaults;
mod downloads;
mod encodings;
mod file_changes;
mod file_list;
mod file_rows;
mod files;
mod flavours;
mod folders;
mod form;
mod functions;
mod gate;
mod jobs;
mod mangled;
mod names;
mod options;
mod pages;
mod refusal;
mod remote_uploads;
mod reply;
mod routes;
mod rows;
mod seams;
mod seed;
mod sessions;
mod settings;
mod site;
mod store;
mod upload_answers;
mod uploads;

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use flavours::{
    Api, DirectLinks, FilesInFolders, Flavour, FolderDelete, FolderFilter, KeyErrors, LimitAnswer, Names, Numbers,
    OffWords, RenameParameter, Sessions, StatusForm, StorageLeft, SwitchedOff, UnknownFunction, UploadCodes,
};
pub(crate) use functions::operations;
pub use options::Options;
pub use rows::Counts;
pub(crate) use settings::SETTINGS;

use crate::front::Front;
use crate::journal::Journal;
use crate::serve::Running;
use site::Site;

/// A running simulator of a site of the XFileSharing family. Dropping it stops it.
#[derive(Debug)]
pub struct Xfilesharing {
    running: Running,
    site: Arc<Site>,
    front: Front,
}

impl Xfilesharing {
    /// Starts a simulator on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Fails if no port can be listened on, or if the temporary folder cannot be created.
    pub async fn start(options: Options) -> io::Result<Self> {
        Self::start_on(options, TcpListener::bind("127.0.0.1:0").await?).await
    }

    /// Starts a simulator on a listener that is already bound.
    ///
    /// # Errors
    ///
    /// Fails if the listener has no address, or if the temporary folder cannot be created.
    pub async fn start_on(options: Options, listener: TcpListener) -> io::Result<Self> {
        let site = Arc::new(Site::new(options, listener.local_addr()?)?);
        let front = Front::new(routes::protocol(site.options().flavour), &site.options().intercepts);
        let running = Running::start(listener, front.wrap(routes::router(Arc::clone(&site))))?;
        Ok(Self { running, site, front })
    }

    /// Returns the base URL of the API, such as `http://127.0.0.1:41234/api`. At Byse it has no path.
    pub fn base_url(&self) -> String {
        let path = if self.site.options().flavour == Flavour::Byse { "" } else { "/api" };
        format!("{}{path}", self.site.origin())
    }

    /// Returns the port that the simulator listens on.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// Returns the record of the requests.
    pub fn journal(&self) -> &Journal {
        &self.front.journal
    }

    /// Returns the rules that break answers and connections.
    #[cfg(feature = "faults")]
    pub fn faults(&self) -> &crate::faults::Faults {
        &self.front.faults
    }
}
