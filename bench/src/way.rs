//! The ways that bytes take from the caller to the site and back.

use std::net::SocketAddr;

use serde::Serialize;

use crate::site::Manner;
use crate::transfer::{Kind, Target};

/// A way, beside which the others are put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// Caller and site alone.
    Direct,
    /// nginx, unbuffered, its buffers as they are by default.
    Nginx,
    /// nginx, unbuffered, with buffers as large as anything here reads at once.
    NginxLargeBuffers,
    /// The gateway; upwards with the SHA-1 that it holds pstream.net to.
    Gateway,
    /// The gateway, with the MD5 that it compares with what streamplay.online tells.
    GatewayMd5,
    /// The gateway, at a site that tells no digest.
    GatewayNoDigest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    Up,
    Down,
}

/// Where everybody listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) site: SocketAddr,
    pub(crate) gateway: SocketAddr,
    pub(crate) nginx: Option<[SocketAddr; 2]>,
}

impl Way {
    /// All ways in a direction. Downwards the gateway computes nothing, so it has one way there.
    pub(crate) fn all(direction: Direction) -> &'static [Self] {
        match direction {
            Direction::Up => &[
                Self::Direct,
                Self::Nginx,
                Self::NginxLargeBuffers,
                Self::Gateway,
                Self::GatewayMd5,
                Self::GatewayNoDigest,
            ],
            Direction::Down => &[Self::Direct, Self::Nginx, Self::NginxLargeBuffers, Self::Gateway],
        }
    }

    pub(crate) fn is_gateway(self) -> bool {
        matches!(self, Self::Gateway | Self::GatewayMd5 | Self::GatewayNoDigest)
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::NginxLargeBuffers => "nginx, 256 KiB buffers",
            Self::Gateway => "gateway",
            Self::GatewayMd5 => "gateway, MD5",
            Self::GatewayNoDigest => "gateway, no digest",
        }
    }
}

impl Direction {
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

impl Addresses {
    /// The target of a transfer of `size` bytes; `None` where there is nobody on the way.
    pub(crate) fn target(&self, way: Way, direction: Direction, manner: Manner, size: u64) -> Option<Target> {
        let account = match (way, direction) {
            (Way::Direct, _) => return Some(past_the_gateway(self.site, direction, manner, size)),
            (Way::Nginx, _) => return Some(past_the_gateway(self.nginx?[0], direction, manner, size)),
            (Way::NginxLargeBuffers, _) => return Some(past_the_gateway(self.nginx?[1], direction, manner, size)),
            (Way::GatewayMd5, _) | (_, Direction::Down) => "streamplay",
            (Way::Gateway, Direction::Up) => "pstream",
            (Way::GatewayNoDigest, Direction::Up) => "plain",
        };
        let account = format!("/v1/accounts/{account}-{}", manner.name());
        let (path, kind) = match direction {
            Direction::Up => (format!("{account}/files?name=bench.bin"), Kind::Plain),
            Direction::Down => (format!("{account}/files/{size}/content"), Kind::Download),
        };
        Some(Target { address: self.gateway, path, kind })
    }
}

fn past_the_gateway(address: SocketAddr, direction: Direction, manner: Manner, size: u64) -> Target {
    let prefix = manner.prefix();
    match direction {
        Direction::Up => Target { address, path: format!("{prefix}/upload"), kind: Kind::Form },
        Direction::Down => Target { address, path: format!("{prefix}/bytes/{size}"), kind: Kind::Download },
    }
}
