//! The world of these tests: a simulated streamplay, a Redis, and replicas of one gateway.

use std::time::Duration;

use futures_util::future::join_all;
use polyhost_end_to_end::{Answer, Caller, Configuration, Gateway, Metrics};
use polyhost_sandbox::ManualClock;
use polyhost_sandbox::yetishare::Yetishare;
use reqwest::RequestBuilder;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::redis_server::RedisServer;
use crate::streamplay::world::{alone, site};
use crate::world::{KEY, NOW};

/// The longest wait for a condition. Only a fault of the program, or a very busy machine, takes nearly as long.
const TIME_LIMIT: Duration = Duration::from_secs(90);
const PAUSE: Duration = Duration::from_millis(20);

/// 32 bytes in base64.
pub(crate) const ENCRYPTION_KEY: &str = "ZmxlZXQgb2YgcG9seWhvc3QgcmVwbGljYXMgMDEyMzQ=";

/// The greatest number of passes of a test.
const PASSES: usize = 5;

/// The log lines of raises that Redis did not confirm in time. Other replicas see such a write later.
const UNCONFIRMED: &str = "other replicas do not know of a write yet";
/// The log line of an outage.
const AWAY: &str = "the shared store does not answer";

/// A site, a Redis, and replicas.
pub(crate) struct Fleet {
    pub(crate) site: Yetishare,
    pub(crate) redis: RedisServer,
    pub(crate) replicas: Vec<Gateway>,
    pub(crate) callers: Vec<Caller>,
    /// The configuration of the next replica.
    pub(crate) configuration: Configuration,
}

impl Fleet {
    /// Starts replicas with the default settings, and waits until Redis answers all of them.
    pub(crate) async fn start(count: usize) -> Self {
        Self::with(count, "", |configuration| configuration).await
    }

    /// Starts replicas with further lines of `[state]` and other settings, and waits until Redis answers all of them.
    pub(crate) async fn with(count: usize, state: &str, settings: impl FnOnce(Configuration) -> Configuration) -> Self {
        let clock = ManualClock::starting_at(NOW.parse().unwrap());
        let (site, redis) = tokio::join!(site(&clock, |_| ()), RedisServer::start());
        let configuration = settings(configuration(&site, &redis.url(), state));
        let replicas = join_all((0..count).map(|_| start(&configuration))).await;
        let callers = replicas.iter().map(|replica| replica.caller(KEY)).collect();
        let fleet = Self { site, redis, replicas, callers, configuration };
        fleet.all_see("connected").await;
        fleet
    }

    /// Waits until every replica reports this state of Redis. No replica ever becomes unready.
    pub(crate) async fn all_see(&self, state: &str) {
        for replica in &self.replicas {
            until(state, async || readiness(replica).await["state"] == state).await;
        }
    }

    /// Waits until every replica counts all of them.
    pub(crate) async fn all_know_each_other(&self) {
        for replica in &self.replicas {
            until("all replicas", async || readiness(replica).await["replicas"] == self.replicas.len()).await;
        }
    }

    /// Starts another replica with the same configuration, and waits until Redis answers it.
    pub(crate) async fn start_another(&mut self) {
        let replica = start(&self.configuration).await;
        self.callers.push(replica.caller(KEY));
        self.replicas.push(replica);
        self.all_see("connected").await;
    }

    /// Replaces the first replica by a new one, as a rolling restart does. The new one is last in the fleet.
    pub(crate) async fn replace_first(&mut self) {
        self.start_another().await;
        self.all_know_each_other().await;
        assert_eq!(self.remove(0).stop().await.code(), Some(0));
    }

    /// Removes a replica from the fleet, with its caller. It still runs.
    pub(crate) fn remove(&mut self, place: usize) -> Gateway {
        self.callers.remove(place);
        self.replicas.remove(place)
    }

    /// Returns the number of calls of a port that replicas answered without Redis.
    pub(crate) async fn fallbacks(&self, port: &str) -> usize {
        let mut sum = 0.0;
        for replica in &self.replicas {
            let metrics = Metrics::parse(&replica.admin().get("/metrics").await.status(200).text());
            sum += metrics.sum("polyhost_state_fallback_total", &[("port", port)]);
        }
        sum as usize
    }

    /// Returns the number of cases in which replicas had to handle sessions without Redis.
    pub(crate) async fn session_lapses(&self) -> usize {
        let outages: usize = self.replicas.iter().map(|replica| replica.log().matches(AWAY).count()).sum();
        outages + self.fallbacks("values").await + self.fallbacks("windows").await
    }

    /// Returns the ids of the requests whose writes Redis did not confirm in time.
    pub(crate) fn unconfirmed_writes(&self) -> Vec<String> {
        let log: Vec<String> = self.replicas.iter().map(Gateway::log).collect();
        let lines = log.iter().flat_map(|log| log.lines()).filter(|line| line.contains(UNCONFIRMED));
        let id = |line: &str| {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            line["span"]["id"].as_str().unwrap_or_else(|| panic!("no request: {line}")).to_owned()
        };
        lines.map(id).collect()
    }
}

/// Returns the configuration of a replica.
pub(crate) fn configuration(site: &Yetishare, redis_url: &str, state: &str) -> Configuration {
    configuration_with_keys(site, redis_url, &[ENCRYPTION_KEY], state)
}

/// Returns the configuration of a replica whose first encryption key seals, and all of whose keys open.
pub(crate) fn configuration_with_keys(site: &Yetishare, redis_url: &str, keys: &[&str], state: &str) -> Configuration {
    alone(site)
        .server("admin_listen = \"127.0.0.1:0\"")
        .upstream("requests_per_second = 0.0\nmax_concurrency = 400")
        .table(&format!("[state]\nredis_url = \"{redis_url}\"\nencryption_key = {keys:?}\n{state}"))
}

async fn start(configuration: &Configuration) -> Gateway {
    let levels = "info,polyhost_engine::accounts=debug,polyhost_upstream::hints=debug";
    let log = ("RUST_LOG".to_owned(), levels.to_owned());
    Gateway::start_with(configuration, &[], &[log]).await
}

/// Returns the report of `/readyz?verbose`, which must have status 200.
pub(crate) async fn readiness(replica: &Gateway) -> Value {
    replica.keyless().get("/readyz?verbose").await.json(200)
}

/// Repeats a pass of a test until all promises held in one without exception. The pass returns whether they did. It
/// panics if one did not although every call got its answer of Redis in time.
pub(crate) async fn until_exact(pass: impl AsyncFn() -> bool) {
    for _ in 0..PASSES {
        if pass().await {
            return;
        }
    }
    panic!("in each of {PASSES} passes, a call missed an answer of Redis: the machine is too busy for this test");
}

/// Waits until a condition holds. `what` describes it.
pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + TIME_LIMIT;
    while !condition().await {
        assert!(Instant::now() < deadline, "timed out: {what}");
        sleep(PAUSE).await;
    }
}

/// Sends a request again as long as its problem says `retryable`, and returns the last answer.
pub(crate) async fn persist(caller: &Caller, request: impl Fn() -> RequestBuilder) -> Answer {
    let deadline = Instant::now() + TIME_LIMIT;
    loop {
        let answer = caller.send(request()).await;
        if !is_retryable(&answer) || Instant::now() > deadline {
            return answer;
        }
        sleep(PAUSE).await;
    }
}

/// Returns whether an answer is a problem that says `retryable`.
pub(crate) fn is_retryable(answer: &Answer) -> bool {
    answer.status >= 400 && serde_json::from_slice::<Value>(&answer.body).is_ok_and(|body| body["retryable"] == true)
}

/// Sends a keyed POST that creates a folder.
pub(crate) fn keyed_folder(caller: &Caller, key: &str, name: &str) -> RequestBuilder {
    let request = caller.request("POST", "/v1/accounts/plays/folders").header("idempotency-key", key);
    request.header("content-type", "application/json").body(serde_json::json!({"name": name}).to_string())
}
