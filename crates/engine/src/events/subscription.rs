//! One caller's view of a feed: what is new of the caller's own subjects, message by message.

use std::ops::Range;
use std::sync::Arc;

use futures_util::future::try_join_all;
use futures_util::stream::{self, BoxStream, SelectAll, Stream, StreamExt as _};
use polyhost_domain::AccountName;
use tokio::sync::watch;

use super::feed::Seat;
use super::state::{Standing, State};
use super::subject::Subject;
use super::told::Told;
use crate::phase::Phase;
use crate::problem::{Code, Occurrence, Problem, ProblemBody};

/// What an error is called.
const ERROR: &str = "error";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name.
    pub name: &'static str,
    /// What stands for all that was told up to it; none where nothing was told of a subject.
    pub id: Option<String>,
    /// One line of JSON.
    pub data: Arc<str>,
}

/// Somebody who watches. Holds the latest state of each subject only, however slowly it is read.
pub struct Subscription {
    views: Vec<View>,
    /// The places of subjects that have changed.
    changes: SelectAll<BoxStream<'static, usize>>,
    told: Told,
    /// The places of the subjects that the stream has not yet come to: it begins with each, in order.
    unseen: Range<usize>,
    /// The place of the subject that is being told of.
    telling: Option<usize>,
    is_over: bool,
    phase: watch::Receiver<Phase>,
    request: Occurrence,
    /// Given up when all of this is dropped.
    _seat: Seat,
}

struct View {
    event: &'static str,
    standing: watch::Receiver<Standing>,
    /// What was last told to stand in the way.
    trouble: Option<Code>,
}

impl Subscription {
    pub(super) fn new(
        account: &AccountName,
        seat: Seat,
        standings: Vec<watch::Receiver<Standing>>,
        phase: watch::Receiver<Phase>,
        request: Occurrence,
    ) -> Self {
        let changes = standings.iter().enumerate().map(|(place, standing)| changes(place, standing.clone()));
        let changes = stream::select_all(changes);
        let told = Told::new(account, seat.subjects());
        let view = |(subject, standing): (&Subject, _)| View { event: subject.event(), standing, trouble: None };
        let views: Vec<View> = seat.subjects().iter().zip(standings).map(view).collect();
        let unseen = 0..views.len();
        Self { views, changes, told, unseen, telling: None, is_over: false, phase, request, _seat: seat }
    }

    /// Waits until each subject is known, or the process is draining, and takes up where the stream has ended whose last
    /// event had this id.
    ///
    /// # Errors
    /// Why one of them cannot be asked for; where it is not known at all, or that will not change.
    pub async fn begin(&mut self, last_event: Option<&str>) -> Result<(), Problem> {
        let known = tokio::select! {
            biased;
            _ = self.phase.wait_for(|phase| *phase == Phase::Draining) => {
                self.is_over = true;
                return Ok(());
            }
            known = try_join_all(self.views.iter_mut().map(View::known)) => known?,
        };
        if let Some(last) = last_event {
            let states: Vec<&State> = known.iter().map(|state| &**state).collect();
            self.told.resume(&states, last);
        }
        Ok(())
    }

    /// All that is told from now on.
    pub fn messages(self) -> impl Stream<Item = Message> + Send {
        stream::unfold(self, |mut subscription| async move { Some((subscription.next().await?, subscription)) })
    }

    /// Whether the caller was told everything, and nothing more will happen.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let is_told = |(place, view): (usize, &View)| {
            let standing = view.standing.borrow();
            let state = standing.state.as_ref().filter(|state| state.is_final);
            state.is_some_and(|state| state.items.iter().all(|item| self.told.knows(place, item)))
        };
        self.views.iter().enumerate().all(is_told)
    }

    /// What comes next. `None`: nothing more will, or the process is draining, or nothing more can be known.
    pub async fn next(&mut self) -> Option<Message> {
        loop {
            if self.is_over || *self.phase.borrow() == Phase::Draining {
                return None;
            }
            while let Some(place) = self.telling.or_else(|| self.unseen.next()) {
                self.telling = Some(place);
                if let Some(message) = self.tell(place) {
                    return Some(message);
                }
                self.telling = None;
            }
            if self.is_finished() {
                return None;
            }
            self.telling = tokio::select! {
                biased;
                _ = self.phase.wait_for(|phase| *phase == Phase::Draining) => return None,
                place = self.changes.next() => Some(place?),
            };
        }
    }

    /// The next message about a subject: what is new of it, then what stands in the way.
    fn tell(&mut self, place: usize) -> Option<Message> {
        let view = self.views.get(place)?;
        let Standing { state, trouble } = view.standing.borrow().clone();
        if let Some(state) = state
            && let Some(item) = state.items.iter().find(|item| !self.told.knows(place, item))
        {
            let id = self.told.tell(place, &state, item);
            return Some(Message { name: view.event, id: Some(id), data: Arc::clone(&item.json) });
        }
        // What stands in the way of all is told once.
        let code = trouble.as_ref().map(|trouble| trouble.problem.code());
        let is_told = code.is_none() || self.views.iter().any(|view| view.trouble == code);
        self.views.get_mut(place)?.trouble = code;
        let trouble = trouble.filter(|_| !is_told)?;
        self.is_over = trouble.is_final;
        Some(Message { name: ERROR, id: None, data: self.problem(&trouble.problem) })
    }

    /// The problem as the body of an answer would have it. What is made of texts and numbers can be serialized.
    fn problem(&self, problem: &Problem) -> Arc<str> {
        let body = ProblemBody::new(problem, &self.request.path, &self.request.request_id);
        serde_json::to_string(&body).unwrap_or_default().into()
    }
}

impl View {
    /// # Errors
    /// Why it cannot be known.
    async fn known(&mut self) -> Result<Arc<State>, Problem> {
        let is_known = |standing: &Standing| standing.state.is_some() || standing.trouble.is_some();
        // A topic lasts as long as anybody sits before it.
        let standing = self.standing.wait_for(is_known).await.map_err(|_| Problem::internal())?;
        match (&standing.state, &standing.trouble) {
            (Some(state), trouble) if trouble.as_ref().is_none_or(|trouble| !trouble.is_final) => Ok(Arc::clone(state)),
            (_, trouble) => Err(trouble.as_ref().map_or_else(Problem::internal, |trouble| trouble.problem.clone())),
        }
    }
}

/// The place, each time that something has changed there.
fn changes(place: usize, standing: watch::Receiver<Standing>) -> BoxStream<'static, usize> {
    let next = move |mut standing: watch::Receiver<Standing>| async move {
        standing.changed().await.ok()?;
        Some((place, standing))
    };
    stream::unfold(standing, next).boxed()
}
