//! How far a request has come, for the answer where its time is over before it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use polyhost_domain::{ProviderId, TransportFault};

use crate::problem::{Code, Problem};

tokio::task_local! {
    static PROGRESS: Arc<Progress>;
}

/// How far a request has come.
#[derive(Debug, Default)]
pub struct Progress(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    provider: Option<ProviderId>,
    has_written: bool,
    applied: Vec<&'static str>,
}

impl Progress {
    /// Notes what is done while a request is answered.
    pub async fn watch<T>(self: Arc<Self>, answering: impl Future<Output = T>) -> T {
        PROGRESS.scope(self, answering).await
    }

    /// What the caller is told when the time is over: what was only read may be asked for again; of a write that was
    /// sent nobody knows, but of those before it.
    #[must_use]
    pub fn overdue(&self) -> Problem {
        let state = self.state();
        let problem = if state.has_written {
            let detail = "The site took too long; the change may have been made.";
            Problem::new(Code::OutcomeUnknown, detail).applied(&state.applied)
        } else {
            Problem::new(Code::UpstreamTimeout, "The site took too long.").retryable()
        };
        match &state.provider {
            Some(provider) => problem.caused_on_the_way_to(provider, TransportFault::ResponseTimeout),
            None => problem,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes that a site is about to be asked for something.
pub(crate) fn reads(provider: &ProviderId) {
    note(|state| state.provider = Some(provider.clone()));
}

/// Notes that a site is about to be told to change something.
pub(crate) fn writes(provider: &ProviderId) {
    note(|state| {
        state.provider = Some(provider.clone());
        state.has_written = true;
    });
}

/// Notes that the site has confirmed the change of a field.
pub(crate) fn applied(field: &'static str) {
    note(|state| state.applied.push(field));
}

/// Nothing is noted of what is done for no request, at the end of the process say.
fn note(change: impl FnOnce(&mut State)) {
    let _ = PROGRESS.try_with(|progress| change(&mut progress.state()));
}
