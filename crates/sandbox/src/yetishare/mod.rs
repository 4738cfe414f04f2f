//! A simulator of streamplay.online, a site of the YetiShare script: one account of its File Upload API v2, with
//! working folders, files, uploads, remote uploads and downloads.
//!
//! It follows the site's API page exactly where the page is clear, and the script's known behaviour where that differs.
//! If neither describes it, or versions differ, an [option](Options) selects the behaviour. The following are decisions
//! of the simulator, so that tests can rely on them:
//!
//! - GET and PUT read the parameters from the query, POST and DELETE from the body. No call reads both. A body is
//!   urlencoded or multipart. Tags are stripped from every value and its ends are trimmed. The name of an uploaded file
//!   is not a parameter: it loses only what precedes its last slash.
//! - An id is the number that PHP makes of the text: `12abc` means 12, and `abc` means 0. 0 is the root if the call can
//!   act on the root, and otherwise an unknown object.
//! - The parent of a new folder and the folder of an upload are not checked: they may be another account's, or not
//!   exist.
//! - Another account's file, or a file in the trash, cannot be moved, copied or deleted: the message is `Failed …`.
//!   `file/info` and `file/edit` do not find another account's file, but accept one in the trash. `file/download`
//!   refuses both.
//! - A folder in the trash counts as unknown, unless an option says otherwise.
//! - Neither `folder/edit` nor `folder/move` checks for cycles. A folder that is below itself is in no listing.
//! - A successful login resets the count of failed ones. A locked account rejects even the right credentials. Attempts
//!   while it is locked do not prolong the lock.
//! - If the uploader rejects a file, version 4 answers with an error of the envelope, and version 5 with an `error` of
//!   the file.
//! - A remote upload never opens a connection: its bytes are generated. It fails if the host ends in `.invalid`, or if
//!   the address is not public, or not HTTP or FTP. `downloaded_file` is absent until it is complete. An unknown one is
//!   `Could not find scheduled item based on scheduled_item_id.`
//! - An unknown HTTP method is HTTP 405, with the message under the key `0`, as for an unknown action.
//! - The header `Date` has the time of the options' clock.

mod account;
mod call;
mod destination;
mod file_server;
mod files;
mod folder_changes;
mod folders;
mod links;
mod next_upload;
mod operations;
mod options;
mod package;
mod pages;
mod php;
mod queue;
mod refusal;
mod remote_uploads;
mod reply;
mod routes;
mod rows;
mod seams;
mod seed;
mod session;
mod sessions;
mod settings;
mod site;
mod store;
mod switches;
mod uploads;

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

pub(crate) use operations::names as operations;
pub use options::{AuthMode, ContentType, DeadLinks, Escaping, Login, Numbers, Options, Redirects, Version};
pub use package::Package;
pub use rows::Counts;
pub(crate) use settings::SETTINGS;

use crate::front::Front;
use crate::journal::Journal;
use crate::serve::Running;
use site::Site;

/// The id of the one account, from the page's sample.
const ACCOUNT: u64 = 158_642;

/// A running simulator of streamplay.online. Dropping it stops it.
#[derive(Debug)]
pub struct Yetishare {
    running: Running,
    site: Arc<Site>,
    front: Front,
}

impl Yetishare {
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
        let router = routes::before_uploads(front.wrap(routes::router(Arc::clone(&site))), Arc::clone(&site));
        let running = Running::start(listener, router)?;
        Ok(Self { running, site, front })
    }

    /// Returns the base URL of the API, such as `http://127.0.0.1:41234/api/v2`.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.site.origin(), site::API)
    }

    /// Returns the port that the simulator listens on.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// Returns the record of the requests. Operations have the names of the page's paths, such as `file/info` and
    /// `authorize`. `content` is a request for a file's bytes, `hop` a redirect on the way there, and `page` a web
    /// page.
    pub fn journal(&self) -> &Journal {
        &self.front.journal
    }

    /// Returns the rules that break answers and connections.
    #[cfg(feature = "faults")]
    pub fn faults(&self) -> &crate::faults::Faults {
        &self.front.faults
    }
}
