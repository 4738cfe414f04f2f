//! A subscription: the messages of one stream, about the subjects of its request.

use std::ops::Range;
use std::sync::Arc;

use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, SelectAll, Stream, StreamExt as _};
use polyhost_domain::AccountName;
use tokio::sync::watch;

use super::delivered::Delivered;
use super::feed::Registration;
use super::state::{Latest, SubjectState};
use super::subject::Subject;
use crate::phase::Phase;
use crate::problem::{Code, Occurrence, Problem, ProblemBody};

/// The name of an error message.
const ERROR: &str = "error";

/// One message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The name of the event.
    pub name: &'static str,
    /// The event id, which identifies everything delivered up to this event. Errors have none.
    pub id: Option<String>,
    /// The data: one line of JSON.
    pub data: Arc<str>,
}

/// A subscription to subjects of one account. However slowly it is read, it holds only the latest state of each
/// subject.
pub struct Subscription {
    views: Vec<View>,
    /// Yields the indices of subjects that have changed.
    changes: SelectAll<BoxStream<'static, usize>>,
    delivered: Delivered,
    /// The indices of the subjects whose first states are still to be sent, in this order.
    unsent: Range<usize>,
    /// The index of the subject whose messages are being sent.
    current: Option<usize>,
    has_ended: bool,
    phase: watch::Receiver<Phase>,
    request: Occurrence,
    /// Unregisters the subscription from the feed when it is dropped.
    _registration: Registration,
}

struct View {
    event: &'static str,
    latest: watch::Receiver<Latest>,
    /// The code of the last error of this subject, while it lasts.
    failure: Option<Code>,
}

impl Subscription {
    pub(super) fn new(
        account: &AccountName,
        registration: Registration,
        receivers: Vec<watch::Receiver<Latest>>,
        phase: watch::Receiver<Phase>,
        request: Occurrence,
    ) -> Self {
        let changes = receivers.iter().enumerate().map(|(index, latest)| changes(index, latest.clone()));
        let changes = stream::select_all(changes);
        let delivered = Delivered::new(account, registration.subjects());
        let view = |(subject, latest): (&Subject, _)| View { event: subject.event(), latest, failure: None };
        let views: Vec<View> = registration.subjects().iter().zip(receivers).map(view).collect();
        let unsent = 0..views.len();
        Self {
            views,
            changes,
            delivered,
            unsent,
            current: None,
            has_ended: false,
            phase,
            request,
            _registration: registration,
        }
    }

    /// Waits until the state of each subject is known, or the process is draining. With the id of a last event, resumes
    /// after that event.
    ///
    /// # Errors
    /// The failure of a subject without a known state, or a final failure of any subject.
    pub async fn begin(&mut self, last_event: Option<&str>) -> Result<(), Problem> {
        let known = tokio::select! {
            biased;
            _ = self.phase.wait_for(|phase| *phase == Phase::Draining) => {
                self.has_ended = true;
                return Ok(());
            }
            known = try_join_all(self.views.iter_mut().map(View::known)) => known?,
        };
        if let Some(last) = last_event {
            let states: Vec<&SubjectState> = known.iter().map(|state| &**state).collect();
            self.delivered.resume(&states, last);
        }
        Ok(())
    }

    /// Returns the stream of messages.
    pub fn messages(self) -> impl Stream<Item = Message> + Send {
        stream::unfold(self, |mut subscription| async move { Some((subscription.next().await?, subscription)) })
    }

    /// Returns whether all subjects are final and all their states were delivered.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let is_delivered = |(index, view): (usize, &View)| {
            let latest = view.latest.borrow();
            let state = latest.state.as_ref().filter(|state| state.is_final);
            state.is_some_and(|state| state.items.iter().all(|item| self.delivered.contains(index, item)))
        };
        self.views.iter().enumerate().all(is_delivered)
    }

    /// Waits for the next message. Returns `None` if all subjects are final, after a final failure, and when the
    /// process is draining.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            if self.has_ended || *self.phase.borrow() == Phase::Draining {
                return None;
            }
            while let Some(index) = self.current.or_else(|| self.unsent.next()) {
                self.current = Some(index);
                if let Some(message) = self.message_about(index) {
                    return Some(message);
                }
                self.current = None;
            }
            if self.is_finished() {
                return None;
            }
            self.current = tokio::select! {
                biased;
                _ = self.phase.wait_for(|phase| *phase == Phase::Draining) => return None,
                index = self.changes.next() => Some(index?),
            };
        }
    }

    /// Returns the next message about a subject: first its undelivered objects, then its failure.
    fn message_about(&mut self, index: usize) -> Option<Message> {
        let view = self.views.get(index)?;
        let Latest { state, failure } = view.latest.borrow().clone();
        if let Some(state) = state
            && let Some(item) = state.items.iter().find(|item| !self.delivered.contains(index, item))
        {
            let id = self.delivered.record(index, &state, item);
            return Some(Message { name: view.event, id: Some(id), data: Arc::clone(&item.json) });
        }
        // Several subjects may have the same failure. The stream sends it once.
        let code = failure.as_ref().map(|failure| failure.problem.code());
        let is_sent = code.is_none() || self.views.iter().any(|view| view.failure == code);
        self.views.get_mut(index)?.failure = code;
        let failure = failure.filter(|_| !is_sent)?;
        self.has_ended = failure.is_final;
        Some(Message { name: ERROR, id: None, data: self.problem(&failure.problem) })
    }

    /// Returns a problem as in the body of a response. It consists of texts and numbers, which can always be
    /// serialized.
    fn problem(&self, problem: &Problem) -> Arc<str> {
        let body = ProblemBody::new(problem, &self.request);
        serde_json::to_string(&body).unwrap_or_default().into()
    }
}

impl View {
    /// Waits until the state is known.
    ///
    /// # Errors
    /// The failure, if there is no state or the failure is final.
    async fn known(&mut self) -> Result<Arc<SubjectState>, Problem> {
        let is_known = |latest: &Latest| latest.state.is_some() || latest.failure.is_some();
        // This cannot fail: the topic exists as long as this subscription is registered.
        let latest = self.latest.wait_for(is_known).await.map_err(|_| Problem::internal())?;
        match (&latest.state, &latest.failure) {
            (Some(state), failure) if failure.as_ref().is_none_or(|failure| !failure.is_final) => Ok(Arc::clone(state)),
            (_, failure) => Err(failure.as_ref().map_or_else(Problem::internal, |failure| failure.problem.clone())),
        }
    }
}

/// Returns a stream that yields the subject's index each time its state or failure has changed.
fn changes(index: usize, latest: watch::Receiver<Latest>) -> BoxStream<'static, usize> {
    let next = move |mut latest: watch::Receiver<Latest>| async move {
        latest.changed().await.ok()?;
        Some((index, latest))
    };
    stream::unfold(latest, next).boxed()
}
