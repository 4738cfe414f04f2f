//! streamplay.online, simulated: a site of the YetiShare script, with one account of its File Upload API v2, whose
//! folders, files, uploads, remote uploads and downloads are real.
//!
//! It follows the site's API page to the letter where the page is clear, and the script's known behaviour where that is
//! another. Where both are silent, or versions differ, an [option](Options) says which behaviour is shown. These are
//! decisions of the simulator, so that tests have something firm to stand on:
//!
//! - Parameters are read from the query by GET and PUT, from the body by POST and DELETE, never from both. A body is
//!   urlencoded or multipart. Tags are stripped from every value and its ends are trimmed; the name of an uploaded
//!   file, which is no parameter, loses only what stands before its last slash.
//! - Ids are what PHP makes of a text: `12abc` acts on 12, and `abc` is 0, which is the root where a root makes sense
//!   and otherwise not there.
//! - Whose the parent of a new folder or the folder of an upload is, and whether there is such a folder, is not
//!   checked.
//! - A file of somebody else, or in the trash, cannot be moved, copied or deleted, by the words `Failed …`; `file/info`
//!   and `file/edit` know nothing of somebody else's, and answer about what is in the trash. `file/download` refuses
//!   it.
//! - A folder in the trash answers as if it were not there, unless an option says otherwise.
//! - `folder/edit` looks for circles as little as `folder/move`. A folder that is below itself is in no listing.
//! - A login that succeeds ends the count of those that failed. A locked account refuses even the right credentials,
//!   and its lock is not prolonged by trying.
//! - What the uploader refuses is an error of the envelope in version 4, and an `error` of the one file in version 5.
//! - A remote upload never dials out: its bytes are made up. One whose host ends in `.invalid` fails, and so does one
//!   to an address that is not public, or not HTTP or FTP. `downloaded_file` is absent until it is complete. An unknown
//!   one is `Could not find scheduled item based on scheduled_item_id.`
//! - A verb that the script does not know is HTTP 405, its words under the key `0`, as those of an unknown action are.
//! - The header `Date` tells the time of the options' clock.

mod account;
mod call;
mod destination;
mod file_server;
mod files;
mod folder_changes;
mod folders;
mod links;
mod operations;
mod options;
mod package;
mod pages;
mod php;
mod queue;
mod range;
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
mod upcoming;
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

/// The id of the one account, which is the page's sample.
const ACCOUNT: u64 = 158_642;

/// A simulated streamplay.online that runs. Dropping it stops it.
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
        let router = routes::before_uploads(front.wrap(routes::router(Arc::clone(&site))), Arc::clone(&site));
        let running = Running::start(listener, router)?;
        Ok(Self { running, site, front })
    }

    /// The base URL of the API, such as `http://127.0.0.1:41234/api/v2`.
    pub fn base_url(&self) -> String {
        format!("{}{}", self.site.origin(), site::API)
    }

    /// The port that the simulator listens on.
    pub fn port(&self) -> u16 {
        self.running.address().port()
    }

    /// What arrived. Operations are named as in the page's paths, such as `file/info` and `authorize`; `content` is the
    /// bytes of a file, `hop` a redirect on the way there, `page` a page for people.
    pub fn journal(&self) -> &Journal {
        &self.front.journal
    }

    /// The rules by which answers and connections are broken.
    #[cfg(feature = "faults")]
    pub fn faults(&self) -> &crate::faults::Faults {
        &self.front.faults
    }
}
