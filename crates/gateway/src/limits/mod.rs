//! How much each client may ask of the gateway: how often, and how much at once.
//!
//! Limits are kept by the clients' names, apart from the clients themselves: a configuration that is read anew begins
//! none of them anew.

mod standing;
mod strangers;
mod under_way;
mod weight;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use polyhost_listener::Peer;
use polyhost_state::Limiters;

pub(crate) use standing::Standing;
pub(crate) use under_way::{Permit, UnderWay};
pub(crate) use weight::of_lookup;

use crate::auth::KeyFault;
use polyhost_config::Client;
use polyhost_engine::problem::{Code, Problem};

/// When a client may come back who has as many requests under way as it may. How long those take is not known.
const NEXT_LOOK: Duration = Duration::from_secs(1);

/// The limits of all clients.
pub struct Limits {
    limiters: Arc<dyn Limiters>,
    under_way: UnderWay,
}

impl Limits {
    /// Limits that are kept in the shared state; how much is under way, in this process.
    #[must_use]
    pub fn new(limiters: Arc<dyn Limiters>) -> Self {
        Self { limiters, under_way: UnderWay::default() }
    }

    /// Counts a request of a client. Where the client stands then is told even if it is refused; `None`, where there is
    /// no limit, or nobody knows.
    ///
    /// # Errors
    /// `rate_limited`
    pub async fn count(&self, client: &Client, weight: NonZeroU32) -> (Option<Standing>, Result<(), Problem>) {
        let Some(quota) = client.rate_limit else { return (None, Ok(())) };
        Standing::begin(Arc::clone(&self.limiters), &client.name, quota, weight).await
    }

    /// Gives a request of a client its place among those under way, for as long as the permit lives.
    ///
    /// # Errors
    /// `rate_limited`
    pub fn enter(&self, client: &Client) -> Result<Option<Permit>, Problem> {
        let Some(most) = client.max_concurrency else { return Ok(None) };
        let permit = self.under_way.enter(&client.name, most);
        permit.map(Some).ok_or_else(|| {
            let detail = format!("The client may have {most} requests under way at once, and has.");
            Problem::new(Code::RateLimited, detail).retryable().retry_after(NEXT_LOOK)
        })
    }

    /// What is answered to a request of nobody who is known.
    pub async fn turn_away(&self, fault: KeyFault, peer: Option<Peer>) -> Problem {
        strangers::turn_away(&*self.limiters, fault, peer).await
    }
}
