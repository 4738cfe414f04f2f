//! The replicas on the list in Redis, as this one saw them last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyhost_state::{Replicas, StoreStatus};
use redis::{FromRedisValue as _, Script, Value, cmd};
use tokio::time::Instant;

use crate::failure::Failure;
use crate::link::{Link, Session};
use crate::times::micros;

/// The time for which a silent replica counts as seen.
const SEEN_FOR: Duration = Duration::from_secs(10);

/// The [`Replicas`] that share a Redis.
pub(crate) struct RedisReplicas {
    link: Arc<Link>,
    script: Script,
    key: String,
    id: String,
    view: Mutex<View>,
}

/// The other replicas.
struct View {
    /// The time of each one's last sign of life, by id.
    seen: BTreeMap<String, Instant>,
    /// Until then, a replica that is not on the list in Redis may not have had the time to write itself on it.
    is_incomplete_until: Instant,
}

impl RedisReplicas {
    pub(crate) fn new(link: Arc<Link>, prefix: &str) -> Self {
        Self {
            link,
            script: Script::new(include_str!("heartbeat.lua")),
            key: format!("{prefix}:replicas"),
            id: format!("{:016x}", rand::random::<u64>()),
            view: Mutex::new(View { seen: BTreeMap::new(), is_incomplete_until: Instant::now() }),
        }
    }

    /// Gives the first sign of life after an outage. The others may have noticed the same outage, so those that were
    /// seen last get the time to give a sign of life, too.
    pub(crate) async fn beat_after_outage(&self, session: &Session, limit: Duration) -> Result<(), Failure> {
        let now = Instant::now();
        self.view().seen.values_mut().for_each(|seen| *seen = now);
        self.beat(session, limit).await
    }

    /// Gives a sign of life, and renews the view.
    pub(crate) async fn beat(&self, session: &Session, limit: Duration) -> Result<(), Failure> {
        let beat_at = Instant::now();
        let mut request = self.script.key(&self.key);
        let reply: Vec<Value> = session.call(request.arg(&self.id).arg(micros(SEEN_FOR)), limit).await?;
        let (was_missing, listed) = parse(reply).ok_or_else(Failure::unknown_answer)?;
        self.view().renew(beat_at, was_missing, listed.into_iter().filter(|(id, _)| *id != self.id));
        Ok(())
    }

    /// Takes this replica off the list.
    pub(crate) async fn leave(&self, session: &Session, limit: Duration) -> Result<(), Failure> {
        session.call(cmd("ZREM").arg(&self.key).arg(&self.id), limit).await
    }

    fn view(&self) -> MutexGuard<'_, View> {
        // No step within a change can panic, so the view is consistent even if the lock is poisoned.
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    /// Renews the view from the list in Redis: ids, and how long each was silent.
    ///
    /// If this replica was on the list, the list is complete. Otherwise Redis may have lost its data.
    fn renew(&mut self, now: Instant, was_missing: bool, listed: impl Iterator<Item = (String, Duration)>) {
        if was_missing {
            self.is_incomplete_until = now + SEEN_FOR;
        }
        if now >= self.is_incomplete_until {
            self.seen.clear();
        }
        for (id, silence) in listed {
            let seen_at = now.checked_sub(silence).unwrap_or(now);
            let seen = self.seen.entry(id).or_insert(seen_at);
            *seen = seen_at.max(*seen);
        }
        self.seen.retain(|_, seen| now.duration_since(*seen) < SEEN_FOR);
    }
}

impl Replicas for RedisReplicas {
    fn store(&self) -> StoreStatus {
        if self.link.is_connected() { StoreStatus::Connected } else { StoreStatus::Away }
    }

    fn count(&self) -> u32 {
        u32::try_from(self.view().seen.len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    fn is_first(&self) -> bool {
        self.view().seen.first_key_value().is_none_or(|(id, _)| self.id < *id)
    }
}

fn parse(reply: Vec<Value>) -> Option<(bool, Vec<(String, Duration)>)> {
    let mut reply = reply.into_iter();
    let was_missing = u64::from_redis_value(reply.next()?).ok()? == 1;
    let mut listed = Vec::new();
    while let (Some(id), Some(silence)) = (reply.next(), reply.next()) {
        let silence = Duration::from_micros(u64::from_redis_value(silence).ok()?);
        listed.push((String::from_redis_value(id).ok()?, silence));
    }
    Some((was_missing, listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(ids: &[&str]) -> impl Iterator<Item = (String, Duration)> {
        ids.iter().map(|id| ((*id).to_owned(), Duration::ZERO)).collect::<Vec<_>>().into_iter()
    }

    fn view(now: Instant) -> View {
        View { seen: BTreeMap::new(), is_incomplete_until: now }
    }

    #[test]
    fn replica_that_left_the_list_is_dropped_at_once() {
        let start = Instant::now();
        let mut view = view(start);
        view.renew(start, false, listed(&["a", "b"]));
        view.renew(start + Duration::from_secs(3), false, listed(&["b"]));
        assert_eq!(view.seen.keys().collect::<Vec<_>>(), ["b"]);
    }

    #[test]
    fn replica_missing_from_a_lost_list_counts_for_a_while() {
        let start = Instant::now();
        let mut view = view(start);
        view.renew(start, false, listed(&["a", "b"]));
        view.renew(start + Duration::from_secs(3), true, listed(&[]));
        view.renew(start + Duration::from_secs(6), false, listed(&["b"]));
        assert_eq!(view.seen.len(), 2, "the list was lost, so its gaps prove nothing");

        view.renew(start + Duration::from_secs(9), false, listed(&["b"]));
        assert_eq!(view.seen.len(), 2);
        view.renew(start + Duration::from_secs(10), false, listed(&["b"]));
        assert_eq!(view.seen.keys().collect::<Vec<_>>(), ["b"], "it was silent for ten seconds");
    }
}
