//! `polyhost cat`: writes files to the standard output, one after the other.

use super::Existing;
use super::download::{Download, Downloads};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::location::Location;
use crate::session::Session;
use crate::tree::find_file;

/// Runs `polyhost cat`. A failure does not stop the work on the other files.
pub async fn cat(session: &Session, locations: &[Location]) -> Exit {
    session.each(locations, async |location| write(session, location).await).await
}

async fn write(session: &Session, location: &Location) -> Result<(), Failure> {
    let file = find_file(&session.gateway, location).await?;
    let downloads = Downloads::new(session, Existing::Keep);
    downloads.fetch(Download { file: &file, path: None }).await.map(drop)
}
