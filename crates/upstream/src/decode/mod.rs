//! Reading JSON as sites write it. A field that is missing or of an unexpected type is `None`, and never a failure.
//!
//! - [`lenient`] for the fields of a wire struct: `#[serde(default, deserialize_with = "decode::lenient")]`.
//! - [`value`] for a result, which is refused where it is an array in place of a map.
//! - [`Entries`] for lists that may be maps.
//! - [`WireTime`] for the ways in which times are written.
//!
//! How an answer differs from a dialect's documentation is counted while it is read: [`Documented`].
//!
//! All of it works on the bytes of the answer; nothing builds a tree of values.

mod drift;
mod entries;
mod fields;
mod scalar;
mod shape;
mod time;
mod unreadable;

pub use drift::{Documented, Shape};
pub use entries::Entries;
pub use scalar::{Scalar, lenient};
pub use shape::value;
pub use time::WireTime;
pub use unreadable::{Unreadable, json};
