//! Which addresses belong to the public internet, judged by their text alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// Names that lead to the machine itself, into its own network, or to a cloud's metadata service; also everything below
/// them. Some are reserved (RFC 6761, 6762, 8375), the others in use inside networks and handed out to nobody.
const PRIVATE_NAMES: [&str; 10] =
    ["localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"];

/// Whether an address can belong to a public server: not private, loopback, link-local, shared, reserved or
/// multicast, in any IPv6 wrapping of an IPv4 address either.
#[must_use]
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Whether the host of a URL can be a public server, as far as its text tells.
#[must_use]
pub fn is_public_host(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(v4) => is_public_v4(*v4),
        Host::Ipv6(v6) => is_public_v6(*v6),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            // A name without a dot is found only in a local network.
            name.contains('.')
                && !PRIVATE_NAMES.iter().any(|private| {
                    name.strip_suffix(private).is_some_and(|head| head.is_empty() || head.ends_with('.'))
                })
        }
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = a == 192 && b == 0 && c == 0;
    let benchmark = a == 198 && (b == 18 || b == 19);
    // Where Azure answers the machines in it, metadata among the rest.
    let is_azures = v4 == Ipv4Addr::new(168, 63, 129, 16);
    !(a == 0
        || a >= 224
        || v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || shared
        || protocol
        || benchmark
        || is_azures)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    if let Some(v4) = embedded_v4(v6) {
        return is_public_v4(v4);
    }
    let [first, second, ..] = v6.segments();
    let documentation = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    // 2001::/23 is for protocols; Teredo among them wraps an IPv4 address.
    let protocol = first == 0x2001 && second < 0x200;
    // Only 2000::/3 is handed out.
    first & 0xe000 == 0x2000 && !documentation && !protocol
}

/// The IPv4 address inside a mapped, NAT64 or 6to4 address.
fn embedded_v4(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = v6.segments();
    let join = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        [0x2002, high, low, ..] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        _ => v6.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use url::Url;

    #[test]
    fn private_hosts_are_told_in_every_spelling() {
        let private = [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/",
            "http://168.63.129.16/",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:0:7f00:1::]/",
            "http://[3fff::1]/",
            "http://nas.lan/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://metadata.google.internal/",
            "http://printer/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
        ];
        for text in private {
            let url = Url::parse(text).unwrap();
            assert!(!is_public_host(&url.host().unwrap()), "{text}");
        }
        for text in [
            "http://example.org/",
            "http://8.8.8.8/",
            "http://[2606:4700::1]/",
            "http://[2001:4860::1]/",
            "http://notlocalhost.com/",
        ] {
            let url = Url::parse(text).unwrap();
            assert!(is_public_host(&url.host().unwrap()), "{text}");
        }
    }
}
