//! The answer to `folder/listing`.

use jiff::tz::TimeZone;
use polyhost_domain::{FolderId, Listing};
use polyhost_upstream::decode::{Unreadable, is_empty};
use polyhost_upstream::{Refusal, Reply};

use crate::convert::Convert;
use crate::documented::DOCUMENTED;
use crate::error::{Named, success};

/// Parses and converts a listing. `zone` returns the time zone of its dates from the site's clock. Empty data is an
/// empty folder.
///
/// # Errors
/// The site's error; `InvalidResponse` where both lists are missing, or a list is unreadable.
pub(crate) fn listing(
    convert: &Convert,
    reply: &Reply,
    named: Named<'_>,
    folder: &FolderId,
    zone: impl FnOnce(Option<&str>) -> TimeZone,
) -> Result<Listing, Refusal> {
    let success = success(reply, named, &convert.origin.account)?;
    let data = success.data.ok_or_else(|| reply.unreadable(Unreadable::Missing("data")))?.get();
    if is_empty(data) {
        return Ok(Listing::default());
    }
    let zone = zone(success.clock.as_deref());
    let listing = reply.value_with(data, &DOCUMENTED, |wire| convert.listing(wire, &zone, folder));
    Ok(listing.map_err(|why| reply.unreadable(why))?)
}
