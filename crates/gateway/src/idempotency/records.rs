//! The records of requests with keys, in the shared state: who begins one, how it ends, and what becomes of one whose
//! process has ended.
//!
//! A record is written before anything else is done, and says that the request is carried out. Whoever writes it holds
//! a lease of the same name until the answer is in the record. So a record without a lease is one whose process has
//! ended in the middle: nobody knows what has become of the request, and nobody carries it out again.

use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse as _;
use polyhost_engine::problem::{Code, Occurrence, Problem};
use polyhost_state::{Entry, Exchange, KeyValue, Lease, Leases, State, StateError, StateErrorKind};

use super::record::Record;
use super::{Answer, Fingerprint, Key};
use crate::problem::{Failure, render};

/// How long an answer is given again.
pub(super) const ANSWER_TTL: Duration = Duration::from_secs(24 * 60 * 60);
/// After how long without a sign of life a process is taken to have ended.
pub(super) const LEASE_TTL: Duration = Duration::from_secs(30);
/// How often a process that carries out a request gives one.
const RENEW_INTERVAL: Duration = Duration::from_secs(10);
/// When to ask again about a request that is carried out. How long it takes is not known.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// When to come back where there is no room. Whatever makes room does so by and by.
const RETRY_AFTER_FULL: Duration = Duration::from_secs(60);

/// The records of all clients.
pub struct Records {
    values: Arc<dyn KeyValue>,
    leases: Arc<dyn Leases>,
}

/// What a request with a key has led to.
pub enum Begun {
    /// It is the first, and to be carried out.
    Run(Running),
    /// It was answered before.
    Answered(Answer),
}

/// A request that is carried out.
pub struct Running {
    values: Arc<dyn KeyValue>,
    leases: Arc<dyn Leases>,
    key: String,
    lease: Lease,
    version: u64,
    fingerprint: Fingerprint,
}

impl Records {
    /// Records that are kept in the shared state.
    #[must_use]
    pub fn new(state: &State) -> Self {
        Self { values: Arc::clone(&state.records), leases: Arc::clone(&state.leases) }
    }

    /// Begins a client's request, unless it was begun before.
    ///
    /// # Errors
    /// `idempotency_key_reused` where the key is that of another request, `idempotency_conflict` where this one is being
    /// carried out, `overloaded` where it cannot be remembered.
    pub async fn begin(
        &self,
        client: &str,
        key: &Key,
        fingerprint: Fingerprint,
        occurrence: &Occurrence,
    ) -> Result<Begun, Problem> {
        let key = key.of_record(client);
        if let Some(entry) = self.values.get(&key).await.map_err(unavailable)?
            && let Record::Answered(_, answer) = matching(&entry, &fingerprint)?
        {
            return Ok(Begun::Answered(answer));
        }
        let lease = self.leases.acquire(&key, LEASE_TTL).await.map_err(unavailable)?.ok_or_else(conflict)?;
        match self.take(&key, &fingerprint, occurrence).await {
            Ok(Taken::New(version)) => {
                let (values, leases) = (Arc::clone(&self.values), Arc::clone(&self.leases));
                Ok(Begun::Run(Running { values, leases, key, lease, version, fingerprint }))
            }
            settled => {
                release(&*self.leases, lease).await;
                match settled? {
                    Taken::Answered(answer) => Ok(Begun::Answered(answer)),
                    Taken::New(_) => Err(Problem::internal()),
                }
            }
        }
    }

    /// Takes a record whose lease is held: makes it, or finds what has become of it.
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
        tracing::warn!("a request with a key was left unfinished; its outcome is unknown");
        let detail = "The gateway ended while it carried out the first request with this key. Look before you send it \
            again, with another key.";
        let answer = unknown(detail, occurrence).await;
        let record = Record::Answered(fingerprint.clone(), answer.clone()).encode();
        match self.values.compare_and_set(key, Some(entry.version), record, ANSWER_TTL).await.map_err(unavailable)? {
            Exchange::Done(_) => Ok(Taken::Answered(answer)),
            Exchange::Conflict(_) => Err(conflict()),
        }
    }
}

enum Taken {
    /// The record is new, and has this version.
    New(u64),
    Answered(Answer),
}

impl Running {
    /// Gives renewals of life while the request is carried out.
    pub async fn watch<T>(&self, answering: impl Future<Output = T>) -> T {
        let renewals = async {
            loop {
                tokio::time::sleep(RENEW_INTERVAL).await;
                if let Err(error) = self.leases.renew(&self.lease, LEASE_TTL).await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "a request with a key may look unfinished"
                    );
                }
            }
        };
        tokio::select! {
            answer = answering => answer,
            () = renewals => std::future::pending().await,
        }
    }

    /// Keeps the request's answer. `None`, if that cannot be kept: then its outcome is told to be unknown.
    pub async fn finish(self, answer: Option<&Answer>, occurrence: &Occurrence) {
        let put = match answer {
            Some(answer) => self.put(answer).await,
            None => Err(StateErrorKind::Full),
        };
        if put == Err(StateErrorKind::Full) {
            let detail = "The first request with this key was answered, but its answer was too large to be kept.";
            // There is room: it was reserved.
            let _ = self.put(&unknown(detail, occurrence).await).await;
        }
        release(&*self.leases, self.lease).await;
    }

    /// Frees the key: nothing was done, and the same request may be sent again.
    pub async fn free(self) {
        if let Err(error) = self.values.compare_and_remove(&self.key, self.version).await {
            tracing::error!(error = &error as &dyn std::error::Error, "a key is not freed");
        }
        release(&*self.leases, self.lease).await;
    }

    /// The answer is that of work which is done, so a failure here is for the log.
    async fn put(&self, answer: &Answer) -> Result<(), StateErrorKind> {
        let record = Record::Answered(self.fingerprint.clone(), answer.clone()).encode();
        match self.values.compare_and_set(&self.key, Some(self.version), record, ANSWER_TTL).await {
            Ok(Exchange::Done(_)) => Ok(()),
            Ok(Exchange::Conflict(_)) => {
                tracing::error!("an answer came after its request was taken to be unfinished, and is not kept");
                Ok(())
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "an answer is not kept");
                Err(error.kind)
            }
        }
    }
}

async fn release(leases: &dyn Leases, lease: Lease) {
    if let Err(error) = leases.release(lease).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a lease ends by itself");
    }
}

/// The record of this request.
fn matching(entry: &Entry, fingerprint: &Fingerprint) -> Result<Record, Problem> {
    // What another version has written says nothing about this request; to carry it out could be once too often.
    let record = Record::decode(&entry.value).ok_or_else(reused)?;
    if record.fingerprint() == fingerprint { Ok(record) } else { Err(reused()) }
}

fn reused() -> Problem {
    let detail = "The Idempotency-Key was sent with another request, or while the account was another one at its site. A \
        request of its own needs a key of its own.";
    Problem::new(Code::IdempotencyKeyReused, detail)
}

fn conflict() -> Problem {
    let detail = "The first request with this Idempotency-Key is still being carried out.";
    Problem::new(Code::IdempotencyConflict, detail).retryable().retry_after(RETRY_AFTER)
}

/// Without a record the request could be carried out twice, so it is not carried out at all.
fn unavailable(error: StateError) -> Problem {
    let (detail, wait) = match error.kind {
        StateErrorKind::Full => {
            ("The gateway has no room to remember another request with an Idempotency-Key.", RETRY_AFTER_FULL)
        }
        _ => ("The gateway cannot remember the request with its Idempotency-Key.", RETRY_AFTER),
    };
    tracing::warn!(error = &error as &dyn std::error::Error, "a request with an Idempotency-Key is refused");
    Problem::new(Code::Overloaded, detail).retryable().retry_after(wait)
}

async fn unknown(detail: &str, occurrence: &Occurrence) -> Answer {
    let problem = Failure(Problem::new(Code::OutcomeUnknown, detail)).into_response();
    let answer = Answer::of(render(problem, &occurrence.path, &occurrence.request_id)).await;
    answer.unwrap_or_else(|_| Answer {
        status: Code::OutcomeUnknown.status(),
        headers: Vec::new(),
        body: Default::default(),
    })
}
