//! The client in front of a gateway that answers as no good one does: late, wrongly, not at all, or in somebody else's
//! name.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "what a test cannot do is a failed test")]

mod downloads;
mod gateway;
mod uploads;
