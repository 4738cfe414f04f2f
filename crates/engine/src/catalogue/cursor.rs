//! Cursors: positions of walks through listings, opaque to callers and protected against alteration.
//!
//! A cursor holds the digest of its snapshot, the number of items returned so far, and the last item's sort value and
//! id. With the latter the walk can resume in a fresh listing if the snapshot is gone. The authentication code covers
//! the account, the folder and the query, which the cursor does not contain. So a cursor is valid only for the walk for
//! which it was made.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::query::partition;
use super::snapshot::{Item, compare};
use super::sort::{EntryKind, Sort, SortValue};

use crate::scopes::Digest;

const VERSION: u8 = 1;
/// The length of a cursor's authentication code in bytes.
const CODE: usize = 16;
/// The longest sort value in a cursor, in bytes. It keeps a cursor below 512 characters.
const MAX_VALUE: usize = 192;

/// The position of a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The digest of the snapshot that the walk reads.
    pub(crate) digest: Digest,
    /// The number of items of the selection that the walk has returned.
    pub(crate) seen: u32,
    last: LastItem,
}

/// The last item that the walk has returned.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LastItem {
    kind: EntryKind,
    id: String,
    value: OwnedValue,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum OwnedValue {
    Text(String),
    Number(i128),
    Missing,
}

impl OwnedValue {
    fn may_be_cut(&self) -> bool {
        matches!(self, Self::Text(text) if text.len() + char::MAX_LEN_UTF8 > MAX_VALUE)
    }

    fn borrowed(&self) -> SortValue<'_> {
        match self {
            Self::Text(text) => SortValue::Text(text),
            Self::Number(number) => SortValue::Number(*number),
            Self::Missing => SortValue::Missing,
        }
    }
}

/// The reason why a cursor is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CursorError {
    /// It was altered, or belongs to another query.
    Invalid,
    /// Its version is no longer supported.
    Expired,
}

/// Seals and opens the cursors of one walk: one caller, one folder, one query.
pub(crate) struct CursorSeal {
    code: Hmac<Sha256>,
}

impl CursorSeal {
    /// Creates the seal. `secret` is the caller's. `walk` names the account, its user at the site, the folder and the
    /// query.
    pub(crate) fn new(secret: &[u8], walk: &[&str]) -> Self {
        // HMAC takes keys of every length, so the fallback is never used.
        let mut code = Hmac::<Sha256>::new_from_slice(secret)
            .unwrap_or_else(|_| Hmac::new(&hmac::digest::Key::<Hmac<Sha256>>::default()));
        for part in walk {
            code.update(&(part.len() as u64).to_be_bytes());
            code.update(part.as_bytes());
        }
        Self { code }
    }

    pub(crate) fn seal(&self, cursor: &Cursor) -> String {
        self.seal_bytes(cursor.encode())
    }

    pub(super) fn seal_bytes(&self, mut bytes: Vec<u8>) -> String {
        let code = self.code.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&code[..CODE]);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn open(&self, text: &str) -> Result<Cursor, CursorError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Invalid)?;
        let (body, code) =
            bytes.len().checked_sub(CODE).map(|middle| bytes.split_at(middle)).ok_or(CursorError::Invalid)?;
        let genuine = self.code.clone().chain_update(body).verify_truncated_left(code);
        genuine.map_err(|_| CursorError::Invalid)?;
        match body.split_first() {
            Some((&VERSION, rest)) => Cursor::decode(rest).ok_or(CursorError::Invalid),
            _ => Err(CursorError::Expired),
        }
    }
}

impl Cursor {
    /// Returns the cursor after an item, which is the last of `seen` items of a selection.
    pub(crate) fn after(digest: Digest, seen: u32, item: &Item<'_>, sort: Sort) -> Self {
        let value = match item.sort_value(sort) {
            SortValue::Text(text) => OwnedValue::Text(truncate(text).to_owned()),
            SortValue::Number(number) => OwnedValue::Number(number),
            SortValue::Missing => OwnedValue::Missing,
        };
        Self { digest, seen, last: LastItem { kind: item.kind, id: item.id.to_owned(), value } }
    }

    /// Returns the number of items of a fresh listing's selection before the next item of the walk.
    pub(crate) fn resume<'s>(&self, sort: Sort, count: usize, item: impl Fn(usize) -> Item<'s>) -> usize {
        let LastItem { kind, id, value } = &self.last;
        // A truncated value does not determine the position. Look for the item itself first.
        if value.may_be_cut()
            && let Some(place) = (0..count).find(|place| {
                let item = item(*place);
                item.kind == *kind && item.id == id
            })
        {
            return place + 1;
        }
        partition(0..count, |place| compare(sort, *kind, value.borrowed(), id, &item(place)).is_ge())
    }

    fn encode(&self) -> Vec<u8> {
        let LastItem { kind, id, value } = &self.last;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.digest);
        bytes.extend_from_slice(&self.seen.to_be_bytes());
        bytes.push(u8::from(*kind == EntryKind::File));
        // The grammar of ids allows at most 64 bytes.
        bytes.push(u8::try_from(id.len()).unwrap_or(u8::MAX));
        bytes.extend_from_slice(&id.as_bytes()[..id.len().min(usize::from(u8::MAX))]);
        match value {
            OwnedValue::Missing => bytes.push(0),
            OwnedValue::Number(number) => {
                bytes.push(1);
                bytes.extend_from_slice(&number.to_be_bytes());
            }
            OwnedValue::Text(text) => {
                bytes.push(2);
                bytes.extend_from_slice(text.as_bytes());
            }
        }
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (digest, bytes) = bytes.split_first_chunk::<16>()?;
        let (seen, bytes) = bytes.split_first_chunk::<4>()?;
        let ([kind, length], bytes) = bytes.split_first_chunk::<2>()?;
        let (id, bytes) = bytes.split_at_checked(usize::from(*length))?;
        let (tag, rest) = bytes.split_first()?;
        let value = match tag {
            0 => OwnedValue::Missing,
            1 => OwnedValue::Number(i128::from_be_bytes(rest.try_into().ok()?)),
            _ => OwnedValue::Text(String::from_utf8(rest.to_vec()).ok()?),
        };
        let kind = if *kind == 0 { EntryKind::Folder } else { EntryKind::File };
        let id = String::from_utf8(id.to_vec()).ok()?;
        Some(Self { digest: *digest, seen: u32::from_be_bytes(*seen), last: LastItem { kind, id, value } })
    }
}

fn truncate(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_VALUE)]
}
