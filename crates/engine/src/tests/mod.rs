//! One scripted site for the tests of this crate: a `Provider` in memory that records its calls. A test can delay its
//! answers, replace them by an error or a panic, or drop them.

mod calls;
mod profile;
mod provider;
mod site;

pub(crate) use self::calls::retryable;
pub(crate) use self::profile::{CAPABILITIES, profile};
pub(crate) use self::site::{Site, SiteState, UploadAnswer};
