//! What the catalogue promises: pages and cursors on listings made up here, and the rest at a scripted site.

mod freshness;
mod history;
mod model;
mod pages;
mod reloads;
mod trash;
mod writes;
