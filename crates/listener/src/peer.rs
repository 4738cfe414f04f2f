//! The other end of a connection, and the units in which addresses are counted.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// Its address. An IPv4 address that is mapped to IPv6 is an IPv4 address here.
    pub address: IpAddr,
    /// Whether it is a proxy whose header fields about its callers are trusted.
    pub is_trusted_proxy: bool,
}

impl Peer {
    pub(crate) fn new(address: IpAddr, trusted_proxies: &[IpNet]) -> Self {
        let address = address.to_canonical();
        Self { address, is_trusted_proxy: trusted_proxies.iter().any(|network| network.contains(&address)) }
    }
}

/// The addresses that are counted as one: an IPv4 address, or an IPv6 network of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressBlock(IpAddr);

impl AddressBlock {
    /// Returns the block of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        // An owner of one IPv6 address usually has the whole network.
        Self(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            address => address,
        })
    }
}

impl fmt::Display for AddressBlock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_network_counts_as_one_address() {
        let block = |text: &str| AddressBlock::of(text.parse().unwrap());
        assert_eq!(block("2001:db8::1"), block("2001:db8::ffff:1"));
        assert_ne!(block("2001:db8::1"), block("2001:db8:0:1::1"));
        assert_ne!(block("192.0.2.1"), block("192.0.2.2"));
    }

    #[test]
    fn trusted_proxy_is_known_by_its_network() {
        let networks = ["192.0.2.0/24", "2001:db8::/32"].map(|network| network.parse().unwrap());
        let is_trusted = |text: &str| Peer::new(text.parse().unwrap(), &networks).is_trusted_proxy;
        assert!(is_trusted("192.0.2.7") && is_trusted("::ffff:192.0.2.7") && is_trusted("2001:db8::1"));
        assert!(!is_trusted("192.0.3.7") && !is_trusted("2001:db9::1"));
    }
}
