//! The header fields of trusted proxies: the caller's address, the requested hosts and the removed path prefix.
//!
//! `X-Forwarded-For` takes precedence over `Forwarded`. Most proxies write only the former, and pass on the latter as
//! the caller sent it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::Request;
use axum::http::header::FORWARDED;
use axum::http::{HeaderMap, HeaderName};
use ipnet::IpNet;
use polyhost_listener::Peer;
use rfc7239::NodeIdentifier;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// The longest prefix, in bytes.
const MAX_PREFIX: usize = 256;

/// Returns the address of a request's caller; `None` if the connection's is unknown.
///
/// Each proxy adds the address of its own caller at the end of the list. So the last address that is not a trusted proxy
/// is the one that no caller can choose. If all are trusted proxies, the first one is the caller.
pub(crate) fn address(request: &Request, trusted_proxies: &[IpNet]) -> Option<IpAddr> {
    let peer = request.extensions().get::<Peer>()?;
    let mut address = peer.address;
    if peer.is_trusted_proxy {
        for listed in addresses(request.headers()).into_iter().rev() {
            let Some(listed) = listed else { break };
            address = listed.to_canonical();
            if !trusted_proxies.iter().any(|network| network.contains(&address)) {
                break;
            }
        }
    }
    Some(address)
}

/// Returns the path prefix that proxies have removed from a request's path; empty if there is none.
pub(crate) fn prefix(request: &Request) -> String {
    if !comes_from_trusted_proxy(request) {
        return String::new();
    }
    let prefix: String = items(request.headers(), &PREFIX).map(|prefix| prefix.trim_end_matches('/')).collect();
    if prefix.len() <= MAX_PREFIX && is_path(&prefix) { prefix } else { String::new() }
}

/// Returns the hosts for which proxies received a request.
pub(crate) fn hosts(request: &Request) -> Vec<&str> {
    if !comes_from_trusted_proxy(request) {
        return Vec::new();
    }
    let forwarded = items(request.headers(), &FORWARDED).filter_map(|item| parsed(item)?.host);
    items(request.headers(), &HOST).chain(forwarded.map(|host| host.trim_matches('"'))).collect()
}

fn comes_from_trusted_proxy(request: &Request) -> bool {
    request.extensions().get::<Peer>().is_some_and(|peer| peer.is_trusted_proxy)
}

/// Returns the addresses in the order of the list; `None` for each that is hidden or invalid.
fn addresses(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(FOR) {
        items(headers, &FOR).map(listed_address).collect()
    } else {
        let node = |item| parsed(item)?.forwarded_for.as_ref().and_then(NodeIdentifier::ip).copied();
        items(headers, &FORWARDED).map(node).collect()
    }
}

/// Parses an item of `X-Forwarded-For`. Some proxies add a port, and some write brackets around an IPv6 address.
fn listed_address(item: &str) -> Option<IpAddr> {
    let with_port = || item.parse().map(|address: SocketAddr| address.ip());
    let bare = item.trim_start_matches('[').trim_end_matches(']');
    bare.parse().or_else(|_| with_port()).ok()
}

fn parsed(item: &str) -> Option<rfc7239::Forwarded<'_>> {
    rfc7239::parse(item).next()?.ok()
}

/// Returns the items of a list, from all its fields in order.
fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let fields = headers.get_all(name).into_iter().map(|field| field.to_str().unwrap_or_default());
    fields.flat_map(|field| field.split(',')).map(str::trim)
}

/// Returns whether a text is empty or an absolute path without empty segments. Anything else could make a link lead to
/// another host.
fn is_path(text: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~%".contains(letter);
    let is_segment = |segment: &str| !segment.is_empty() && segment.chars().all(is_plain);
    text.is_empty() || text.strip_prefix('/').is_some_and(|path| path.split('/').all(is_segment))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    const PROXY: Peer = Peer { address: IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), is_trusted_proxy: true };
    const CALLER: Peer = Peer { is_trusted_proxy: false, ..PROXY };

    fn request(peer: Peer, fields: &[(&str, &str)]) -> Request {
        let mut request = Request::builder().extension(peer);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        request.body(Body::empty()).unwrap()
    }

    fn caller(fields: &[(&str, &str)]) -> String {
        let trusted = ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        address(&request(PROXY, fields), &trusted).unwrap().to_string()
    }

    #[test]
    fn caller_is_the_last_address_that_is_not_a_trusted_proxy() {
        for (list, expected) in [
            ("192.0.2.1", "192.0.2.1"),
            ("198.51.100.1, 192.0.2.1", "192.0.2.1"),
            ("198.51.100.1, 192.0.2.1, 10.0.0.7", "192.0.2.1"),
            ("198.51.100.1,192.0.2.1:4711 , fd00::7", "192.0.2.1"),
            ("2001:db8::1", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("10.0.0.3, 10.0.0.7", "10.0.0.3"),
            ("192.0.2.1, unknown, 10.0.0.7", "10.0.0.7"),
            ("192.0.2.1, _hidden", "127.0.0.1"),
            ("", "127.0.0.1"),
        ] {
            assert_eq!(caller(&[("x-forwarded-for", list)]), expected, "{list}");
        }
        let lines =
            [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "192.0.2.1"), ("x-forwarded-for", "10.1.1.1")];
        assert_eq!(caller(&lines), "192.0.2.1");
    }

    #[test]
    fn forwarded_field_is_read_without_x_forwarded_for() {
        for (list, expected) in [
            ("for=192.0.2.1", "192.0.2.1"),
            ("for=198.51.100.1, For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1, for=10.0.0.7", "2001:db8::1"),
            ("for=192.0.2.1, for=unknown", "127.0.0.1"),
            ("for=192.0.2.1, nonsense", "127.0.0.1"),
            ("proto=https", "127.0.0.1"),
        ] {
            assert_eq!(caller(&[("forwarded", list)]), expected, "{list}");
        }
        assert_eq!(caller(&[("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "192.0.2.1")]), "192.0.2.1");
    }

    #[test]
    fn fields_of_an_untrusted_caller_are_ignored() {
        let fields = [("x-forwarded-for", "192.0.2.1"), ("x-forwarded-prefix", "/a"), ("x-forwarded-host", "a.test")];
        let request = request(CALLER, &fields);
        assert_eq!(address(&request, &[]).unwrap().to_string(), "127.0.0.1");
        assert_eq!(prefix(&request), "");
        assert!(hosts(&request).is_empty());
    }

    #[test]
    fn prefixes_of_several_proxies_are_joined() {
        let of = |fields: &[&str]| {
            prefix(&request(PROXY, &fields.iter().map(|value| ("x-forwarded-prefix", *value)).collect::<Vec<_>>()))
        };
        assert_eq!(of(&[]), "");
        assert_eq!(of(&["/"]), "");
        assert_eq!(of(&["/polyhost/"]), "/polyhost");
        assert_eq!(of(&["/a/b", "/c"]), "/a/b/c");
        assert_eq!(of(&["/a, /b/"]), "/a/b");
        for bad in
            ["polyhost", "//evil.test", "/a//b", "/a\\b", "/a?b", "https://evil.test", "/a b", &format!("/{:0256}", 0)]
        {
            assert_eq!(of(&[bad]), "", "{bad}");
        }
    }

    #[test]
    fn hosts_come_from_both_fields() {
        let fields = [("x-forwarded-host", "a.test, b.test:8443"), ("forwarded", "for=192.0.2.1;host=\"c.test:80\"")];
        assert_eq!(hosts(&request(PROXY, &fields)), ["a.test", "b.test:8443", "c.test:80"]);
    }
}
