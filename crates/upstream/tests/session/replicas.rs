//! Tests of a session that replicas share, while the shared state cannot be reached and at the end of a replica.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_domain::ErrorKind;
use polyhost_state::{Lease, Leases, LeasesOrAlone, Port, Replicas, State, StateError, StateErrorKind, StoreStatus};

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

/// The leases of a store that does not answer, until it does.
#[derive(Default)]
struct AwayLeases {
    answers: AtomicBool,
    leases: polyhost_state::MemoryLeases,
}

impl AwayLeases {
    fn check(&self) -> Result<(), StateError> {
        let away = StateError::new(Port::Leases, StateErrorKind::Unavailable);
        if self.answers.load(Ordering::SeqCst) { Ok(()) } else { Err(away) }
    }
}

#[async_trait]
impl Leases for AwayLeases {
    async fn acquire(&self, name: &str, life: Duration) -> Result<Option<Lease>, StateError> {
        self.check()?;
        self.leases.acquire(name, life).await
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Result<bool, StateError> {
        self.check()?;
        self.leases.renew(lease, life).await
    }

    async fn release(&self, lease: Lease) -> Result<bool, StateError> {
        self.check()?;
        self.leases.release(lease).await
    }
}

/// Returns the state of a replica that cannot reach the store.
fn alone(is_first: bool, leases: &Arc<AwayLeases>) -> State {
    replica(View { store: StoreStatus::Away, is_first }, leases)
}

fn replica(view: View, leases: &Arc<AwayLeases>) -> State {
    let leases = Arc::clone(leases) as Arc<dyn Leases>;
    State { replicas: Arc::new(view), leases: Arc::new(LeasesOrAlone::new(leases)), ..State::in_memory() }
}

#[tokio::test(start_paused = true)]
async fn only_the_first_replica_logs_in_without_the_store() {
    let site = Arc::new(Site::default());
    let [first, other] = [true, false].map(|is_first| session(&site, &alone(is_first, &Arc::default())));
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
    let leases = Arc::new(AwayLeases::default());
    leases.answers.store(true, Ordering::SeqCst);
    let other = session(&site, &alone(false, &leases));
    call(&site, &other).await.unwrap();

    leases.answers.store(false, Ordering::SeqCst);
    assert!(calls(&site, &other, 20).await.iter().all(Result::is_ok));
    site.kill().await;
    assert_eq!(call(&site, &other).await.unwrap_err().kind(), ErrorKind::SessionContended);
    assert_eq!(site.logins(), 1);
}

#[tokio::test(start_paused = true)]
async fn session_is_not_closed_while_another_replica_lives() {
    let site = Arc::new(Site::default());
    let leases = Arc::new(AwayLeases::default());
    leases.answers.store(true, Ordering::SeqCst);
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
    let leases = Arc::new(AwayLeases::default());
    let session = session(&site, &replica(View { store: StoreStatus::Connected, is_first: false }, &leases));
    let slow = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(site.logins(), 0, "no lease was acquired in the store");
        leases.answers.store(true, Ordering::SeqCst);
    };

    let (called, ()) = tokio::join!(call(&site, &session), slow);
    called.unwrap();
    assert_eq!(site.logins(), 1);
}
