//! Connections: how many there may be, what each may take of time and memory, and how they end.
//!
//! It serves any HTTP service, and knows of none: [`Connections`] gives each request its [`Peer`], the [`Place`] of its
//! connection, and the [`Ambiguity`] of its head, as extensions. What the service never sees, because it is no request,
//! is a [`Refusal`], whose words are the service's too.

mod activity;
mod connections;
mod frames;
mod framing;
mod head;
mod held;
mod outgoing;
mod peer;
mod places;
mod refusal;
mod request_body;
mod speed;
mod stream;
mod streams;

pub use connections::{Connections, Limits, is_event_stream};
pub use head::Ambiguity;
pub use held::Held;
pub use peer::Peer;
pub use places::Place;
pub use refusal::{Refusal, Refuse};
pub use request_body::RequestBody;
pub use speed::Speed;
