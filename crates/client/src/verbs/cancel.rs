//! `polyhost cancel`: cancels remote uploads.

use reqwest::Method;
use serde_json::json;

use crate::display::escaped;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::report::Subject;
use crate::session::Session;

/// The remote uploads to cancel.
#[derive(Debug, Clone)]
pub struct Cancellation {
    /// The account.
    pub account: String,
    /// The ids of remote uploads.
    pub remote_uploads: Vec<String>,
}

/// Runs `polyhost cancel`.
pub async fn run(session: &Session, cancellation: &Cancellation) -> Exit {
    session.run(cancel(session, cancellation)).await
}

async fn cancel(session: &Session, Cancellation { account, remote_uploads }: &Cancellation) -> Result<(), Failure> {
    for id in remote_uploads {
        let subject = Subject { id: Some(id.clone()), path: None };
        let segments = ["accounts", account, "remote-uploads", id];
        match session.gateway.write(Method::DELETE, &segments, &[], None).await {
            Ok(_) => {
                let line = format!("cancelled {}", escaped(id));
                session.report.succeeded(&subject, &[("cancelled", json!(true))], Some(&line));
            }
            Err(failure) if failure.ends_command() => return Err(failure),
            Err(failure) => session.report.failed(&subject, &failure),
        }
    }
    Ok(())
}
