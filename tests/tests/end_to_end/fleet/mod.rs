//! Tests of several replicas on one Redis: real processes, a real `redis-server`, and one simulated streamplay.
//!
//! A busy machine can make a replica miss an answer of Redis, which then counts as away for that call. Replicas count or
//! log each such case. Where a promise is weaker without Redis, the tests allow as many exceptions as the replicas have
//! reported, and none otherwise.

mod ends;
mod freshness;
mod idempotency;
mod limits;
mod load;
mod model;
mod outages;
mod redis_server;
mod secrets;
mod sessions;
mod starting;
mod walks;
mod world;
