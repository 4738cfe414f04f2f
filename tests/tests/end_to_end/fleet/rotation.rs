//! A test of the replacement of the encryption key, one replica after the other, while callers use all of them.

use polyhost_end_to_end::{Answer, Caller};

use super::world::{ENCRYPTION_KEY, Fleet, configuration_with_keys, keyed_folder, persist, until_exact};

/// 32 other bytes in base64.
const NEW_KEY: &str = "YW5vdGhlciBrZXkgb2YgMzIgYnl0ZXMgMDEyMzQ1Njc=";

/// The fleet, and what its removed replicas have reported.
struct Rotation {
    fleet: Fleet,
    lapses: usize,
    created: Vec<(&'static str, Answer)>,
}

impl Rotation {
    /// Creates a folder. Its answer is repeated from now on.
    async fn create(&mut self, name: &'static str) {
        let answer = create(&self.fleet.callers[0], name).await.status(201);
        self.created.push((name, answer));
    }

    /// Replaces all replicas by ones with other keys. Before and after each, every replica reads the account and
    /// repeats the answers.
    async fn roll(&mut self, keys: &[&str]) {
        let Fleet { site, redis, .. } = &self.fleet;
        self.fleet.configuration = configuration_with_keys(site, &redis.url(), keys, "");
        for _ in 0..self.fleet.replicas.len() {
            self.assert_unchanged().await;
            self.lapses += lapses(&self.fleet).await;
            self.fleet.replace_first().await;
        }
        self.assert_unchanged().await;
    }

    async fn assert_unchanged(&self) {
        for caller in &self.fleet.callers {
            let read = || caller.request("GET", "/v1/accounts/plays").header("cache-control", "no-cache");
            persist(caller, read).await.status(200);
            for (name, first) in &self.created {
                let again = create(caller, name).await.status(201);
                let is_excused = self.lapses + lapses(&self.fleet).await > 0;
                assert!(again.body == first.body || is_excused, "{name}: {}", again.text());
            }
        }
    }
}

async fn create(caller: &Caller, name: &str) -> Answer {
    persist(caller, || keyed_folder(caller, name, name)).await
}

/// Returns the number of cases in which replicas had to go on without Redis.
async fn lapses(fleet: &Fleet) -> usize {
    fleet.session_lapses().await + fleet.fallbacks("records").await
}

#[tokio::test]
async fn encryption_key_is_replaced_without_a_login_or_a_second_run() {
    until_exact(async || {
        let mut rotation = Rotation { fleet: Fleet::start(2).await, lapses: 0, created: Vec::new() };
        rotation.create("sealed-with-the-old-key").await;
        rotation.roll(&[ENCRYPTION_KEY, NEW_KEY]).await;
        rotation.roll(&[NEW_KEY, ENCRYPTION_KEY]).await;
        let logins_before = rotation.fleet.site.logins();
        // A day passes: the first answer and the first token end.
        rotation.created.clear();
        rotation.fleet.site.kill_tokens();
        rotation.create("sealed-with-the-new-key").await;
        rotation.roll(&[NEW_KEY]).await;
        let Rotation { fleet, lapses: removed, .. } = &rotation;
        let counts = (logins_before, fleet.site.logins(), fleet.site.counts().folders);
        let is_exact = counts == (1, 2, 2);
        assert!(is_exact || removed + lapses(fleet).await > 0, "{counts:?}");
        is_exact
    })
    .await;
}
