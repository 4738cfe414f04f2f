//! What the catalogue promises: pages and cursors on listings made up here, and the rest at a site made up here.

mod freshness;
mod history;
mod model;
mod pages;
mod reloads;
mod site;
mod trash;
mod writes;
