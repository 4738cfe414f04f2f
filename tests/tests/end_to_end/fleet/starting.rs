//! Tests of the start with `[state]`: the configuration is complete, and the password of Redis is never printed.

use polyhost_end_to_end::{Configuration, Gateway, Program};
use polyhost_sandbox::ManualClock;

use super::redis_server::RedisServer;
use super::world::{configuration, readiness, until};
use crate::secrets::assert_absent;
use crate::streamplay::world::site;
use crate::world::{KEY, NOW};

const PASSWORD: &str = "Planted-Redis-Password-5e91";
const WRONG_PASSWORD: &str = "Planted-Wrong-Password-08ab";

#[tokio::test]
async fn redis_without_an_encryption_key_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("polyhost.toml");
    let table = format!("[state]\nredis_url = \"redis://:{PASSWORD}@127.0.0.1:1\"");
    std::fs::write(&path, Configuration::new().table(&table).text()).unwrap();
    for command in ["serve", "check"] {
        let ended = Program::run([command, "--config", path.to_str().unwrap()]).await;
        assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
        let printed = ended.stdout + &ended.stderr;
        assert!(printed.contains("encryption_key: is missing; it is needed with redis_url"), "{printed}");
        assert_absent(&printed, PASSWORD, command);
    }
}

#[tokio::test]
async fn password_of_redis_is_not_printed() {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let mut redis = RedisServer::start_with(Some(PASSWORD)).await;
    let site = site(&clock, |_| ()).await;
    let wrong_url = redis.url().replace(PASSWORD, WRONG_PASSWORD);
    let log = [("RUST_LOG".to_owned(), "trace".to_owned())];
    let right = Gateway::start_with(&configuration(&site, &redis.url(), ""), &[], &log).await;
    let wrong = Gateway::start_with(&configuration(&site, &wrong_url, ""), &[], &log).await;
    until("the password is accepted", async || readiness(&right).await["state"] == "connected").await;
    until("an outage is logged", async || wrong.log().contains("the shared store does not answer")).await;
    assert_eq!(readiness(&wrong).await["state"], "away");
    for replica in [&right, &wrong] {
        replica.caller(KEY).get("/v1/accounts/plays").await;
    }
    redis.kill();
    until("the outage is noticed", async || readiness(&right).await["state"] == "away").await;
    for replica in [right, wrong] {
        let (answers, ended) = (replica.record().all(), replica.stop().await);
        let answers: String = answers.iter().map(|answer| answer.text()).collect();
        for secret in [PASSWORD, WRONG_PASSWORD] {
            assert_absent(&(answers.clone() + &ended.stdout + &ended.stderr), secret, "a replica");
        }
    }
}
