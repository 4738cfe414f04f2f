//! The circuit breaker and the retry budget of each address of a provider. All accounts that use the address share
//! them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use polyhost_domain::ProviderId;
use tower::retry::budget::{Budget, TpsBudget};
use url::{Position, Url};

use crate::circuit::Circuit;

/// The maximum number of stored addresses. Sites assign a new address to many uploads and links.
const MAX_ADDRESSES: u64 = 1024;
/// The time after which an unused address is removed.
const IDLE: Duration = Duration::from_secs(10 * 60);
/// The time for which a request adds to the retry budget.
const BUDGET_WINDOW: Duration = Duration::from_secs(10);
/// Retries as a share of the requests in the window.
const RETRY_SHARE: f32 = 0.2;
/// The retries per second that are allowed even without recent requests.
const MIN_RETRIES_PER_SECOND: u32 = 1;

/// The stored addresses. Clones share them.
#[derive(Clone)]
pub(crate) struct Addresses(Cache<(ProviderId, String), Arc<Address>>);

/// The circuit breaker and the retry budget of one address of a provider.
pub(crate) struct Address {
    pub(crate) circuit: Arc<Circuit>,
    retries: TpsBudget,
}

impl Addresses {
    /// Returns the entry of a URL's address: its scheme, host and port.
    pub(crate) fn of(&self, provider: &ProviderId, url: &Url) -> Arc<Address> {
        let address = &url[..Position::BeforePath];
        self.0.get_with((provider.clone(), address.to_owned()), || {
            let circuit = Arc::new(Circuit::new(provider.clone(), address.to_owned()));
            Arc::new(Address { circuit, retries: TpsBudget::new(BUDGET_WINDOW, MIN_RETRIES_PER_SECOND, RETRY_SHARE) })
        })
    }
}

impl Address {
    /// Records a request, which adds a fifth of a retry to the budget.
    pub(crate) fn record_request(&self) {
        self.retries.deposit();
    }

    /// Takes one retry from the budget, and returns whether there was one. Without the budget, retries would triple the
    /// load on a failing site.
    pub(crate) fn take_retry(&self) -> bool {
        self.retries.withdraw()
    }
}

impl Default for Addresses {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_ADDRESSES).time_to_idle(IDLE).build())
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
    async fn retries_are_at_most_a_fifth_of_recent_requests() {
        let addresses = Addresses::default();
        let address = addresses.of(&"site".parse().unwrap(), &Url::parse("https://site.example/api").unwrap());
        let take_all = || (0..1000).take_while(|_| address.take_retry()).count();
        let at_first = take_all();
        assert_eq!(at_first, 10, "the minimum that is allowed without any request");
        (0..500).for_each(|_| address.record_request());
        assert_eq!(take_all(), 100);
        advance(BUDGET_WINDOW * 2).await;
        (0..500).for_each(|_| address.record_request());
        assert!((100..=110).contains(&take_all()));
    }

    #[test]
    fn address_is_a_provider_with_scheme_host_and_port() {
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
