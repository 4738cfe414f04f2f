//! The line of those who want to ask a site: one at a time is at its front. Callers take turns there, so that one who
//! wants a thousand things does not keep the others waiting for all of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// For whom somebody stands in line. `None`: for the gateway itself.
type Caller = Option<Arc<str>>;

/// The line. Clones are the same line.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Whether somebody is at the front.
    taken: bool,
    /// Those behind, by caller. Whose turn is next comes first, and nobody is here who does not wait.
    callers: VecDeque<(Caller, VecDeque<oneshot::Sender<Front>>)>,
}

impl State {
    /// Who has left has no turn, and takes none from its caller.
    fn forget_those_who_left(&mut self) {
        for (_, waiting) in &mut self.callers {
            waiting.retain(|place| !place.is_closed());
        }
        self.callers.retain(|(_, waiting)| !waiting.is_empty());
    }
}

/// The place at the front. It goes to the next one when it is dropped.
#[derive(Debug)]
#[must_use = "the front is left when this is dropped"]
pub(crate) struct Front(Option<Line>);

/// A place further back, which becomes the front in its turn. Dropping it leaves the line.
#[derive(Debug)]
pub(crate) struct Behind(oneshot::Receiver<Front>);

impl Line {
    /// How many will be served before somebody who comes now, if nobody else comes; and how many stand in line.
    pub(crate) fn ahead_of(&self, caller: &Caller) -> (usize, usize) {
        let mut state = self.state();
        state.forget_those_who_left();
        let length = |(_, waiting): &(Caller, VecDeque<_>)| waiting.len();
        let own = state.callers.iter().find(|(other, _)| other == caller).map_or(0, length);
        let others = state.callers.iter().filter(|(other, _)| other != caller);
        let before: usize = others.map(|other| length(other).min(own + 1)).sum();
        let front = usize::from(state.taken);
        (front + own + before, front + state.callers.iter().map(length).sum::<usize>())
    }

    /// Gets in line.
    pub(crate) fn join(&self, caller: Caller) -> Result<Front, Behind> {
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
        Err(Behind(receiver))
    }

    /// The next one in turn; its caller goes to the end.
    fn next(&self) -> Option<oneshot::Sender<Front>> {
        let mut state = self.state();
        state.forget_those_who_left();
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

impl Behind {
    /// Waits for the front.
    pub(crate) async fn front(self) -> Front {
        // Whoever leaves the front gives it to the next one, or there is nobody.
        self.0.await.unwrap_or(Front(None))
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        let Some(line) = self.0.take() else { return };
        while let Some(next) = line.next() {
            match next.send(Front(Some(line.clone()))) {
                Ok(()) => return,
                // That one has just left. The front is still here, and goes to the one after it.
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

    /// Who comes to the front, one after the other, when `all` have got in line behind somebody else.
    async fn order(all: &[&str], leaving: &[usize]) -> Vec<String> {
        let line = Line::default();
        let front = line.join(None).unwrap();
        let mut behind: Vec<_> = all.iter().map(|name| Some((*name, line.join(caller(name)).unwrap_err()))).collect();
        for place in leaving {
            behind[*place] = None;
        }
        drop(front);
        let mut order = Vec::new();
        let mut waiting: Vec<_> =
            behind.into_iter().flatten().map(|(name, behind)| (name, Box::pin(behind.front()))).collect();
        while !waiting.is_empty() {
            let ready = waiting.iter_mut().enumerate().find_map(|(place, (_, front))| {
                let front = front.now_or_never()?;
                Some((place, front))
            });
            let (place, front) = ready.expect("somebody is at the front");
            order.push(waiting.remove(place).0.to_owned());
            drop(front);
        }
        assert_eq!(line.ahead_of(&None), (0, 0), "nobody is left");
        assert!(line.join(None).is_ok());
        order
    }

    #[tokio::test]
    async fn callers_take_turns_and_each_comes_in_the_order_of_its_own() {
        assert_eq!(order(&["a", "a", "a", "b", "c"], &[]).await.join(""), "abcaa");
        assert_eq!(order(&["a", "b", "b", "a"], &[]).await.join(""), "abab");
    }

    #[tokio::test]
    async fn who_leaves_is_passed_over() {
        assert_eq!(order(&["a", "a", "b", "c"], &[0, 2]).await.join(""), "ac");
        assert_eq!(order(&["a", "b"], &[0, 1]).await.join(""), "");
    }

    #[tokio::test]
    async fn a_newcomer_is_told_how_many_come_first() {
        let line = Line::default();
        assert_eq!(line.ahead_of(&caller("a")), (0, 0));
        let _front = line.join(caller("a"));
        let mut behind: Vec<_> = (0..10).map(|_| line.join(caller("a"))).collect();
        assert_eq!((line.ahead_of(&caller("a")), line.ahead_of(&caller("b"))), ((11, 11), (2, 11)));
        behind.truncate(4);
        assert_eq!(line.ahead_of(&caller("a")), (5, 5), "those who have left are not counted");
    }
}
