//! The queue of requests to a site. One request at a time is at its front. Callers take turns, so that a caller with a
//! thousand requests does not delay the requests of all others.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The caller of a request. `None` stands for the gateway itself.
type Caller = Option<Arc<str>>;

/// The queue of one account. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Whether a request is at the front.
    taken: bool,
    /// The waiting requests of each caller. The first caller is next. Each caller here has at least one request.
    callers: VecDeque<(Caller, VecDeque<oneshot::Sender<Front>>)>,
}

impl State {
    /// Removes cancelled requests, so that they use up no turn of their caller.
    fn remove_cancelled(&mut self) {
        for (_, waiting) in &mut self.callers {
            waiting.retain(|place| !place.is_closed());
        }
        self.callers.retain(|(_, waiting)| !waiting.is_empty());
    }
}

/// The place at the front of the queue. Dropping it passes the place to the next request.
#[derive(Debug)]
#[must_use = "dropping this passes the front to the next request"]
pub(crate) struct Front(Option<Queue>);

/// A waiting request, which gets the front in its turn. Dropping it leaves the queue.
#[derive(Debug)]
pub(crate) struct Waiter(oneshot::Receiver<Front>);

impl Queue {
    /// Returns the number of requests that would be ahead of a new request of this caller, and the length of the queue.
    pub(crate) fn ahead_of(&self, caller: &Caller) -> (usize, usize) {
        let mut state = self.state();
        state.remove_cancelled();
        let length = |(_, waiting): &(Caller, VecDeque<_>)| waiting.len();
        let own = state.callers.iter().find(|(other, _)| other == caller).map_or(0, length);
        let others = state.callers.iter().filter(|(other, _)| other != caller);
        let before: usize = others.map(|other| length(other).min(own + 1)).sum();
        let front = usize::from(state.taken);
        (front + own + before, front + state.callers.iter().map(length).sum::<usize>())
    }

    /// Joins the queue. Returns the front if it is free.
    pub(crate) fn join(&self, caller: Caller) -> Result<Front, Waiter> {
        let mut state = self.state();
        if !state.taken {
            state.taken = true;
            return Ok(Front(Some(self.clone())));
        }
        let (sender, receiver) = oneshot::channel();
        match state.callers.iter_mut().find(|(other, _)| *other == caller) {
            Some((_, waiting)) => waiting.push_back(sender),
            None => state.callers.push_back((caller, VecDeque::from([sender]))),
        }
        Err(Waiter(receiver))
    }

    /// Removes and returns the next request in turn. Its caller moves to the end of the queue.
    fn next(&self) -> Option<oneshot::Sender<Front>> {
        let mut state = self.state();
        state.remove_cancelled();
        let next = state.callers.pop_front().and_then(|(caller, mut waiting)| {
            let next = waiting.pop_front();
            if !waiting.is_empty() {
                state.callers.push_back((caller, waiting));
            }
            next
        });
        state.taken = next.is_some();
        next
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiter {
    /// Waits for the front.
    pub(crate) async fn front(self) -> Front {
        // A dropped front is always passed on, so the channel closes only when the queue itself is gone.
        self.0.await.unwrap_or(Front(None))
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let Some(queue) = self.0.take() else { return };
        while let Some(next) = queue.next() {
            match next.send(Front(Some(queue.clone()))) {
                Ok(()) => return,
                // That request has just been cancelled. The send returns the front, which the next request gets.
                Err(mut front) => drop(front.0.take()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn caller(name: &str) -> Caller {
        Some(Arc::from(name))
    }

    /// Returns the order in which the callers `all` reach the front, after they joined behind another request. Those at
    /// the indices `leaving` are cancelled first.
    async fn order(all: &[&str], leaving: &[usize]) -> Vec<String> {
        let queue = Queue::default();
        let front = queue.join(None).unwrap();
        let mut waiters: Vec<_> = all.iter().map(|name| Some((*name, queue.join(caller(name)).unwrap_err()))).collect();
        for place in leaving {
            waiters[*place] = None;
        }
        drop(front);
        let mut order = Vec::new();
        let mut waiting: Vec<_> =
            waiters.into_iter().flatten().map(|(name, waiter)| (name, Box::pin(waiter.front()))).collect();
        while !waiting.is_empty() {
            let ready = waiting.iter_mut().enumerate().find_map(|(place, (_, front))| {
                let front = front.now_or_never()?;
                Some((place, front))
            });
            let (place, front) = ready.expect("one request is at the front");
            order.push(waiting.remove(place).0.to_owned());
            drop(front);
        }
        assert_eq!(queue.ahead_of(&None), (0, 0), "the queue is empty");
        assert!(queue.join(None).is_ok());
        order
    }

    #[tokio::test]
    async fn callers_take_turns_and_keep_their_own_order() {
        assert_eq!(order(&["a", "a", "a", "b", "c"], &[]).await.join(""), "abcaa");
        assert_eq!(order(&["a", "b", "b", "a"], &[]).await.join(""), "abab");
    }

    #[tokio::test]
    async fn cancelled_request_is_skipped() {
        assert_eq!(order(&["a", "a", "b", "c"], &[0, 2]).await.join(""), "ac");
        assert_eq!(order(&["a", "b"], &[0, 1]).await.join(""), "");
    }

    #[tokio::test]
    async fn ahead_of_counts_the_requests_that_come_first() {
        let queue = Queue::default();
        assert_eq!(queue.ahead_of(&caller("a")), (0, 0));
        let _front = queue.join(caller("a"));
        let mut waiters: Vec<_> = (0..10).map(|_| queue.join(caller("a"))).collect();
        assert_eq!((queue.ahead_of(&caller("a")), queue.ahead_of(&caller("b"))), ((11, 11), (2, 11)));
        waiters.truncate(4);
        assert_eq!(queue.ahead_of(&caller("a")), (5, 5), "cancelled requests are not counted");
    }
}
