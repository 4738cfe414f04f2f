//! The address of Redis, as the configuration has it.

use redis::cluster::ClusterClient;
use redis::sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType};
use redis::{Client, ConnectionInfo, IntoConnectionInfo as _, TlsMode};
use url::Url;

use super::Servers;
use crate::settings::OpenError;

const SENTINEL_PORT: u16 = 26379;
/// The redirects that a call follows within a Cluster.
const CLUSTER_RETRIES: u32 = 3;

/// The parts of an address. It may list several hosts, and a URL has only one.
struct Parts<'a> {
    has_tls: bool,
    kind: Kind,
    /// The user and password, as in a URL.
    credentials: Option<&'a str>,
    hosts: &'a str,
    /// The rest, from the first `/` or `?` on.
    rest: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Single,
    Sentinel,
    Cluster,
}

impl Servers {
    /// Returns the servers at an address. Connects to nothing.
    ///
    /// # Errors
    /// The errors of [`open`](crate::open()) about the address.
    pub(crate) fn at(address: &str) -> Result<Self, OpenError> {
        let parts = Parts::of(address)?;
        if parts.has_tls {
            // The client takes the process's provider, and panics without one. An error means that there is one already.
            let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        match parts.kind {
            Kind::Single => parts.single(),
            Kind::Sentinel => parts.sentinel(),
            Kind::Cluster => parts.cluster(),
        }
    }
}

impl<'a> Parts<'a> {
    fn of(address: &'a str) -> Result<Self, OpenError> {
        if address.is_empty() {
            return Err(OpenError::Malformed);
        }
        let (scheme, behind) = address.split_once("://").ok_or(OpenError::Scheme)?;
        let (security, kind) = scheme.split_once('+').unwrap_or((scheme, ""));
        let has_tls = match security {
            "redis" => false,
            "rediss" => true,
            _ => return Err(OpenError::Scheme),
        };
        let kind = match kind {
            "" if !scheme.contains('+') => Kind::Single,
            "sentinel" => Kind::Sentinel,
            "cluster" => Kind::Cluster,
            _ => return Err(OpenError::Scheme),
        };
        if behind.contains('#') {
            return Err(OpenError::Fragment);
        }
        let (authority, rest) = behind.split_at(behind.find(['/', '?']).unwrap_or(behind.len()));
        let (credentials, hosts) =
            authority.rsplit_once('@').map_or((None, authority), |(credentials, hosts)| (Some(credentials), hosts));
        Ok(Self { has_tls, kind, credentials, hosts, rest })
    }

    fn single(&self) -> Result<Servers, OpenError> {
        if self.hosts.contains(',') {
            return Err(OpenError::SeveralHosts);
        }
        let client = Client::open(self.url(self.hosts, self.rest)?);
        client.map(|client| Servers::Single(Box::new(client))).map_err(|_| OpenError::Malformed)
    }

    /// Sentinels have credentials of their own. Those of the authority are for the servers.
    fn sentinel(&self) -> Result<Servers, OpenError> {
        let rest = Url::parse(&format!("redis://any{}", self.rest)).map_err(|_| OpenError::Malformed)?;
        let path = rest.path().trim_start_matches('/');
        let (primary, database) = path.split_once('/').unwrap_or((path, ""));
        if primary.is_empty() {
            return Err(OpenError::NoPrimary);
        }
        let sentinels = self.each_host(|host| self.sentinel_at(host, &rest))?;
        let server = info(self.url("any", &format!("/{database}"))?)?;
        let node = SentinelNodeConnectionInfo::default().set_redis_connection_info(server.redis_settings().clone());
        let node = if self.has_tls { node.set_tls_mode(TlsMode::Secure) } else { node };
        let client = SentinelClient::build(sentinels, primary, Some(node), SentinelServerType::Master);
        client.map(|client| Servers::Sentinel(Box::new(client))).map_err(|_| OpenError::Malformed)
    }

    /// Returns the address of one Sentinel, with the credentials of a query.
    fn sentinel_at(&self, host: &str, rest: &Url) -> Result<ConnectionInfo, OpenError> {
        let mut url = Self { credentials: None, ..*self }.url(host, "")?;
        if url.port().is_none() {
            url.set_port(Some(SENTINEL_PORT)).map_err(|()| OpenError::Malformed)?;
        }
        let mut settings = redis::RedisConnectionInfo::default();
        for (name, value) in rest.query_pairs() {
            settings = match &*name {
                "sentinel_username" => settings.set_username(value),
                "sentinel_password" => settings.set_password(value),
                _ => return Err(OpenError::Parameter),
            };
        }
        Ok(info(url)?.set_redis_settings(settings))
    }

    fn cluster(&self) -> Result<Servers, OpenError> {
        if !matches!(self.rest, "" | "/") {
            return Err(OpenError::ClusterDatabase);
        }
        let nodes = self.each_host(|host| info(self.url(host, "")?))?;
        let client = ClusterClient::builder(nodes).retries(CLUSTER_RETRIES).build();
        client.map(|client| Servers::Cluster(Box::new(client))).map_err(|_| OpenError::Malformed)
    }

    fn each_host<T>(&self, of: impl Fn(&str) -> Result<T, OpenError>) -> Result<Vec<T>, OpenError> {
        self.hosts.split(',').map(of).collect()
    }

    /// Returns the URL of one server.
    fn url(&self, host: &str, rest: &str) -> Result<Url, OpenError> {
        let scheme = if self.has_tls { "rediss" } else { "redis" };
        let at = if self.credentials.is_some() { "@" } else { "" };
        let credentials = self.credentials.unwrap_or_default();
        Url::parse(&format!("{scheme}://{credentials}{at}{host}{rest}")).map_err(|_| OpenError::Malformed)
    }
}

fn info(url: Url) -> Result<ConnectionInfo, OpenError> {
    url.into_connection_info().map_err(|_| OpenError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_addresses_are_accepted() {
        for address in [
            "redis://127.0.0.1",
            "redis://:pass%2Cword@redis.example:6380/2",
            "rediss://user:password@redis.example",
            "redis://[::1]:6379",
            "redis+sentinel://one,two:26380,[::1]/main",
            "rediss+sentinel://user:pass%2Cword@one:26379,two/main/2?sentinel_username=a&sentinel_password=b%26",
            "redis+cluster://one:6379",
            "rediss+cluster://user:password@one:6379,two:6380/",
        ] {
            assert_eq!(Servers::at(address).err(), None, "{address}");
        }
    }

    #[test]
    fn other_addresses_are_rejected_with_their_reason() {
        for (address, error) in [
            ("", OpenError::Malformed),
            ("redis.example:6379", OpenError::Scheme),
            ("redis://", OpenError::Malformed),
            ("redis://host/zero", OpenError::Malformed),
            ("http://:planted@host", OpenError::Scheme),
            ("redis+://:planted@host", OpenError::Scheme),
            ("redis+sentinels://:planted@host", OpenError::Scheme),
            ("redis://:planted@one:1,two:2", OpenError::SeveralHosts),
            ("rediss://:planted@host/#insecure", OpenError::Fragment),
            ("redis+sentinel://:planted@one,two", OpenError::NoPrimary),
            ("redis+sentinel://:planted@one/?sentinel_password=planted", OpenError::NoPrimary),
            ("redis+sentinel://:planted@one,/main", OpenError::Malformed),
            ("redis+sentinel://:planted@one/main/zero", OpenError::Malformed),
            ("redis+sentinel://:planted@one/main?password=planted", OpenError::Parameter),
            ("redis+cluster://:planted@one/1", OpenError::ClusterDatabase),
            ("redis+cluster://:planted@one:port", OpenError::Malformed),
        ] {
            assert_eq!(Servers::at(address).err(), Some(error), "{address}");
            assert!(!error.to_string().contains("planted"));
        }
    }

    #[test]
    fn sentinels_and_servers_have_their_own_credentials() {
        let parts = Parts::of("redis+sentinel://user:pass%2Cword@one/main/2?sentinel_password=b%26").unwrap();
        let rest = Url::parse("redis://any/main/2?sentinel_password=b%26").unwrap();
        let sentinel = parts.sentinel_at("one", &rest).unwrap();
        assert_eq!(sentinel.redis_settings().password(), Some("b&"));
        assert_eq!(sentinel.redis_settings().username(), None);
        assert_eq!(sentinel.addr().to_string(), "one:26379");
    }
}
