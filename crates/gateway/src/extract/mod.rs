//! What handlers take out of a request, checked: the caller's account, strict parameters, strict JSON.

mod access;
mod body;
mod body_fields;
mod query;
mod request;

pub use access::{Access, Caller};
pub(crate) use body::whole_body;
pub use body::{StrictJson, escape, present};
pub(crate) use body_fields::{check_body_fields, is_one_file, is_utf8, unsupported_fields};
pub use query::{StrictQuery, flag};
pub use request::{CacheControl, Conditions, RequestContext, RequestId};
