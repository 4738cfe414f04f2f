//! The address from which a file can be downloaded. Anyone with the address can download the file until it expires.

use std::time::Duration;

use jiff::Timestamp;
use polyhost_domain::{Error, ErrorKind, FileRef, HeaderFields, Link, LinkAnswer, Result};
use serde_json::value::RawValue;
use url::Url;

use crate::client::Site;
use crate::envelope::Answer;
use crate::named::Named;
use crate::request::Request;
use crate::wire;

/// The wait for a file that the site is still fetching.
const FETCHING: Duration = Duration::from_secs(30);

/// Returns the address of a file's original, or of its largest version.
///
/// # Errors
/// `FileNotFound`, or the error of the call. A short code is `FileNotFound`.
pub(crate) async fn link(site: &Site, file: &FileRef) -> Result<LinkAnswer> {
    let FileRef::Id(id) = file else {
        return Err(Error::new(ErrorKind::FileNotFound).with_detail("Files of this site have no short codes."));
    };
    let request = Request::read("file/direct_link").with("file_code", id.as_str());
    let url = site.call(request, Named::File(id), address).await?;
    let Some(url) = url else { return Ok(LinkAnswer::NotReady { after: FETCHING }) };
    site.http.admit("file/direct_link", &url)?;
    let expires_at = expiry(&url);
    Ok(LinkAnswer::Ready(Link {
        url,
        file_id: Some(id.clone()),
        name: None,
        expires_at,
        headers: HeaderFields::default(),
    }))
}

/// Returns the address; `None` while the site is still fetching the file.
fn address(answer: &Answer<'_>) -> Result<Option<Url>> {
    let is_fetching = answer.message.as_deref().is_some_and(|message| message.eq_ignore_ascii_case("uploading"));
    if answer.result() == "null" && is_fetching {
        return Ok(None);
    }
    let link: wire::DirectLink<'_> = answer.value()?;
    let read = |raw: &RawValue| serde_json::from_str::<wire::Version>(raw.get()).ok();
    let old = link.o.and_then(read).and_then(|version| version.url);
    let versions = link.versions.read(|_, version| version.url.is_some().then_some(version));
    let versions = versions.map_err(|why| answer.reply.unreadable(why))?.items;
    let original = versions.iter().find(|version| version.name.as_deref() == Some("o"));
    let best = original.or_else(|| versions.iter().max_by_key(|version| version.size));
    let text = best.and_then(|version| version.url.clone()).or(link.url).or(old);
    let url = text.and_then(|text| text.parse().ok());
    url.map(Some).ok_or_else(|| answer.missing("the address of the file"))
}

/// Returns the end of an address's validity: its query has the start `s` and the duration `e` in seconds.
fn expiry(url: &Url) -> Option<Timestamp> {
    let number = |name: &str| url.query_pairs().find(|(key, _)| key == name)?.1.parse::<i64>().ok();
    Timestamp::from_second(number("s")?.checked_add(number("e")?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_expires_after_its_duration() {
        let url = |query: &str| Url::parse(&format!("https://n1.example/v/a.mp4?{query}")).unwrap();
        assert_eq!(expiry(&url("t=x&s=1767000000&e=21600")).unwrap().as_second(), 1_767_021_600);
        for query in ["s=1", "e=1", "s=x&e=1", "s=9223372036854775807&e=1", ""] {
            assert_eq!(expiry(&url(query)), None, "{query}");
        }
    }
}
