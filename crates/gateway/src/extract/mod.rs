//! Extractors that check a request's input for the handlers: the caller's account, strict parameters, strict JSON.

mod access;
mod body;
mod body_fields;
mod query;
mod request;

pub(crate) use access::{Access, Caller, Grantee};
pub(crate) use body::whole_body;
pub(crate) use body::{StrictJson, escape, present};
pub(crate) use body_fields::{check_body_fields, is_one_file, is_utf8, unsupported_fields};
pub(crate) use query::{StrictQuery, flag, parameters};
pub(crate) use request::{CacheControl, Conditions, freshness};
