//! pstream.net, simulated: one account of the OpenLoad dialect, with folders, files, uploads, remote uploads and
//! conversions that really come about.
//!
//! It follows the site's API page to the letter where the page is clear. Where the page is silent, or a family of sites
//! differs, an [option](Options) says which behaviour is shown. These are decisions of the simulator, so that tests have
//! something firm to stand on:
//!
//! - Every call works by GET and by POST, with its parameters in the query or in an urlencoded form; the form wins.
//! - `folder=0`, an empty folder and none are the root. Anything that is not the id of a folder, the literal `None`
//!   included, is 404 `Folder not found`. Ids are compared exactly, as texts: `12abc` and `012` are not `12`.
//! - A missing or empty required parameter is 400; wrong credentials are 403; another account's file is 403 for every
//!   call but `file/info`, which tells about anybody's files.
//! - Names are kept as they come; two files or folders of one name may stand side by side.
//! - An upload takes the first part with a file name, whatever its field is called. As in PHP, `filename*` is not
//!   understood: a part that has only that is no file. The URL works once, from the moment that a body arrives for it.
//! - A remote upload never dials out: its bytes are made up. One whose host ends in `.invalid` fails at the end; one to
//!   an address that is not public, or not HTTP or FTP, is an `Invalid URL` at once.
//! - A conversion is `pending` until it is `finished` or `failed`; the file's `cstatus` is `pending`, `ok` or `failed`.
//! - A `limit` over 100 counts as 100, and one that is no positive number as the default, 5.

mod account;
mod call;
mod conversions;
mod files;
mod folders;
mod ids;
mod options;
mod pages;
mod progress;
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

/// A simulated pstream.net that runs. Dropping it stops it.
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
    /// Where no port can be listened on, or no temporary folder be made.
    pub async fn start(options: Options) -> io::Result<Self> {
        Self::start_on(options, TcpListener::bind("127.0.0.1:0").await?).await
    }

    /// Starts a simulator on a listener that is already bound.
    ///
    /// # Errors
    ///
    /// Where the listener has no address, or no temporary folder can be made.
    pub async fn start_on(options: Options, listener: TcpListener) -> io::Result<Self> {
        let site = Arc::new(Site::new(options, listener.local_addr()?)?);
        let front = Front::new(routes::PROTOCOL, &site.options().intercepts);
        let running = Running::start(listener, front.wrap(routes::router(Arc::clone(&site))))?;
        Ok(Self { running, site, front })
    }

    /// The base URL of the API, such as `http://127.0.0.1:41234/v1`.
    pub fn base_url(&self) -> String {
        format!("{}/v1", self.site.origin())
    }

    /// The port that the simulator listens on.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// What arrived.
    pub fn journal(&self) -> &Journal {
        &self.front.journal
    }

    /// The rules by which answers and connections are broken.
    #[cfg(feature = "faults")]
    pub fn faults(&self) -> &crate::faults::Faults {
        &self.front.faults
    }
}
