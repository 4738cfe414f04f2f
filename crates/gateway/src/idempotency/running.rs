//! A running request with a key: its lease and its record, until the response is in the record.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::IntoResponse as _;
use bytes::Bytes;
use polyhost_engine::problem::{Code, Occurrence, Problem};
use polyhost_state::{Exchange, Lease, Leases, Patience, StateError, StateErrorKind};
use tokio::time::sleep;

use super::record::Record;
use super::records::{ANSWER_TTL, Stores};
use super::{Answer, Fingerprint};
use crate::problem::{Failure, render};

/// The number of renewals in the lifetime of a lease.
const RENEWALS: u32 = 3;
/// The interval between attempts to get a lease in the store while there is none.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// The number of attempts to replace a record that changes meanwhile.
const ATTEMPTS: u32 = 3;

/// A running request: holds its lease and its record.
pub struct Running {
    pub(super) stores: Arc<Stores>,
    pub(super) key: String,
    /// `None` while another replica has the lease, because the store did not answer for too long.
    pub(super) lease: Option<Lease>,
    pub(super) version: u64,
    pub(super) fingerprint: Fingerprint,
}

impl Running {
    /// Runs the request, and renews its lease meanwhile. An upload may take hours, so the renewals do not use up the
    /// request's patience with the store.
    pub async fn renew_lease_during<T>(&mut self, request: impl Future<Output = T>) -> T {
        tokio::select! {
            biased;
            answer = request => answer,
            never = Patience::default().scope(self.keep_renewing()) => match never {},
        }
    }

    async fn keep_renewing(&mut self) -> Infallible {
        let mut has_failed = false;
        loop {
            let interval = self.stores.lease_life / RENEWALS;
            let is_late = has_failed || !self.is_in_store();
            sleep(if is_late { RETRY_INTERVAL.min(interval) } else { interval }).await;
            let renewed = self.renew().await;
            if let Err(error) = &renewed
                && !has_failed
            {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "the lease of a running request with an Idempotency-Key could not be renewed"
                );
            }
            has_failed = renewed.is_err();
        }
    }

    /// Returns whether the lease was granted by the store.
    fn is_in_store(&self) -> bool {
        self.lease.as_ref().is_some_and(|lease| !lease.is_alone())
    }

    /// Renews the lease. Acquires it again if it was granted without the store, or if the store did not answer before
    /// it ended. Then the store may lack the record, too.
    async fn renew(&mut self) -> Result<(), StateError> {
        if let Some(lease) = self.lease.as_ref().filter(|lease| !lease.is_alone())
            && self.stores.leases.renew(lease, self.stores.lease_life).await?
        {
            return Ok(());
        }
        self.lease = match self.lease.take() {
            Some(lease) => self.stores.leases.reacquire(lease, self.stores.lease_life).await?,
            None => self.stores.leases.acquire(&self.key, self.stores.lease_life).await?,
        };
        if self.lease.is_some() {
            self.write(Record::Running(self.fingerprint.clone()).encode()).await?;
        }
        Ok(())
    }

    /// Records the request's response. `None` means that the response cannot be recorded; then retries get
    /// `outcome_unknown`.
    pub async fn finish(mut self, answer: Option<&Answer>, occurrence: &Occurrence) {
        let put = match answer {
            Some(answer) => self.put(answer).await,
            None => Err(StateErrorKind::Full),
        };
        if put == Err(StateErrorKind::Full) {
            let detail = "The first request with this key finished, but its response was too large to record. Check at \
                the site whether it took effect.";
            // Fits: the record reserved space for it.
            let _ = self.put(&unknown(detail, occurrence).await).await;
        }
        if self.stores.is_away() {
            tokio::spawn(self.deliver());
        } else {
            self.release().await;
        }
    }

    /// Writes the response to the store as soon as it answers again, so that the other replicas repeat it, too.
    async fn deliver(mut self) {
        while self.stores.is_away() {
            sleep(RETRY_INTERVAL).await;
        }
        let record = self.stores.known.as_ref().and_then(|known| known.answered(&self.key));
        if let Some(record) = record
            && let Err(error) = self.write(record).await
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "other replicas do not get the response to a request with an Idempotency-Key"
            );
        }
        self.release().await;
    }

    /// Frees the key, because nothing was done: the same request may be sent again.
    pub async fn free(self) {
        if let Err(error) = self.stores.values.compare_and_remove(&self.key, self.version).await {
            tracing::error!(error = &error as &dyn std::error::Error, "an Idempotency-Key could not be freed");
        }
        if let Some(known) = &self.stores.known {
            known.free(&self.key).await;
        }
        self.release().await;
    }

    async fn release(self) {
        if let Some(lease) = self.lease {
            release(&*self.stores.leases, lease).await;
        }
    }

    /// Writes the response into the record. The work is already done, so a failure is only logged.
    async fn put(&mut self, answer: &Answer) -> Result<(), StateErrorKind> {
        let record = Record::Answered(self.fingerprint.clone(), answer.clone()).encode();
        if let Some(known) = &self.stores.known {
            known.answer(&self.key, record.clone());
        }
        let written = self.write(record).await;
        written.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a response could not be recorded");
            error.kind
        })
    }

    /// Writes the record, unless a response is in it. The store may have lost the record, or have it in a version that
    /// this request has written without an answer.
    async fn write(&mut self, record: Bytes) -> Result<(), StateError> {
        let mut expected = Some(self.version);
        for _ in 0..ATTEMPTS {
            let values = &self.stores.values;
            match values.compare_and_set(&self.key, expected, record.clone(), ANSWER_TTL).await? {
                Exchange::Done(version) => {
                    self.version = version;
                    return Ok(());
                }
                Exchange::Conflict(None) => expected = None,
                Exchange::Conflict(Some(entry)) if self.is_running(&entry.value) => expected = Some(entry.version),
                Exchange::Conflict(Some(_)) => break,
            }
        }
        tracing::error!("a response is not recorded: another replica has recorded one for the same Idempotency-Key");
        Ok(())
    }

    fn is_running(&self, value: &Bytes) -> bool {
        matches!(Record::decode(value), Some(Record::Running(fingerprint)) if fingerprint == self.fingerprint)
    }
}

pub(super) async fn release(leases: &dyn Leases, lease: Lease) {
    if let Err(error) = leases.release(lease).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "a lease could not be released; it will expire");
    }
}

/// Returns the response `outcome_unknown`.
pub(super) async fn unknown(detail: &str, occurrence: &Occurrence) -> Answer {
    let problem = Failure(Problem::new(Code::OutcomeUnknown, detail)).into_response();
    let answer = Answer::of(render(problem, occurrence)).await;
    answer.unwrap_or_else(|_| Answer {
        status: Code::OutcomeUnknown.status(),
        headers: Vec::new(),
        body: Default::default(),
    })
}
