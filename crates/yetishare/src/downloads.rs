//! Download links. Anyone with a link can download the file until the link expires.

use jiff::Timestamp;
use polyhost_domain::{FileRef, HeaderFields, Link, Result};
use url::Url;

use crate::client::Site;
use crate::convert::Convert;

/// The lifetime of a link at these sites, in seconds. No answer contains it.
const LINK_LIFE: i64 = 24 * 60 * 60;

pub(crate) async fn link(site: &Site, convert: &Convert, file: &FileRef) -> Result<Link> {
    let requested_at = Timestamp::now();
    let mut answered = site.file_download(file).await?;
    let url = answered.value.download_url.take().and_then(|text| text.parse::<Url>().ok());
    let url = url.ok_or_else(|| answered.missing("the address of the file"))?;
    site.http.admit(answered.reply.operation(), &url)?;
    let reported = answered.value.file_id.as_deref().and_then(|id| convert.ids.file(id).ok());
    let file_id = match (file, reported) {
        (FileRef::Id(requested), Some(reported)) if *requested != reported => {
            return Err(answered.missing("the requested file"));
        }
        (FileRef::Id(requested), _) => Some(requested.clone()),
        (FileRef::ShortCode(_), reported) => reported,
    };
    Ok(Link {
        url,
        file_id,
        name: convert.text(answered.value.filename),
        expires_at: Timestamp::from_second(requested_at.as_second() + LINK_LIFE).ok(),
        headers: HeaderFields::default(),
    })
}
