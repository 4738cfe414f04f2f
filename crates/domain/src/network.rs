//! Decides whether an address belongs to the public internet, from its text, without a DNS lookup.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// Domains of the machine itself, of its local network, or of a cloud's metadata service, with all their subdomains.
/// Some are reserved (RFC 6761, 6762, 8375). The others are common in private networks and are not public domains.
const PRIVATE_NAMES: [&str; 10] =
    ["localhost", "localdomain", "local", "internal", "intranet", "private", "corp", "home", "lan", "home.arpa"];

/// Returns whether an address can belong to a public server: it is not private, loopback, link-local, shared, reserved
/// or multicast. An IPv4 address embedded in an IPv6 address is checked, too.
#[must_use]
pub fn is_public_address(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

/// Returns whether the host of a URL can be a public server. Host names are not resolved.
#[must_use]
pub fn is_public_host(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(v4) => is_public_v4(*v4),
        Host::Ipv6(v6) => is_public_v6(*v6),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            // A name without a dot resolves only in a local network.
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
    // Azure's platform services for its virtual machines, such as metadata.
    let is_azure_platform = v4 == Ipv4Addr::new(168, 63, 129, 16);
    !(a == 0
        || a >= 224
        || v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || shared
        || protocol
        || benchmark
        || is_azure_platform)
}

fn is_public_v6(v6: Ipv6Addr) -> bool {
    if let Some(v4) = embedded_v4(v6) {
        return is_public_v4(v4);
    }
    let [first, second, ..] = v6.segments();
    let documentation = (first == 0x2001 && second == 0xdb8) || (first == 0x3fff && second < 0x1000);
    // 2001::/23 is for protocols. One of them, Teredo, embeds an IPv4 address.
    let protocol = first == 0x2001 && second < 0x200;
    // Only 2000::/3 is allocated to public networks.
    first & 0xe000 == 0x2000 && !documentation && !protocol
}

/// Returns the IPv4 address in a mapped, NAT64 or 6to4 address.
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
    fn private_host_is_recognised_in_every_spelling() {
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
