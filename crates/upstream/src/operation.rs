//! What a request to a site is a part of: an operation, whose requests share one budget of time, for one caller.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

tokio::task_local! {
    static DEADLINE: Cell<Option<Instant>>;
    static CALLER: Arc<str>;
}

/// Does one operation. Its time begins with its first request, and is shared by all that follow: logins, questions
/// about a refusal, attempts and the waits between them.
pub async fn operation<T>(does: impl Future<Output = T>) -> T {
    DEADLINE.scope(Cell::new(None), does).await
}

/// Does something for a caller. Callers of one account take turns, however much each of them wants.
pub async fn on_behalf_of<T>(caller: Arc<str>, does: impl Future<Output = T>) -> T {
    CALLER.scope(caller, does).await
}

/// When the operation must be over, if it has `budget` in all. What is done in no operation is one by itself.
pub(crate) fn deadline(budget: Duration) -> Instant {
    let begin = || Instant::now() + budget;
    let shared = DEADLINE.try_with(|deadline| match deadline.get() {
        Some(begun) => begun,
        None => {
            let begins = begin();
            deadline.set(Some(begins));
            begins
        }
    });
    shared.unwrap_or_else(|_| begin())
}

/// Begins the operation's time anew. The time in which a file flows is not counted.
pub(crate) fn begin_anew() {
    // What is done in no operation begins anew with each request.
    let _ = DEADLINE.try_with(|deadline| deadline.set(None));
}

/// For whom something is done. `None`: for the gateway itself.
#[must_use]
pub fn caller() -> Option<Arc<str>> {
    CALLER.try_with(Arc::clone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const BUDGET: Duration = Duration::from_secs(25);

    #[tokio::test(start_paused = true)]
    async fn the_requests_of_an_operation_share_one_deadline() {
        operation(async {
            let first = deadline(BUDGET);
            advance(Duration::from_secs(20)).await;
            assert_eq!(deadline(BUDGET), first);
            let side_by_side = tokio::join!(async { deadline(BUDGET) }, async { deadline(BUDGET) });
            assert_eq!(side_by_side, (first, first));
            begin_anew();
            assert_eq!(deadline(BUDGET), Instant::now() + BUDGET);
        })
        .await;
        assert_eq!(deadline(BUDGET), Instant::now() + BUDGET);
        assert!(caller().is_none());
    }
}
