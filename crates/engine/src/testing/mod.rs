//! One scripted site for the tests of this crate: a `Provider` in memory that notes its questions, and whose answers a
//! test can delay, fail, lose or replace by a panic.

mod profile;
mod provider;
mod questions;
mod site;

pub(crate) use self::profile::{CAPABILITIES, profile};
pub(crate) use self::questions::retryable;
pub(crate) use self::site::{Site, SiteState};
