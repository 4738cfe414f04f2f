//! The commands that show or change single objects. Transfers of files are in [`transfer`](crate::transfer).

pub mod cancel;
pub mod change;
pub(crate) mod confirm;
pub mod fetch;
mod line;
pub mod link;
pub mod login;
pub mod ls;
pub mod rm;
pub mod stat;
pub mod tree;
pub mod usage;
pub mod watch;
pub mod whoami;

pub use confirm::can_ask;
