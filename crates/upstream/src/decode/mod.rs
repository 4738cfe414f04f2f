//! Lenient decoding of the JSON that sites write. A field that is missing or of an unexpected type is `None`, and never
//! an error.
//!
//! - [`lenient`] reads the fields of a wire struct: `#[serde(default, deserialize_with = "decode::lenient")]`.
//! - [`value`] reads a result. It rejects an array in place of a map.
//! - [`List`] reads lists, which may be maps, entry by entry.
//! - [`Message`] reads texts for people, and cuts long ones.
//! - [`WireTime`] reads times in all their notations.
//!
//! The differences of an answer from a dialect's documentation are counted while it is read: [`Documented`].
//!
//! All decoding works on the bytes of the answer. None of it builds a tree of JSON values.

mod any_text;
mod drift;
mod fields;
mod list;
mod scalar;
mod shape;
mod sift;
mod text;
mod time;
mod unreadable;

pub use drift::{Documented, Shape};
pub use list::memory_for;
pub use list::{Entries, List};
pub use scalar::{Message, Scalar, lenient};
pub use shape::{is_empty, value};
pub(crate) use text::repaired;
pub use time::WireTime;
pub use unreadable::{Unreadable, json};
