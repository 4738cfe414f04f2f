//! Copies between accounts: inside one account by the site if it can, else through this machine.

use reqwest::Method;
use serde_json::{Value, json};

use super::upload::{Source, Upload};
use crate::failure::Failure;
use crate::session::Session;
use crate::tree::{File, Folder};

/// Copies a file into a folder, and returns the new file. Its name may differ from `name`.
///
/// # Errors
/// The gateway's failure.
pub(super) async fn copy(session: &Session, file: &File, folder: &Folder, name: &str) -> Result<Value, Failure> {
    let is_one_account = file.account == folder.account;
    if is_one_account && !session.abilities(&file.account).await?.lacks("files.copy") {
        let body = json!({"folder_id": folder.id(&session.gateway).await?});
        let segments = ["accounts", &file.account, "files", &file.item.id, "copy"];
        let copied = session.gateway.write(Method::POST, &segments, &[], Some(&body)).await?;
        session.report.progress().count(file.item.size.unwrap_or_default());
        return Ok(copied);
    }
    let source = Source::remote(&session.gateway, file, name);
    let sha1 = file.item.digests.sha1.as_deref().map(str::to_owned);
    let stored = Upload { session, account: &folder.account, folder, source: &source, sha1 }.send().await?;
    let stored_digests = crate::digest::Digests::read(&stored);
    if stored_digests.equal(&file.item.digests) == Some(false) {
        let detail = format!("The copy has the id {}; its digest differs from that of {}.", stored["id"], file.path);
        return Err(Failure::from_client("copy_corrupted", "The copy differs from its source", detail));
    }
    Ok(stored)
}
