//! `upload/server`: the address of an upload node, and at file hosts a session. Each call gives another node.

use super::codes;
use super::flavours::Flavour;
use super::refusal::Refusal;
use super::reply::{Answer, Success};
use super::routes::{UPLOAD_PATH, UPLOAD_SCRIPT};
use super::rows::Session;
use super::site::Context;
use crate::clock::later;
use crate::parameters::Parameters;

/// The number of upload nodes.
const NODES: u64 = 4;

/// `upload/server`. If no server is free, the status is 200 with an empty result.
pub(crate) fn server(context: &mut Context<'_>, _: &Parameters) -> Answer {
    if context.store.calls_without_server > 0 {
        context.store.calls_without_server -= 1;
        return Err(Refusal::no_servers());
    }
    if !context.options.upload_servers {
        return Err(Refusal::no_servers());
    }
    context.store.nodes += 1;
    let node = context.store.nodes % NODES + 1;
    let origin = context.origin;
    Ok(match context.options.flavour {
        Flavour::Xfs => {
            let session = codes::random_session();
            context.store.sessions.insert(session.clone(), Session { issued: context.now, uses: 0 });
            Success::of(format!("{origin}/s{node}{UPLOAD_SCRIPT}")).with("sess_id", session)
        }
        Flavour::Voe => Success::of(format!("{origin}{UPLOAD_PATH}{node}/01")),
        Flavour::Xvs | Flavour::Dood | Flavour::Byse => Success::of(format!("{origin}{UPLOAD_PATH}0{node}")),
    })
}

/// The validity of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    Valid,
    /// Too old, or used too often.
    Expired,
    Unknown,
}

/// Uses a session for an upload.
pub(crate) fn use_session(context: &mut Context<'_>, id: &str) -> Validity {
    let (options, now) = (context.options, context.now);
    let Some(session) = context.store.sessions.get_mut(id) else { return Validity::Unknown };
    session.uses += 1;
    let is_late = options.session_life.is_some_and(|life| later(session.issued, life) <= now);
    let is_used = options.session_uses.is_some_and(|most| session.uses > most);
    if is_late || is_used { Validity::Expired } else { Validity::Valid }
}
