//! Tests of the encrypted connection to Redis.

use std::fs;
use std::path::Path;

use polyhost_end_to_end::Gateway;
use polyhost_sandbox::ManualClock;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use redis::cmd;

use super::redis_server::RedisServer;
use super::world::{configuration, readiness, until};
use crate::streamplay::world::site;
use crate::world::NOW;

/// Replaces the port of a server by one with TLS. Returns the new address.
async fn encrypt(redis: &RedisServer, folder: &Path) -> String {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    fs::write(&certificate, cert.pem()).unwrap();
    fs::write(&key, signing_key.serialize_pem()).unwrap();
    let (plain, port) = (redis.url(), redis.port().to_string());
    let mut change = cmd("CONFIG");
    change.arg("SET").arg("tls-cert-file").arg(certificate.to_str()).arg("tls-key-file").arg(key.to_str());
    change.arg("tls-auth-clients").arg("no").arg("port").arg(0).arg("tls-port").arg(port);
    redis.run::<()>(&change).await;
    plain.replace("redis://127.0.0.1", "rediss://localhost")
}

#[tokio::test]
async fn only_a_redis_with_a_trusted_certificate_is_used() {
    let clock = ManualClock::starting_at(NOW.parse().unwrap());
    let (site, redis) = (site(&clock, |_| ()).await, RedisServer::start().await);
    let folder = tempfile::tempdir().unwrap();
    let url = encrypt(&redis, folder.path()).await;
    let certificate = folder.path().join("certificate.pem").to_str().unwrap().to_owned();
    let trust = [("SSL_CERT_FILE".to_owned(), certificate)];
    let trusting = Gateway::start_with(&configuration(&site, &url, ""), &[], &trust).await;
    let strict = Gateway::start_with(&configuration(&site, &url, ""), &[], &[]).await;
    until("the certificate is trusted", async || readiness(&trusting).await["state"] == "connected").await;
    until("the certificate is refused", async || strict.log().contains("invalid peer certificate")).await;
    assert_eq!(readiness(&strict).await["state"], "away");
}
