//! The second dialect: streamplay.online beside pstream.net behind one gateway. A file for each noun, one for the session
//! that the site allows its users, and one for what its file server sends.

mod accounts;
mod both;
mod catalogue;
mod classification;
mod connections;
mod content;
mod copies;
mod credentials;
mod decoding;
mod denials;
mod descriptions;
mod download_links;
mod events;
mod file_server;
mod files;
mod folder_changes;
mod folders;
mod ids;
mod leaving;
mod lookup;
mod names;
mod overdue;
mod pages;
mod passwords;
mod relatives;
mod remote_uploads;
mod requests;
mod secrets;
mod session;
mod shared_user;
mod site_errors;
mod unknown_sizes;
mod unsupported;
mod upload_faults;
mod uploads;
pub(crate) mod world;
