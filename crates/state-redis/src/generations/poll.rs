//! The poll that renews proofs, so that the owners in use need no round trip for each look-up.

use std::time::Duration;

use polyhost_state::Consistency;
use redis::Pipeline;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::RedisGenerations;
use super::proofs::Writes;

/// The time between two polls: a third of the time for which a proof is valid, so that one may fail.
const INTERVAL: Duration = Duration::from_millis(300);

impl RedisGenerations {
    /// Polls until `stop` is cancelled.
    pub(crate) async fn poll(&self, stop: CancellationToken) {
        let mut ticks = interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.consistency == Consistency::Eventual && stop.run_until_cancelled(ticks.tick()).await.is_some() {
            stop.run_until_cancelled(self.renew_proofs()).await;
        }
    }

    /// Reads the number `w` of each owner in use, in one round trip. A failure leaves the proofs to expire.
    async fn renew_proofs(&self) {
        let owners = self.proofs.in_use();
        let (false, Ok(session)) = (owners.is_empty(), self.link.session()) else { return };
        let mut pipeline = Pipeline::new();
        for owner in &owners {
            pipeline.cmd("HMGET").arg(self.name(owner)).arg("w").arg("r");
        }
        let sent_at = Instant::now();
        let Ok(answers) = self.link.call_in::<Vec<(Option<u64>, Option<String>)>>(&session, &pipeline).await else {
            return;
        };
        for (owner, (number, run_id)) in owners.iter().zip(answers) {
            // A hash of another run, or none at all, begins a new epoch at the next read.
            if let (Some(number), true) = (number, run_id.as_deref() == Some(&session.run_id)) {
                self.proofs.renew(owner, Writes { era: session.era, number }, sent_at);
            }
        }
    }
}
