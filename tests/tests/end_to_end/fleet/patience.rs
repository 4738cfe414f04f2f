//! A test that no request waits for a stalled store longer than its patience, all of its calls together.
//!
//! The gateway runs in this process. Its store does not really stall: each call uses up the patience that is left, as
//! waiting would, and notes how long that is. So the sums are exact on any machine.

use std::mem::take;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use polyhost::KNOWN;
use polyhost_config::{Callers, Config};
use polyhost_end_to_end::Caller;
use polyhost_gateway::app::App;
use polyhost_gateway::{router, serving};
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::yetishare::Yetishare;
use polyhost_state::{
    Decision, Entry, Exchange, GenerationList, Generations, KeyValue, Lease, Leases, LeasesOrAlone, Limiters, PATIENCE,
    Patience, Port, Quota, ScopeKey, State, StateError, StateErrorKind, Taken, WindowLimit, WindowPermit, Windows,
};
use tokio::net::TcpListener;

use crate::streamplay::world::{alone, at, site};
use crate::world::{KEY, NOW};

type Answered<T> = Result<T, StateError>;

/// The ports of a store. Where replicas have a fallback, its answer comes from memory.
#[derive(Clone)]
struct Store {
    memory: State,
    stall: Arc<Stall>,
}

#[derive(Default)]
struct Stall {
    is_stalled: AtomicBool,
    waits: Mutex<Vec<Wait>>,
}

/// The calls that write the end of a request. No request waits for them, if it has waited for the store before.
const IN_BACKGROUND: [&str; 3] = ["compare_and_set", "compare_and_remove", "release"];

/// The wait of one call.
#[derive(Debug)]
struct Wait {
    call: &'static str,
    waited: Duration,
    /// Whether the call used up the patience of a request.
    is_of_request: bool,
}

impl Wait {
    fn is_in_background(&self) -> bool {
        !self.is_of_request && IN_BACKGROUND.contains(&self.call)
    }
}

impl Stall {
    /// Uses up the patience of the current work, if the store is stalled.
    fn wait(&self, call: &'static str) -> Answered<()> {
        if !self.is_stalled.load(Ordering::SeqCst) {
            return Ok(());
        }
        let patience = Patience::current();
        let waited = patience.left();
        patience.spend(waited);
        let is_of_request = patience.left().is_zero();
        self.waits.lock().unwrap().push(Wait { call, waited, is_of_request });
        Err(StateError::new(Port::Values, StateErrorKind::Unavailable))
    }
}

#[async_trait]
impl Leases for Store {
    async fn acquire(&self, name: &str, life: Duration) -> Answered<Option<Lease>> {
        self.stall.wait("acquire")?;
        self.memory.leases.acquire(name, life).await
    }

    async fn renew(&self, lease: &Lease, life: Duration) -> Answered<bool> {
        self.stall.wait("renew")?;
        self.memory.leases.renew(lease, life).await
    }

    async fn release(&self, lease: Lease) -> Answered<bool> {
        self.stall.wait("release")?;
        self.memory.leases.release(lease).await
    }
}

/// One of the two key-value stores.
struct Values(Store, Arc<dyn KeyValue>);

#[async_trait]
impl KeyValue for Values {
    async fn get(&self, key: &str) -> Answered<Option<Entry>> {
        let _ = self.0.stall.wait("get");
        self.1.get(key).await
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Answered<u64> {
        let _ = self.0.stall.wait("put");
        self.1.put(key, value, ttl).await
    }

    async fn compare_and_set(
        &self,
        key: &str,
        expected: Option<u64>,
        value: Bytes,
        ttl: Duration,
    ) -> Answered<Exchange> {
        let _ = self.0.stall.wait("compare_and_set");
        self.1.compare_and_set(key, expected, value, ttl).await
    }

    async fn remove(&self, key: &str) -> Answered<bool> {
        let _ = self.0.stall.wait("remove");
        self.1.remove(key).await
    }

    async fn compare_and_remove(&self, key: &str, expected: u64) -> Answered<bool> {
        let _ = self.0.stall.wait("compare_and_remove");
        self.1.compare_and_remove(key, expected).await
    }
}

#[async_trait]
impl Generations for Store {
    fn known(&self, scopes: &[ScopeKey]) -> Option<GenerationList> {
        if self.stall.is_stalled.load(Ordering::SeqCst) { None } else { self.memory.generations.known(scopes) }
    }

    async fn current(&self, scopes: &[ScopeKey]) -> Answered<GenerationList> {
        self.stall.wait("current")?;
        self.memory.generations.current(scopes).await
    }

    async fn raise(&self, scopes: &[ScopeKey]) -> Answered<()> {
        self.stall.wait("raise")?;
        self.memory.generations.raise(scopes).await
    }
}

#[async_trait]
impl Limiters for Store {
    async fn check(&self, key: &str, quota: Quota, weight: NonZeroU32) -> Answered<Decision> {
        let _ = self.stall.wait("check");
        self.memory.limiters.check(key, quota, weight).await
    }
}

#[async_trait]
impl Windows for Store {
    async fn take(&self, key: &str, limits: &[WindowLimit]) -> Answered<Taken> {
        let _ = self.stall.wait("take");
        self.memory.windows.take(key, limits).await
    }

    async fn release(&self, permit: WindowPermit) -> Answered<()> {
        let _ = self.stall.wait("give back");
        self.memory.windows.release(permit).await
    }
}

/// Serves a gateway whose store can stall. Returns a caller of it.
async fn gateway(site: &Yetishare) -> (Caller, Arc<Stall>) {
    let store = Store { memory: State::in_memory(), stall: Arc::default() };
    let [values, records] = [&store.memory.values, &store.memory.records]
        .map(|memory| Arc::new(Values(store.clone(), Arc::clone(memory))) as Arc<dyn KeyValue>);
    let shared = Arc::new(store.clone());
    let state = State {
        leases: Arc::new(LeasesOrAlone::new(Arc::<Store>::clone(&shared))),
        values,
        records,
        generations: Arc::<Store>::clone(&shared),
        limiters: Arc::<Store>::clone(&shared),
        windows: shared,
        ..store.memory
    };
    let config = Config::parse(&alone(site).text(), &KNOWN).expect("the configuration is right");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let app = App::new(&config, Callers::keyed(config.clients.clone()), state).expect("a client can be built");
    let service = router::service(app);
    tokio::spawn(async move { serving::answer(listener, service, &config.server).await });
    (Caller::new(&address, Some(KEY), &Default::default()), store.stall)
}

#[tokio::test]
async fn stalled_store_costs_a_request_no_more_than_its_patience() {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let site = site(&clock, |_| ()).await;
    let folder = site.add_folder("0", "Films");
    let [file, other] = ["a.mp4", "b.mp4"].map(|name| site.add_file(&folder, name, b"x"));
    let (caller, stall) = gateway(&site).await;
    // The gateway has a token, and a cache.
    caller.get(&at(&format!("folders/{folder}/items"))).await.status(200);

    stall.is_stalled.store(true, Ordering::SeqCst);
    let requests = [
        ("GET", "/v1/me".to_owned(), None, 200),
        ("GET", "/v1/accounts/plays".to_owned(), None, 200),
        ("GET", at(&format!("folders/{folder}/items")), None, 200),
        ("GET", at(&format!("files/{file}")), None, 200),
        ("POST", at("files/lookup"), Some(format!("{{\"ids\": [\"{file}\", \"{other}\"]}}")), 200),
        ("PATCH", at(&format!("files/{file}")), Some("{\"name\": \"c.mp4\", \"folder_id\": \"root\"}".to_owned()), 200),
        ("POST", at(&format!("files/{file}/copy")), Some(format!("{{\"folder_id\": \"{folder}\"}}")), 201),
        ("POST", at("folders"), Some("{\"name\": \"Series\"}".to_owned()), 201),
        ("POST", at("files?name=d.mp4"), Some("hello".to_owned()), 201),
        ("DELETE", at(&format!("files/{other}")), None, 204),
        ("DELETE", at(&format!("folders/{folder}?recursive=true")), None, 204),
    ];
    for (method, path, body, status) in requests {
        let request = caller.request(method, &path);
        let request = match body {
            Some(body) => {
                request.header("content-type", "application/json").header("idempotency-key", &path).body(body)
            }
            None => request,
        };
        caller.send(request).await.status(status);
        let waits = take(&mut *stall.waits.lock().unwrap());
        let waited: Duration = waits.iter().filter(|wait| !wait.is_in_background()).map(|wait| wait.waited).sum();
        assert!(waited == PATIENCE, "{method} {path} waited for {waited:?}: {waits:?}");
    }
}
