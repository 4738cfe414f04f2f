//! What handlers take out of a request, checked: the caller's account, strict parameters, strict JSON.

mod access;
mod body;
mod query;
mod request;

pub use access::{Access, Administering, Reading, Writing};
pub(crate) use body::whole_body;
pub use body::{StrictJson, escape, present};
pub use query::{StrictQuery, flag};
pub use request::{RequestContext, RequestId};
