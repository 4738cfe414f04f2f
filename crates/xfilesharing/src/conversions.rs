//! Conversions: the encodings that are in the site's queue.

use polyhost_domain::{Conversion, ConversionQuery, Found, Result};
use polyhost_upstream::decode::{List, Unreadable};
use serde::Deserialize;

use crate::client::Site;
use crate::envelope::as_list;
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
            let text = as_list(answer.result());
            let mut json = serde_json::Deserializer::from_str(&text);
            let list: Option<List<'_, wire::EncodingRow>> =
                Deserialize::deserialize(&mut json).map_err(|_| answer.reply.unreadable(Unreadable::Shape))?;
            let entries = list.unwrap_or_default().read(|_, row| site.convert.conversion(row));
            let entries = entries.map_err(|why| answer.reply.unreadable(why))?;
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
