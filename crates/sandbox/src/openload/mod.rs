//! A simulator of pstream.net: one account of the OpenLoad dialect, with working folders, files, uploads, remote
//! uploads and conversions.
//!
//! It follows the documentation on the site's API page, where that is clear. Where the page does not describe the
//! behaviour, or sites of this dialect differ, an [option](Options) selects it. The following are decisions of the
//! simulator, so that tests can rely on them:
//!
//! - Every call works by GET and by POST, with its parameters in the query or in an urlencoded form. The form takes
//!   precedence.
//! - `folder=0`, an empty folder and a missing folder are the root. Anything else that is not the id of a folder,
//!   including the literal `None`, is 404 `Folder not found`. Ids are compared exactly, as texts: `12abc` and `012` are
//!   not `12`.
//! - A missing or empty required parameter is 400. Wrong credentials are 403. Another account's file is 403 for every
//!   call except `file/info`, which describes the files of every account.
//! - Names are stored as they are sent. Two files or folders of the same name may exist side by side.
//! - An upload uses the first part with a file name, under any field name. As in PHP, `filename*` is not supported: a
//!   part that has only that is not a file. The URL works once: it becomes invalid as soon as a body arrives for it.
//! - A remote upload never opens a connection: its bytes are generated. If the host ends in `.invalid`, it fails at the
//!   end. If the address is not public, or not HTTP or FTP, it fails with `Invalid URL` at once.
//! - A conversion is `pending` until it is `finished` or `failed`. The file's `cstatus` is `pending`, `ok` or `failed`.
//! - A `limit` over 100 counts as 100. A `limit` that is not a positive number counts as the default, 5.

mod account;
mod call;
mod conversions;
mod files;
mod folders;
mod ids;
mod options;
mod pages;
mod remote_uploads;
mod reply;
mod routes;
mod rows;
mod seams;
mod seed;
mod settings;
mod site;
mod splash;
mod store;
mod uploads;

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

pub use options::{AccountId, ConvertsFilter, FilesShape, Missing, Numbers, Options, ProgressScale, Storage};
pub(crate) use routes::operations;
pub use rows::Counts;
pub(crate) use settings::SETTINGS;

pub use crate::upload_reply::UploadReply;

use crate::front::Front;
use crate::journal::Journal;
use crate::serve::Running;
use site::Site;

/// A running simulator of pstream.net. Dropping it stops it.
#[derive(Debug)]
pub struct Openload {
    running: Running,
    site: Arc<Site>,
    front: Front,
}

impl Openload {
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
        let front = Front::new(routes::PROTOCOL, &site.options().intercepts);
        let running = Running::start(listener, front.wrap(routes::router(Arc::clone(&site))))?;
        Ok(Self { running, site, front })
    }

    /// Returns the base URL of the API, such as `http://127.0.0.1:41234/v1`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.site.origin())
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
