//! The state of one caller's request, for all work below the HTTP service. A task-local variable holds it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use polyhost_domain::ProviderId;
use polyhost_state::Patience;
use tokio::time::Instant;

use crate::gate::WriteGate;
use crate::trace::{Span, TracePosition};
use crate::waits::{Wait, Waits};

tokio::task_local! {
    static CURRENT: Scope;
}

/// The scope of some work: its caller, its request, its operation at a site and its position in a trace. Clones share
/// the same scope.
///
/// A spawned task starts without a scope. Use [`Scope::run`] in it: with the scope of the request if the work belongs
/// to that request alone, otherwise with [`Scope::shared`].
#[derive(Debug, Clone, Default)]
pub struct Scope {
    caller: Option<Arc<str>>,
    request: Option<Arc<Request>>,
    operation: Option<Arc<Operation>>,
    trace: TracePosition,
    /// The time that the work may still wait for the shared state.
    patience: Patience,
}

/// A caller's request.
#[derive(Debug, Default)]
struct Request {
    gate: WriteGate,
    waits: Arc<Waits>,
    /// The time from which the work omits optional steps.
    skip_optional_from: Option<Instant>,
    progress: Mutex<Progress>,
}

/// The progress of a request.
#[derive(Debug, Default)]
struct Progress {
    provider: Option<ProviderId>,
    applied: Vec<&'static str>,
}

/// An operation at a site. It holds the operation's deadline, which is set when its first request starts.
#[derive(Debug, Default)]
struct Operation(Mutex<Option<Instant>>);

impl Scope {
    /// Returns the scope of a caller's request. Callers of one account take turns, regardless of the number of requests
    /// of each. From `skip_optional_from` on, the work omits the steps that the answer does not need. `trace` is the
    /// position below the span of the request.
    #[must_use]
    pub fn of_request(caller: Arc<str>, skip_optional_from: Option<Instant>, trace: TracePosition) -> Self {
        let request = Request { skip_optional_from, ..Request::default() };
        let request = Some(Arc::new(request));
        Self { caller: Some(caller), request, operation: None, trace, patience: Patience::current() }
    }

    /// Returns the scope of the work in progress, or an empty one outside of any scope.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.try_with(Self::clone).unwrap_or_default()
    }

    /// Returns the scope for work that several requests share, and that may outlive this request. In an account's
    /// queue, the work counts as this caller's. Its spans belong to the trace of this request.
    #[must_use]
    pub fn shared(self) -> Self {
        Self { request: None, operation: None, ..self }
    }

    /// Returns the scope for work that belongs to no caller, but to the trace of this request.
    pub(crate) fn trace_only(self) -> Self {
        Self { trace: self.trace, ..Self::default() }
    }

    /// Runs background work, such as a round of polling, in a span without a parent.
    pub async fn background<T>(name: &'static str, work: impl Future<Output = T>) -> T {
        let span = Span::background(name);
        let done = Self { trace: span.position().clone(), ..Self::default() }.run(work).await;
        span.finish(|_| {});
        done
    }

    /// Runs some work in this scope.
    pub fn run<T>(self, work: impl Future<Output = T>) -> impl Future<Output = T> {
        let patience = self.patience.clone();
        CURRENT.scope(self, patience.scope(work))
    }

    /// Returns the position of the work in a trace.
    #[must_use]
    pub fn trace(&self) -> &TracePosition {
        &self.trace
    }

    /// Prevents further writes of the request from starting. Returns `false` if one has already started.
    #[must_use]
    pub fn close_to_writes(&self) -> bool {
        self.request.as_ref().is_none_or(|request| request.gate.close())
    }

    /// Returns the time that the request has waited for sites.
    #[must_use]
    pub fn waited(&self) -> Duration {
        self.request.as_ref().map_or(Duration::ZERO, |request| request.waits.total())
    }

    /// Returns the provider of the last site that the request has used.
    #[must_use]
    pub fn provider(&self) -> Option<ProviderId> {
        self.request.as_ref()?.progress().provider.clone()
    }

    /// Returns the fields whose change a site has confirmed.
    #[must_use]
    pub fn applied(&self) -> Vec<&'static str> {
        self.request.as_ref().map_or_else(Vec::new, |request| request.progress().applied.clone())
    }

    /// Returns the time from which the work omits the steps that the answer does not need; `None` for no such time.
    #[must_use]
    pub fn skip_optional_from(&self) -> Option<Instant> {
        self.request.as_ref()?.skip_optional_from
    }

    /// Records that the request is about to use a site.
    pub fn note_provider(&self, provider: &ProviderId) {
        if let Some(request) = &self.request {
            request.progress().provider = Some(provider.clone());
        }
    }

    /// Records that a site has confirmed the change of a field.
    pub fn note_applied(&self, field: &'static str) {
        if let Some(request) = &self.request {
            request.progress().applied.push(field);
        }
    }
}

impl Request {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operation {
    fn deadline(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs one operation at a site. Its time starts with its first request. All further work shares that time: logins,
/// checks after a rejection, attempts and the waits between them.
pub async fn operation<T>(work: impl Future<Output = T>) -> T {
    Scope { operation: Some(Arc::default()), ..Scope::current() }.run(work).await
}

/// Returns the caller of the work in progress.
pub(crate) fn caller() -> Option<Arc<str>> {
    CURRENT.try_with(|scope| scope.caller.clone()).ok().flatten()
}

/// Returns the position in a trace of the work in progress.
pub(crate) fn trace() -> TracePosition {
    CURRENT.try_with(|scope| scope.trace.clone()).unwrap_or_default()
}

/// Returns the request that the work in progress belongs to.
fn request() -> Option<Arc<Request>> {
    CURRENT.try_with(|scope| scope.request.clone()).ok().flatten()
}

/// Starts a wait for a site. It counts as waiting time of the request until it is dropped.
pub fn wait() -> Wait {
    Wait::start(request().map(|request| Arc::clone(&request.waits)))
}

/// Passes a write through the gate immediately before it is sent. Returns `false` if the gate is closed. Work that
/// belongs to no request always passes.
pub(crate) fn may_write_now() -> bool {
    request().is_none_or(|request| request.gate.pass())
}

/// Returns whether the request may no longer start a write.
pub(crate) fn is_closed_to_writes() -> bool {
    request().is_some_and(|request| request.gate.is_closed())
}

/// Returns the deadline of the current operation, whose total time is `budget`. Outside of any operation each call
/// starts a new one.
pub(crate) fn deadline(budget: Duration) -> Instant {
    let start = || Instant::now() + budget;
    let shared = |scope: &Scope| Some(*scope.operation.as_ref()?.deadline().get_or_insert_with(start));
    CURRENT.try_with(shared).ok().flatten().unwrap_or_else(start)
}

/// Restarts the time of the current operation with its next request. The transfer time of a file does not count.
pub(crate) fn restart_deadline() {
    let restart = |scope: &Scope| scope.operation.iter().for_each(|operation| *operation.deadline() = None);
    // Outside of any operation there is nothing to reset: each request starts its own time.
    let _ = CURRENT.try_with(restart);
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const BUDGET: Duration = Duration::from_secs(25);

    #[tokio::test(start_paused = true)]
    async fn requests_of_an_operation_share_one_deadline() {
        operation(async {
            let first = deadline(BUDGET);
            advance(Duration::from_secs(20)).await;
            assert_eq!(deadline(BUDGET), first);
            let side_by_side = tokio::join!(async { deadline(BUDGET) }, async { deadline(BUDGET) });
            assert_eq!(side_by_side, (first, first));
            restart_deadline();
            assert_eq!(deadline(BUDGET), Instant::now() + BUDGET);
        })
        .await;
        assert_eq!(deadline(BUDGET), Instant::now() + BUDGET);
        assert!(caller().is_none());
    }

    #[tokio::test]
    async fn shared_scope_keeps_only_the_caller() {
        let scope = Scope::of_request("web".into(), None, TracePosition::default());
        let shared = scope.clone().run(operation(async { Scope::current().shared() })).await;
        shared
            .run(async {
                assert_eq!(caller().as_deref(), Some("web"));
                assert!(request().is_none() && Scope::current().operation.is_none());
                Scope::current().note_applied("folder_id");
            })
            .await;
        assert!(scope.applied().is_empty());
    }

    #[tokio::test]
    async fn operation_of_a_request_records_its_progress() {
        let scope = Scope::of_request("web".into(), None, TracePosition::default());
        scope.clone().run(operation(async { Scope::current().note_applied("folder_id") })).await;
        assert_eq!(scope.applied(), ["folder_id"]);
    }
}
