//! The ways that bytes take from the caller to the site and back.

use std::net::SocketAddr;

use serde::Serialize;

use crate::site::SiteMode;
use crate::transfer::{Kind, Target};

/// A way from the caller to the site. The measurement compares the ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// The caller and the site, without a program between them.
    Direct,
    /// nginx, unbuffered, with its default buffers.
    Nginx,
    /// nginx, unbuffered, with buffers as large as the largest reads of the other programs.
    NginxLargeBuffers,
    /// The gateway. For uploads it computes the SHA-1 that it asks pstream.net to check.
    Gateway,
    /// The gateway, computing the MD5 that it compares with the one that streamplay.online reports.
    GatewayMd5,
    /// The gateway, with a site that reports no digest.
    GatewayNoDigest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    Up,
    Down,
}

/// The addresses of all programs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) site: SocketAddr,
    pub(crate) gateway: SocketAddr,
    pub(crate) nginx: Option<[SocketAddr; 2]>,
}

impl Way {
    /// Returns all ways of a direction. For downloads the gateway computes no digest, so it has only one way.
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
    /// Returns the target of a transfer of `size` bytes, or `None` if the way's program is not running.
    pub(crate) fn target(&self, way: Way, direction: Direction, mode: SiteMode, size: u64) -> Option<Target> {
        let account = match (way, direction) {
            (Way::Direct, _) => return Some(without_gateway(self.site, direction, mode, size)),
            (Way::Nginx, _) => return Some(without_gateway(self.nginx?[0], direction, mode, size)),
            (Way::NginxLargeBuffers, _) => return Some(without_gateway(self.nginx?[1], direction, mode, size)),
            (Way::GatewayMd5, _) | (_, Direction::Down) => "streamplay",
            (Way::Gateway, Direction::Up) => "pstream",
            (Way::GatewayNoDigest, Direction::Up) => "plain",
        };
        let account = format!("/v1/accounts/{account}-{}", mode.name());
        let (path, kind) = match direction {
            Direction::Up => (format!("{account}/files?name=bench.bin"), Kind::Plain),
            Direction::Down => (format!("{account}/files/{size}/content"), Kind::Download),
        };
        Some(Target { address: self.gateway, path, kind })
    }
}

fn without_gateway(address: SocketAddr, direction: Direction, mode: SiteMode, size: u64) -> Target {
    let prefix = mode.prefix();
    match direction {
        Direction::Up => Target { address, path: format!("{prefix}/upload"), kind: Kind::Form },
        Direction::Down => Target { address, path: format!("{prefix}/bytes/{size}"), kind: Kind::Download },
    }
}
