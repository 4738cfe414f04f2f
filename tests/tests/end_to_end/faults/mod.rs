//! Tests of sites that fail in every way at every operation, and of the gateway's retries, circuits and rate limits.

mod circuits;
mod expectations;
mod fault_cases;
mod matrix;
mod operations;
mod pace;
mod retries;
mod world;

pub(crate) use world::circuit;
