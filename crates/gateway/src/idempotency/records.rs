//! The records of requests with keys, in the shared state: they are begun, finished, and settled if their process
//! ended.
//!
//! A record is written before the request runs, and marks it as running. The process that writes it holds a lease of
//! the same name until the response is in the record. So a running record without a lease belongs to a process that
//! ended in the middle. The outcome of such a request is unknown, and it is never run again.

use std::sync::Arc;
use std::time::Duration;

use polyhost_engine::problem::{Code, Occurrence, Problem};
use polyhost_state::{Entry, Exchange, KeyValue, Leases, State, StateError, StateErrorKind};

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

/// The records of all clients.
pub struct Records {
    values: Arc<dyn KeyValue>,
    leases: Arc<dyn Leases>,
    /// The lifetime of a lease. A process that does not renew its lease for this long is considered dead.
    lease_life: Duration,
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
        let lease_life = request_timeout.saturating_add(LEASE_MARGIN);
        Self { values: Arc::clone(&state.records), leases: Arc::clone(&state.leases), lease_life }
    }

    /// Begins a client's request, unless it was begun before.
    ///
    /// # Errors
    /// `idempotency_key_reused` if the key belongs to another request; `idempotency_conflict` if the first request is
    /// still running; `overloaded` if no record can be written.
    pub async fn begin(
        &self,
        client: &str,
        key: &Key,
        fingerprint: Fingerprint,
        occurrence: &Occurrence,
    ) -> Result<Begun, Problem> {
        let key = key.record_key(client);
        if let Some(entry) = self.values.get(&key).await.map_err(unavailable)?
            && let Record::Answered(_, answer) = matching(&entry, &fingerprint)?
        {
            return Ok(Begun::Answered(answer));
        }
        let lease = self.leases.acquire(&key, self.lease_life).await.map_err(unavailable)?.ok_or_else(conflict)?;
        match self.take(&key, &fingerprint, occurrence).await {
            Ok(Taken::New(version)) => {
                let (values, leases) = (Arc::clone(&self.values), Arc::clone(&self.leases));
                let (lease, lease_life) = (Some(lease), self.lease_life);
                Ok(Begun::Run(Running { values, leases, key, lease, lease_life, version, fingerprint }))
            }
            settled => {
                release(&*self.leases, lease).await;
                match settled? {
                    Taken::Answered(answer) => Ok(Begun::Answered(answer)),
                    Taken::Settled(answer) => Ok(Begun::Settled(answer)),
                    Taken::New(_) => Err(Problem::internal()),
                }
            }
        }
    }

    /// Creates the record while its lease is held, or returns the response in an existing one. Settles a record that
    /// its process left unfinished as `outcome_unknown`.
    async fn take(&self, key: &str, fingerprint: &Fingerprint, occurrence: &Occurrence) -> Result<Taken, Problem> {
        let Some(entry) = self.values.get(key).await.map_err(unavailable)? else {
            let running = Record::Running(fingerprint.clone()).encode();
            return match self.values.compare_and_set(key, None, running, ANSWER_TTL).await.map_err(unavailable)? {
                Exchange::Done(version) => Ok(Taken::New(version)),
                Exchange::Conflict(_) => Err(conflict()),
            };
        };
        if let Record::Answered(_, answer) = matching(&entry, fingerprint)? {
            return Ok(Taken::Answered(answer));
        }
        tracing::warn!("a request with an Idempotency-Key was left unfinished; its outcome is unknown");
        let detail = "The gateway ended while it ran the first request with this key. Check at the site whether it \
            took effect before you send it again with another key.";
        let answer = unknown(detail, occurrence).await;
        let record = Record::Answered(fingerprint.clone(), answer.clone()).encode();
        match self.values.compare_and_set(key, Some(entry.version), record, ANSWER_TTL).await.map_err(unavailable)? {
            Exchange::Done(_) => Ok(Taken::Settled(answer)),
            Exchange::Conflict(_) => Err(conflict()),
        }
    }
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
fn matching(entry: &Entry, fingerprint: &Fingerprint) -> Result<Record, Problem> {
    // A record of another version cannot be compared with this request. Running the request could be the second time,
    // so it is refused.
    let record = Record::decode(&entry.value).ok_or_else(reused)?;
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
