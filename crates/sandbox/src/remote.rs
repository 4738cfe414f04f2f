//! The URLs of remote uploads. No simulator opens a connection, so everything is derived from the URL.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// Returns whether a site would fetch from a URL: the scheme is HTTP or FTP, and the address is not private.
pub(crate) fn is_public(url: &Url) -> bool {
    let address = match url.host() {
        Some(Host::Domain(name)) => return is_fetchable(url) && name != "localhost" && !name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        None => return false,
    };
    let is_private = match address {
        IpAddr::V4(address) => address.is_private() || address.is_link_local() || address.is_broadcast(),
        IpAddr::V6(address) => address.is_unique_local() || address.is_unicast_link_local(),
    };
    is_fetchable(url) && !is_private && !address.is_loopback() && !address.is_unspecified()
}

fn is_fetchable(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https" | "ftp")
}

/// Returns the name that a fetched file gets: the last segment of the URL's path.
pub(crate) fn name_of(url: &str) -> String {
    let url = Url::parse(url).ok();
    let last = url.as_ref().and_then(|url| url.path_segments()).and_then(|mut segments| segments.next_back());
    match last.filter(|name| !name.is_empty()) {
        Some(name) => percent_decode_str(name).decode_utf8_lossy().into_owned(),
        None => "index.html".to_owned(),
    }
}
