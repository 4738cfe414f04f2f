//! Tests of the catalogue: pages and cursors of constructed listings, and everything else against a scripted site.

mod freshness;
mod history;
mod model;
mod outage;
mod pages;
mod reloads;
mod renumbering;
mod replicas;
mod trash;
mod unwanted_copies;
mod writes;
