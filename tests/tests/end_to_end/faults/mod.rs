//! Sites that fail, in every way and at every operation; and what the gateway makes of it: retries, circuits, its pace.

mod circuits;
mod expectations;
mod injuries;
mod matrix;
mod operations;
mod pace;
mod retries;
mod world;
