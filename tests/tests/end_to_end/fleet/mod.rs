//! Tests of several replicas on one Redis: real processes, a real `redis-server`, and one simulated streamplay.
//!
//! A busy machine can make a replica miss an answer of Redis, which then counts as away for that call. Replicas count or
//! log each such case. Where a promise is weaker without Redis, a test repeats the part of it in which such a case
//! occurred, until there is none. Where it cannot be repeated, the test allows as many exceptions as were reported.

mod ends;
mod freshness;
mod hints;
mod idempotency;
mod limits;
mod load;
mod model;
mod outages;
mod patience;
mod redis_server;
mod rotation;
mod secrets;
mod sessions;
mod starting;
mod tls;
mod walks;
mod world;
