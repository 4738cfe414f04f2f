//! Connections: their number, their limits of time and memory, and their end.
//!
//! The crate serves any HTTP service. [`Connections`] adds extensions to each request: its [`Peer`], the [`Place`] of
//! its connection, and the [`Ambiguity`] of its head. A connection or head that never becomes a request is a
//! [`Refusal`]. The service provides the answer to it.

mod activity;
mod answers;
mod connections;
mod frames;
mod framing;
mod guarded_body;
mod head;
mod outgoing;
mod peer;
mod places;
mod refusal;
mod request_body;
mod speed;
mod stream;
mod streams;
mod tls;

pub use answers::is_event_stream;
pub use connections::{AbortOnDrop, Connections, Limits};
pub use guarded_body::GuardedBody;
pub use head::Ambiguity;
pub use peer::{AddressBlock, Peer};
pub use places::Place;
pub use refusal::{Refusal, Refuse};
pub use request_body::RequestBody;
pub use speed::Speed;
pub use tls::Tls;
