//! The rule for the destinations of requests. An address that a site returns must not lead into the private network of
//! the gateway. The rule checks the text of the address, and then the addresses that its name resolves to.

use std::error::Error as StdError;
use std::net::SocketAddr;

use polyhost_domain::{is_public_address, is_public_host};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::Url;

use crate::Settings;

/// The longest URL that the HTTP library can send, in bytes.
const LONGEST: usize = 65_534;

/// The rule for addresses that a site returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Public addresses only.
    PublicOnly,
    /// Anywhere.
    Anywhere,
}

/// The reason why requests must not go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Prohibited {
    #[error("the address is neither http nor https")]
    Scheme,
    #[error("the address contains user information")]
    UserInfo,
    #[error("the address is too long to be sent")]
    TooLong,
    #[error("the address leads into a private network")]
    Private,
}

impl Reach {
    /// Returns the rule for a site. A site whose own base URL is private by its text (a test, a sandbox) may return
    /// private addresses.
    pub(crate) fn of(base_url: &Url, settings: &Settings) -> Self {
        let private_site = base_url.host().is_some_and(|host| !is_public_host(&host));
        if settings.allow_private_networks || private_site { Self::Anywhere } else { Self::PublicOnly }
    }

    pub(crate) fn check(self, url: &Url) -> Result<(), Prohibited> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Prohibited::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Prohibited::UserInfo);
        }
        if url.as_str().len() > LONGEST {
            return Err(Prohibited::TooLong);
        }
        match url.host() {
            Some(host) if self == Self::Anywhere || is_public_host(&host) => Ok(()),
            _ => Err(Prohibited::Private),
        }
    }
}

/// Resolves names to public addresses only. Otherwise a name could be changed to a private address after the check of
/// its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicResolver;

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = resolve(name.as_str(), Reach::PublicOnly).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Returns the addresses of a name that `reach` allows.
///
/// # Errors
/// [`Prohibited`] if none is allowed; the error of the system's resolver.
pub(crate) async fn resolve(name: &str, reach: Reach) -> Result<Vec<SocketAddr>, Box<dyn StdError + Send + Sync>> {
    let found = tokio::net::lookup_host((name, 0)).await?;
    match reach {
        Reach::Anywhere => Ok(found.collect()),
        Reach::PublicOnly => Ok(public_only(found)?),
    }
}

fn public_only(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Prohibited> {
    let public: Vec<SocketAddr> = found.filter(|address| is_public_address(address.ip())).collect();
    if public.is_empty() { Err(Prohibited::Private) } else { Ok(public) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn public_site_may_hand_out_public_addresses_only() {
        let reach = Reach::of(&url("https://api.example.net/v1"), &Settings::default());
        assert_eq!(reach.check(&url("https://node.example.net/ul/x")), Ok(()));
        assert_eq!(reach.check(&url("http://127.0.0.1/ul/x")), Err(Prohibited::Private));
        assert_eq!(reach.check(&url("http://[::ffff:10.0.0.1]/")), Err(Prohibited::Private));
        assert_eq!(reach.check(&url("http://metadata.google.internal/")), Err(Prohibited::Private));
        assert_eq!(reach.check(&url("ftp://node.example.net/")), Err(Prohibited::Scheme));
        assert_eq!(reach.check(&url("https://a:b@node.example.net/")), Err(Prohibited::UserInfo));
    }

    #[test]
    fn private_site_or_setting_lifts_only_the_host_rule() {
        let lifted = Settings { allow_private_networks: true, ..Settings::default() };
        let sandbox = Reach::of(&url("http://127.0.0.1:7001/v1"), &Settings::default());
        for reach in [sandbox, Reach::of(&url("https://api.example.net/v1"), &lifted)] {
            assert_eq!(reach.check(&url("http://127.0.0.1:9/ul/x")), Ok(()));
            assert_eq!(reach.check(&url("file:///etc/passwd")), Err(Prohibited::Scheme));
        }
    }

    #[test]
    fn private_addresses_from_dns_are_dropped() {
        let private: SocketAddr = "10.0.0.1:0".parse().unwrap();
        let public: SocketAddr = "93.184.216.34:0".parse().unwrap();
        assert_eq!(public_only([private, public].into_iter()), Ok(vec![public]));
        assert_eq!(public_only([private].into_iter()).err(), Some(Prohibited::Private));
        assert_eq!(public_only([].into_iter()).err(), Some(Prohibited::Private));
    }
}
