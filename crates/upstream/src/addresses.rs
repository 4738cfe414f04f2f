//! What is known of each address of a provider, whichever account asks there: whether it works, and how much may be
//! sent to it once more.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use polyhost_domain::ProviderId;
use tower::retry::budget::{Budget, TpsBudget};
use url::{Position, Url};

use crate::circuit::Circuit;

/// How many addresses are remembered. Sites hand out new ones all the time.
const REMEMBERED: u64 = 1024;
/// How long an address is remembered that nobody asks.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// How long a request counts for what may be sent again.
const RECENT: Duration = Duration::from_secs(10);
/// How much of the recent requests may be sent again.
const SHARE: f32 = 0.2;
/// What may be sent again in every second, however little was sent before.
const AT_LEAST: u32 = 1;

/// The addresses. Clones are the same ones.
#[derive(Clone)]
pub(crate) struct Addresses(Cache<(ProviderId, String), Arc<Address>>);

/// What is known of one address of a provider.
pub(crate) struct Address {
    pub(crate) circuit: Arc<Circuit>,
    retries: TpsBudget,
}

impl Addresses {
    /// What is known of the address of a URL: its scheme, host and port.
    pub(crate) fn of(&self, provider: &ProviderId, url: &Url) -> Arc<Address> {
        let address = &url[..Position::BeforePath];
        self.0.get_with((provider.clone(), address.to_owned()), || {
            let circuit = Arc::new(Circuit::new(provider.clone(), address.to_owned()));
            Arc::new(Address { circuit, retries: TpsBudget::new(RECENT, AT_LEAST, SHARE) })
        })
    }
}

impl Address {
    /// Counts a request, which allows for a fifth of another.
    pub(crate) fn asked(&self) {
        self.retries.deposit();
    }

    /// Takes the right to send a request once more, if there is one left: a site that is dying is not asked three
    /// times as much.
    pub(crate) fn may_ask_again(&self) -> bool {
        self.retries.withdraw()
    }
}

impl Default for Addresses {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(REMEMBERED).time_to_idle(IDLE).build())
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Addresses").field("remembered", &self.0.entry_count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn at_most_a_fifth_of_the_recent_requests_is_sent_again() {
        let addresses = Addresses::default();
        let address = addresses.of(&"site".parse().unwrap(), &Url::parse("https://site.example/api").unwrap());
        let may = || (0..1000).take_while(|_| address.may_ask_again()).count();
        let at_first = may();
        assert_eq!(at_first, 10, "so much may be whatever was sent");
        (0..500).for_each(|_| address.asked());
        assert_eq!(may(), 100);
        advance(RECENT * 2).await;
        (0..500).for_each(|_| address.asked());
        assert!((100..=110).contains(&may()));
    }

    #[test]
    fn an_address_is_a_provider_and_where_it_is_asked() {
        let addresses = Addresses::default();
        let of = |provider: &str, url: &str| addresses.of(&provider.parse().unwrap(), &Url::parse(url).unwrap());
        let first = of("site", "https://site.example/api/v2/file/info?token=1");
        assert!(Arc::ptr_eq(&first, &of("site", "https://site.example:443/other")));
        for (provider, url) in [
            ("other", "https://site.example/"),
            ("site", "http://site.example/"),
            ("site", "https://site.example:8443/"),
        ] {
            assert!(!Arc::ptr_eq(&first, &of(provider, url)), "{provider} {url}");
        }
    }
}
