//! Reading JSON as sites write it. A field that is missing or of an unexpected type is `None`, and never a failure.
//!
//! - [`lenient`] for the fields of a wire struct: `#[serde(default, deserialize_with = "decode::lenient")]`.
//! - [`value`] for a result, which is refused where it is an array in place of a map.
//! - [`List`] for lists that may be maps, read entry by entry.
//! - [`Message`] for texts for people, which are cut.
//! - [`WireTime`] for the ways in which times are written.
//!
//! How an answer differs from a dialect's documentation is counted while it is read: [`Documented`].
//!
//! All of it works on the bytes of the answer; nothing builds a tree of values.

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
