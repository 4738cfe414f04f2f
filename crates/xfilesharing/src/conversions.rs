//! Conversions: the encodings that are in the site's queue.

use polyhost_domain::{Conversion, ConversionQuery, Found, Result};
use polyhost_upstream::decode::Unreadable;

use crate::client::Site;
use crate::flavour::Edits;
use crate::named::Named;
use crate::request::Request;
use crate::wire;

/// Lists conversions. An encoding that is over is in no list.
///
/// # Errors
/// `InvalidResponse`: no entry can be read.
pub(crate) async fn list(site: &Site, query: &ConversionQuery) -> Result<Found<Conversion>> {
    let request = match (site.traits.edits, &query.file) {
        (Edits::Clone, None) => Request::read("encoding/list"),
        (Edits::Clone, Some(_)) => Request::read("encoding/status"),
        _ => Request::read("file/encodings"),
    };
    let (request, named) = match &query.file {
        Some(file) => (request.with("file_code", file.as_str()), Named::File(file)),
        None => (request, Named::Nothing),
    };
    let mut found = site
        .call(request, named, |answer| {
            let entries = answer.rows(|row: wire::EncodingRow| site.convert.conversion(row))?;
            if entries.none_readable() {
                return Err(answer.reply.unreadable(Unreadable::NoEntry));
            }
            Ok(Found { items: entries.items, unreadable: entries.unreadable })
        })
        .await?;
    found.items.retain(|conversion| query.file.is_none() || conversion.file_id == query.file);
    found.items.truncate(query.limit as usize);
    Ok(found)
}
