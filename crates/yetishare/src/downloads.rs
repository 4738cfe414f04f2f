//! Links that give a file's bytes to whoever has them, for a while.

use jiff::Timestamp;
use polyhost_domain::{FileRef, HeaderFields, Link, Result};
use url::Url;

use crate::client::Site;
use crate::convert::Convert;

/// How many seconds such sites let a link work. No answer says so.
const LIFE: i64 = 24 * 60 * 60;

pub(crate) async fn link(site: &Site, convert: &Convert, file: &FileRef) -> Result<Link> {
    let asked_at = Timestamp::now();
    let mut answered = site.file_download(file).await?;
    let url = answered.value.download_url.take().and_then(|text| text.parse::<Url>().ok());
    let url = url.ok_or_else(|| answered.missing("the address of the file"))?;
    site.http.admit(answered.reply.operation(), &url)?;
    let told = answered.value.file_id.as_deref().and_then(|id| convert.ids.file(id).ok());
    let file_id = match (file, told) {
        (FileRef::Id(asked), Some(told)) if *asked != told => {
            return Err(answered.missing("the file that was asked for"));
        }
        (FileRef::Id(asked), _) => Some(asked.clone()),
        (FileRef::ShortCode(_), told) => told,
    };
    Ok(Link {
        url,
        file_id,
        name: convert.text(answered.value.filename),
        expires_at: Timestamp::from_second(asked_at.as_second() + LIFE).ok(),
        headers: HeaderFields::default(),
    })
}
