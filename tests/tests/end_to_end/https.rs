//! Tests of HTTPS: the gateway's own TLS.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use polyhost_end_to_end::{Gateway, Program};
use polyhost_sandbox::openload::Openload;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client, Version};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::world::{KEY, configuration, site};

/// The name in the certificates.
const HOST: &str = "polyhost.test";
const TIME_LIMIT: Duration = Duration::from_secs(15);

/// Writes a new certificate and its key into a folder, each in one step. Returns the certificate as PEM.
fn renew(folder: &Path) -> String {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([HOST.to_owned()]).unwrap();
    for (name, text) in [("key.pem", signing_key.serialize_pem()), ("certificate.pem", cert.pem())] {
        std::fs::write(folder.join("new"), text).unwrap();
        std::fs::rename(folder.join("new"), folder.join(name)).unwrap();
    }
    cert.pem()
}

fn table(folder: &Path) -> String {
    let file = |name: &str| folder.join(name).display().to_string();
    format!("[server.tls]\ncertificate = \"{}\"\nkey = \"{}\"", file("certificate.pem"), file("key.pem"))
}

/// A gateway with HTTPS in front of a site.
struct World {
    gateway: Gateway,
    /// The folder of the certificate and its key.
    folder: TempDir,
    /// The certificate as PEM.
    certificate: String,
    site: Openload,
}

/// Starts a gateway with HTTPS and further lines of `[server]`.
async fn start(server: &str) -> World {
    let folder = tempfile::tempdir().unwrap();
    let certificate = renew(folder.path());
    let (site, _clock) = site(|_| ()).await;
    let configured = configuration(&site).server(server).table(&table(folder.path()));
    World { gateway: Gateway::start(&configured).await, folder, certificate, site }
}

/// Returns a client that trusts only one certificate, with the base URL to use.
fn client(gateway: &Gateway, certificate: &str, http_1: bool) -> (Client, String) {
    let address: SocketAddr = gateway.address().parse().unwrap();
    let builder = Client::builder().no_proxy().tls_certs_only([Certificate::from_pem(certificate.as_bytes()).unwrap()]);
    let builder = builder.resolve(HOST, address);
    let builder = if http_1 { builder.http1_only() } else { builder };
    (builder.build().unwrap(), format!("https://{HOST}:{}", address.port()))
}

#[tokio::test]
async fn https_serves_both_versions_of_http() {
    let world = start("").await;
    for (http_1, version) in [(true, Version::HTTP_11), (false, Version::HTTP_2)] {
        let (client, base) = client(&world.gateway, &world.certificate, http_1);
        let answer = client.get(format!("{base}/v1/me")).bearer_auth(KEY).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
        let large = client.get(format!("{base}/openapi.json")).send().await.unwrap();
        serde_json::from_slice::<serde_json::Value>(&large.bytes().await.unwrap()).unwrap();
    }
    let ended = world.gateway.stop().await;
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}

#[tokio::test]
async fn upload_over_https_arrives_whole() {
    let World { gateway, certificate, site, .. } = &start("").await;
    let (client, base) = client(gateway, certificate, true);
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|number| number.to_le_bytes()[0] ^ number.to_le_bytes()[1]).collect();
    let upload = client.post(format!("{base}/v1/accounts/main/files?name=a.mp4")).bearer_auth(KEY);
    let answer = upload.header("content-type", "video/mp4").body(bytes.clone()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 201);
    let made: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    let stored = site.file_bytes(made["id"].as_str().unwrap());
    assert!(stored.is_some_and(|stored| stored == bytes), "the site has other bytes");
}

#[tokio::test]
async fn renewed_certificate_is_used_without_a_restart() {
    let World { mut gateway, folder, certificate: old, .. } = start("").await;
    let (established, base) = client(&gateway, &old, true);
    established.get(format!("{base}/livez")).send().await.unwrap();
    let new = renew(folder.path());
    gateway.program().logged(|log| log.contains("the certificate was renewed").then_some(())).await;
    let (trusting_new, _) = client(&gateway, &new, true);
    assert_eq!(trusting_new.get(format!("{base}/livez")).send().await.unwrap().status().as_u16(), 200);
    let (trusting_old, _) = client(&gateway, &old, true);
    trusting_old.get(format!("{base}/livez")).send().await.unwrap_err();
    // The connection from before goes on.
    assert_eq!(established.get(format!("{base}/livez")).send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn unusable_certificate_is_rejected_and_the_old_one_stays() {
    let World { mut gateway, folder, certificate, .. } = start("").await;
    std::fs::write(folder.path().join("key.pem"), "nothing").unwrap();
    gateway.program().logged(|log| log.contains("the new configuration is rejected").then_some(())).await;
    let (client, base) = client(&gateway, &certificate, true);
    assert_eq!(client.get(format!("{base}/livez")).send().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn connection_without_a_handshake_is_closed() {
    let World { gateway, .. } = &start("header_timeout = \"300ms\"").await;
    for sent in [&b""[..], b"\x16\x03\x01", b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"] {
        let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let closed = timeout(TIME_LIMIT, stream.read_to_end(&mut Vec::new())).await;
        drop(closed.expect("the gateway closes the connection"));
    }
}

#[tokio::test]
async fn faults_of_certificates_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    renew(folder.path());
    std::fs::copy(at("certificate.pem"), at("other.pem")).unwrap();
    renew(folder.path());
    std::fs::write(at("empty.pem"), "").unwrap();
    for (certificate, key, fault) in [
        ("nothing.pem", "key.pem", "[server.tls] certificate: "),
        ("certificate.pem", "nothing.pem", "nothing.pem cannot be read: No such file"),
        ("empty.pem", "key.pem", "empty.pem has no certificate"),
        ("certificate.pem", "empty.pem", "empty.pem has no private key"),
        ("other.pem", "key.pem", "key.pem is not the key of the certificate"),
    ] {
        let text =
            format!("[server.tls]\ncertificate = \"{}\"\nkey = \"{}\"", at(certificate).display(), at(key).display());
        std::fs::write(at("polyhost.toml"), text).unwrap();
        let ended = Program::run(["check", "--config", at("polyhost.toml").to_str().unwrap()]).await;
        assert_eq!(ended.code(), Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(fault), "{fault}: {}", ended.stderr);
    }
}
