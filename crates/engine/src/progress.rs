//! How far a request has come, for the answer where its time is over before it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyhost_domain::{ProviderId, TransportFault};
use polyhost_upstream::WriteGate;
use tokio::time::{Instant, timeout_at};

use crate::problem::{Code, Problem};

tokio::task_local! {
    static PROGRESS: Arc<Progress>;
}

/// How much of a request's time is kept for its answer, once its change is done.
const FOR_THE_ANSWER: u32 = 10;

/// How long a request without a time limit waits for other writes.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// How far a request has come.
#[derive(Debug, Default)]
pub struct Progress {
    /// When what is not needed for the answer is left out. `None`: it may take as long as it takes.
    hurry: Option<Instant>,
    gate: Arc<WriteGate>,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    provider: Option<ProviderId>,
    applied: Vec<&'static str>,
}

impl Progress {
    /// Of a request whose answer is due after so long.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        Self { hurry: Some(Instant::now() + (limit - limit / FOR_THE_ANSWER)), ..Self::default() }
    }

    /// Notes what is done while a request is answered.
    pub async fn watch<T>(self: Arc<Self>, answering: impl Future<Output = T>) -> T {
        let gate = Arc::clone(&self.gate);
        PROGRESS.scope(self, gate.guard(answering)).await
    }

    /// What the caller is told when the time is over. If nothing was sent that changes anything, nothing will be, and
    /// the request may be sent again; else nobody knows of the change that is under way, but of those before it.
    #[must_use]
    pub fn overdue(&self) -> Problem {
        let problem = if self.gate.close() {
            Problem::new(Code::UpstreamTimeout, "The site took too long.").retryable()
        } else {
            let detail = "The site took too long; the change may have been made.";
            Problem::new(Code::OutcomeUnknown, detail).applied(&self.noted().applied)
        };
        match &self.noted().provider {
            Some(provider) => problem.caused_on_the_way_to(provider, TransportFault::ResponseTimeout),
            None => problem,
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is good to know for the answer to a change that is done, if it can be found out in the time that is left.
pub(crate) async fn in_time<T>(finding_out: impl Future<Output = Option<T>>) -> Option<T> {
    match PROGRESS.try_with(|progress| progress.hurry).ok().flatten() {
        Some(hurry) => timeout_at(hurry, finding_out).await.ok().flatten(),
        None => finding_out.await,
    }
}

/// Until when a write may wait for others before it begins.
pub(crate) fn deadline() -> Instant {
    let hurry = PROGRESS.try_with(|progress| progress.hurry).ok().flatten();
    hurry.unwrap_or_else(|| Instant::now() + MAX_WAIT)
}

/// Notes that a site is about to be asked for something.
pub fn asks(provider: &ProviderId) {
    note(|noted| noted.provider = Some(provider.clone()));
}

/// Notes that the site has confirmed the change of a field.
pub(crate) fn applied(field: &'static str) {
    note(|noted| noted.applied.push(field));
}

/// Nothing is noted of what is done for no request, at the end of the process say.
fn note(change: impl FnOnce(&mut Noted)) {
    let _ = PROGRESS.try_with(|progress| change(&mut progress.noted()));
}
