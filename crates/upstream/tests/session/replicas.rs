//! Tests of a session that replicas share, while the shared state cannot be reached and at the end of a replica.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use polyhost_domain::ErrorKind;
use polyhost_state::conformance::InterruptibleLeases;
use polyhost_state::{Leases, LeasesOrAlone, Replicas, State, StoreStatus};

use crate::site::{Site, call, calls, session};

/// The view of one of two replicas.
struct View {
    store: StoreStatus,
    is_first: bool,
}

impl Replicas for View {
    fn store(&self) -> StoreStatus {
        self.store
    }

    fn count(&self) -> u32 {
        2
    }

    fn is_first(&self) -> bool {
        self.is_first
    }
}

/// Returns the state of a replica that cannot reach the store.
fn alone(is_first: bool, leases: &Arc<InterruptibleLeases>) -> State {
    replica(View { store: StoreStatus::Away, is_first }, leases)
}

fn replica(view: View, leases: &Arc<InterruptibleLeases>) -> State {
    let leases = Arc::clone(leases) as Arc<dyn Leases>;
    State { replicas: Arc::new(view), leases: Arc::new(LeasesOrAlone::new(leases)), ..State::in_memory() }
}

#[tokio::test(start_paused = true)]
async fn only_the_first_replica_logs_in_without_the_store() {
    let site = Arc::new(Site::default());
    let leases = Arc::new(InterruptibleLeases::interrupted());
    let [first, other] = [true, false].map(|is_first| session(&site, &alone(is_first, &leases)));
    for refused in calls(&site, &other, 20).await {
        let error = refused.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::SessionContended, true));
    }
    assert_eq!(site.logins(), 0);

    assert!(calls(&site, &first, 20).await.iter().all(Result::is_ok));
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn known_token_is_used_without_the_store() {
    let site = Arc::new(Site::default());
    let leases = Arc::new(InterruptibleLeases::default());
    let other = session(&site, &alone(false, &leases));
    call(&site, &other).await.unwrap();

    leases.interrupt();
    assert!(calls(&site, &other, 20).await.iter().all(Result::is_ok));
    site.kill().await;
    assert_eq!(call(&site, &other).await.unwrap_err().kind(), ErrorKind::SessionContended);
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn session_is_not_closed_while_another_replica_lives() {
    let site = Arc::new(Site::default());
    let leases = Arc::new(InterruptibleLeases::default());
    let one = session(&site, &alone(true, &leases));
    call(&site, &one).await.unwrap();

    one.close().await;

    assert_eq!(site.logouts.load(Ordering::SeqCst), 0);
    assert!(call(&site, &one).await.is_ok());
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn login_waits_for_a_store_that_is_only_slow() {
    let site = Arc::new(Site::default());
    let leases = Arc::new(InterruptibleLeases::interrupted());
    let session = session(&site, &replica(View { store: StoreStatus::Connected, is_first: false }, &leases));
    let slow = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(site.logins(), 0, "no lease was acquired in the store");
        leases.resume();
    };

    let (called, ()) = tokio::join!(call(&site, &session), slow);
    called.unwrap();
    assert_eq!(site.logins(), 1);
}
