//! The poll that renews proofs, so that the owners in use need no round trip for each look-up.

use std::time::Duration;

use futures_util::future::join_all;
use polyhost_state::{Consistency, PATIENCE};
use redis::cmd;
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

    /// Reads the number `w` of each owner in use. A failure leaves the proofs to expire.
    ///
    /// Owners may be in different slots of a Cluster, so the commands are no pipeline. They are sent together.
    async fn renew_proofs(&self) {
        let owners = self.proofs.in_use();
        let (false, Ok(session)) = (owners.is_empty(), self.link.session()) else { return };
        let sent_at = Instant::now();
        let answers = join_all(owners.iter().map(async |owner| {
            let mut request = cmd("HMGET");
            request.arg(self.name(owner)).arg("w").arg("r");
            session.call::<(Option<u64>, Option<String>)>(&request, PATIENCE).await
        }))
        .await;
        // A stall fails all of them, and counts once.
        if let Some(failure) = answers.iter().find_map(|answer| answer.as_ref().err()) {
            self.link.judge(&session, failure);
        }
        for (owner, (number, run_id)) in
            owners.iter().zip(answers).filter_map(|(owner, answer)| Some((owner, answer.ok()?)))
        {
            // A hash of another run, or none at all, begins a new epoch at the next read.
            if let (Some(number), true) = (number, run_id.as_deref() == Some(&session.run_id)) {
                self.proofs.renew(owner, Writes { era: session.era, number }, sent_at);
            }
        }
    }
}
