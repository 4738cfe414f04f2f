//! The records of requests with keys, in the shared state: they are begun, finished, and settled if their process
//! ended.
//!
//! A record is written before the request runs, and marks it as running. The process that writes it holds a lease of
//! the same name until the response is in the record. So a running record without a lease belongs to a process that
//! ended in the middle. The outcome of such a request is unknown, and it is never run again.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use polyhost_engine::problem::{Code, Occurrence, Problem};
use polyhost_state::{
    Exchange, KeyValue, Lease, Leases, Patience, Replicas, State, StateError, StateErrorKind, StoreStatus,
};

use super::known::KnownKeys;
use super::record::Record;
use super::running::{Running, release, unknown};
use super::{Answer, Fingerprint, Key};

/// The time for which a response is stored and repeated.
pub(super) const ANSWER_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// The time that the lease of a request outlives `request_timeout`.
const LEASE_MARGIN: Duration = Duration::from_secs(5);
/// The `Retry-After` while the first request is running. Its remaining time is not known.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The `Retry-After` while the storage of records is full. Records expire only gradually.
const RETRY_AFTER_FULL: Duration = Duration::from_secs(60);

/// The `Retry-After` while the store does not answer and the key may have been used.
const RETRY_AFTER_AWAY: Duration = Duration::from_secs(5);

/// The records of all clients.
pub struct Records(Arc<Stores>);

/// The stores of the records.
pub(super) struct Stores {
    pub(super) values: Arc<dyn KeyValue>,
    pub(super) leases: Arc<dyn Leases>,
    replicas: Arc<dyn Replicas>,
    /// `None` if no other process shares the store.
    pub(super) known: Option<Arc<KnownKeys>>,
    /// The lifetime of a lease. A process that does not renew its lease for this long is considered dead.
    pub(super) lease_life: Duration,
}

/// The result of beginning a request with a key.
pub enum Begun {
    /// The key is new: run the request.
    Run(Running),
    /// The request has this recorded response.
    Answered(Answer),
    /// The process that ran the request ended in the middle. This is its response from now on: `outcome_unknown`.
    Settled(Answer),
}

impl Records {
    /// Creates the records, stored in the shared state, of requests that may take `request_timeout`.
    #[must_use]
    pub fn new(state: &State, request_timeout: Duration) -> Self {
        Self(Arc::new(Stores {
            values: Arc::clone(&state.records),
            leases: Arc::clone(&state.leases),
            replicas: Arc::clone(&state.replicas),
            known: state.marks.clone().map(KnownKeys::start),
            lease_life: request_timeout.saturating_add(LEASE_MARGIN),
        }))
    }

    /// Begins a client's request, unless it was begun before.
    ///
    /// # Errors
    /// `idempotency_key_reused` if the key belongs to another request; `idempotency_conflict` if the first request is
    /// still running; `overloaded` if no record can be written, or if the store does not answer and the key may have
    /// been used.
    pub async fn begin(
        &self,
        client: &str,
        key: &Key,
        fingerprint: Fingerprint,
        occurrence: &Occurrence,
    ) -> Result<Begun, Problem> {
        let key = key.record_key(client);
        let stores = &self.0;
        if let Some(entry) = stores.values.get(&key).await.map_err(unavailable)?
            && let Record::Answered(_, answer) = matching(&entry.value, &fingerprint)?
        {
            return Ok(Begun::Answered(answer));
        }
        let lease = stores.leases.acquire(&key, stores.lease_life).await.map_err(unavailable)?.ok_or_else(conflict)?;
        match stores.take(&key, &lease, &fingerprint, occurrence).await {
            Ok(Taken::New(version)) => {
                Ok(Begun::Run(Running { stores: Arc::clone(stores), key, lease: Some(lease), version, fingerprint }))
            }
            settled => {
                release(&*stores.leases, lease).await;
                match settled? {
                    Taken::Answered(answer) => Ok(Begun::Answered(answer)),
                    Taken::Settled(answer) => Ok(Begun::Settled(answer)),
                    Taken::New(_) => Err(Problem::internal()),
                }
            }
        }
    }
}

impl Stores {
    /// Creates the record while its lease is held, or returns the response in an existing one. Settles a record that
    /// its process left unfinished as `outcome_unknown`.
    async fn take(
        &self,
        key: &str,
        lease: &Lease,
        fingerprint: &Fingerprint,
        occurrence: &Occurrence,
    ) -> Result<Taken, Problem> {
        let stored = self.values.get(key).await.map_err(unavailable)?;
        let answer = match stored.as_ref().map(|entry| matching(&entry.value, fingerprint)).transpose()? {
            Some(Record::Answered(_, answer)) => return Ok(Taken::Answered(answer)),
            unanswered => match self.known_answer(key, fingerprint)? {
                Some(answer) => Taken::Answered(answer),
                None if unanswered.is_none() => return self.create(key, lease, fingerprint).await,
                None => Taken::Settled(abandoned(occurrence).await),
            },
        };
        if let Taken::Answered(answer) | Taken::Settled(answer) = &answer {
            let record = Record::Answered(fingerprint.clone(), answer.clone()).encode();
            let version = stored.map(|entry| entry.version);
            let exchange = self.values.compare_and_set(key, version, record, ANSWER_TTL).await;
            if let Exchange::Conflict(_) = exchange.map_err(unavailable)? {
                return Err(conflict());
            }
        }
        Ok(answer)
    }

    /// Returns the response that this replica has given to a request, although the store has none. The store has lost
    /// it, or did not answer when the request ended, or does not answer now.
    fn known_answer(&self, key: &str, fingerprint: &Fingerprint) -> Result<Option<Answer>, Problem> {
        let record = self.known.as_ref().and_then(|known| known.answered(key));
        match record.map(|record| matching(&record, fingerprint)).transpose()? {
            Some(Record::Answered(_, answer)) => Ok(Some(answer)),
            Some(Record::Running(_)) | None => Ok(None),
        }
    }

    /// Creates the record of a new key. While the store does not answer, a key is new if no replica has used it as far
    /// as this one knows.
    async fn create(&self, key: &str, lease: &Lease, fingerprint: &Fingerprint) -> Result<Taken, Problem> {
        let store_answers =
            !lease.is_alone() && self.replicas.store() != StoreStatus::Away && !Patience::current().left().is_zero();
        if let Some(known) = &self.known {
            if !store_answers && known.has_begun(key) {
                return Err(unreadable());
            }
            known.begin(key).await;
        }
        let running = Record::Running(fingerprint.clone()).encode();
        match self.values.compare_and_set(key, None, running, ANSWER_TTL).await.map_err(unavailable)? {
            Exchange::Done(version) => Ok(Taken::New(version)),
            Exchange::Conflict(_) => Err(conflict()),
        }
    }

    /// Returns whether the store does not answer, so that a record is only in this replica's memory.
    pub(super) fn is_away(&self) -> bool {
        self.replicas.store() == StoreStatus::Away
    }
}

async fn abandoned(occurrence: &Occurrence) -> Answer {
    tracing::warn!("a request with an Idempotency-Key was left unfinished; its outcome is unknown");
    let detail = "The gateway ended while it ran the first request with this key. Check at the site whether it took \
        effect before you send it again with another key.";
    unknown(detail, occurrence).await
}

/// The result of taking a record.
enum Taken {
    /// The record is new, and has this version.
    New(u64),
    /// The record has this response.
    Answered(Answer),
    /// The record was left unfinished, and has this response now.
    Settled(Answer),
}

/// Decodes a record, if it belongs to the request with this fingerprint.
fn matching(record: &Bytes, fingerprint: &Fingerprint) -> Result<Record, Problem> {
    // A record of another version cannot be compared with this request. Running the request could be the second time,
    // so it is refused.
    let record = Record::decode(record).ok_or_else(reused)?;
    if record.fingerprint() == fingerprint { Ok(record) } else { Err(reused()) }
}

fn reused() -> Problem {
    let detail = "The Idempotency-Key was already sent with another request, or while the account belonged to another \
        user at its site. Use a new key for a new request.";
    Problem::new(Code::IdempotencyKeyReused, detail)
}

fn conflict() -> Problem {
    let detail = "The first request with this Idempotency-Key is still running.";
    Problem::new(Code::IdempotencyConflict, detail).retryable().retry_after(RETRY_AFTER)
}

/// Returns the problem for a request that may have run already. Only the store has its response.
fn unreadable() -> Problem {
    tracing::warn!("a request is rejected: only the shared store knows the response to its Idempotency-Key");
    let detail = "This Idempotency-Key was used before, and the shared store, which has the response, does not answer.";
    Problem::new(Code::Overloaded, detail).retryable().retry_after(RETRY_AFTER_AWAY)
}

/// Returns the problem for a request that cannot be recorded. Without a record it could run twice, so it does not run.
fn unavailable(error: StateError) -> Problem {
    let (detail, wait) = match error.kind {
        StateErrorKind::Full => {
            ("The gateway has no space to record another request with an Idempotency-Key.", RETRY_AFTER_FULL)
        }
        _ => ("The gateway cannot record the request with its Idempotency-Key.", RETRY_AFTER),
    };
    tracing::warn!(error = &error as &dyn std::error::Error, "a request with an Idempotency-Key is rejected");
    Problem::new(Code::Overloaded, detail).retryable().retry_after(wait)
}
