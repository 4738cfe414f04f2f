//! The table of the API's operations.

use super::call::Call;
use super::options::Version;
use super::reply::Answer;
use super::session::{self, Guard};
use super::site::Context;
use super::{account, files, folder_changes, folders, links, remote_uploads, uploads};

/// An operation of the API.
pub(crate) struct Operation {
    endpoint: &'static str,
    action: &'static str,
    since: Version,
    pub(crate) guard: Guard,
    pub(crate) effect: Effect,
    /// Runs the operation. None of them waits, so the store stays locked while one runs.
    pub(crate) act: fn(&mut Context<'_>, &Call) -> Answer,
}

/// Returns the names of all operations, as in the journal: `file/info`, `authorize`, and `content` for a file's bytes.
pub(crate) fn names() -> Vec<String> {
    let name = |operation: &Operation| match operation.action {
        "index" => operation.endpoint.to_owned(),
        action => format!("{}/{action}", operation.endpoint),
    };
    OPERATIONS.iter().map(name).chain(["content".to_owned()]).collect()
}

/// Whether an operation changes the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Reads,
    Writes,
}

/// The part of a path that is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    Endpoint,
    Action,
}

/// Returns the operation that a version has under a name. The action of a path without one is `index`.
pub(crate) fn find(endpoint: &str, action: &str, version: Version) -> Result<&'static Operation, Unknown> {
    let mut of_endpoint = OPERATIONS.iter().filter(|operation| operation.endpoint == endpoint).peekable();
    if of_endpoint.peek().is_none() {
        return Err(Unknown::Endpoint);
    }
    of_endpoint.find(|operation| operation.action == action && operation.since <= version).ok_or(Unknown::Action)
}

type Act = fn(&mut Context<'_>, &Call) -> Answer;

const fn row(endpoint: &'static str, action: &'static str, guard: Guard, effect: Effect, act: Act) -> Operation {
    Operation { endpoint, action, since: Version::V4, guard, effect, act }
}

const fn reads(endpoint: &'static str, action: &'static str, act: Act) -> Operation {
    row(endpoint, action, Guard::TokenAndAccount, Effect::Reads, act)
}

const fn writes(endpoint: &'static str, action: &'static str, act: Act) -> Operation {
    row(endpoint, action, Guard::TokenAndAccount, Effect::Writes, act)
}

const fn since_v5(operation: Operation) -> Operation {
    Operation { since: Version::V5, ..operation }
}

static OPERATIONS: [Operation; 19] = [
    row("authorize", "index", Guard::Open, Effect::Reads, session::authorize),
    row("disable_access_token", "index", Guard::TokenAndAccount, Effect::Reads, session::disable),
    row("account", "info", Guard::Token, Effect::Reads, account::info),
    row("account", "package", Guard::Token, Effect::Reads, account::package),
    writes("file", "upload", uploads::upload),
    reads("file", "download", links::download),
    since_v5(writes("file", "url_upload_add", remote_uploads::add)),
    since_v5(reads("file", "url_upload_status", remote_uploads::status)),
    reads("file", "info", files::info),
    writes("file", "edit", files::edit),
    writes("file", "delete", files::delete),
    writes("file", "move", files::relocate),
    writes("file", "copy", files::copy),
    writes("folder", "create", folder_changes::create),
    reads("folder", "listing", folders::listing),
    reads("folder", "info", folders::info),
    writes("folder", "edit", folder_changes::edit),
    writes("folder", "delete", folder_changes::delete),
    writes("folder", "move", folder_changes::relocate),
];
