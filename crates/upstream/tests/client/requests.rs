//! Tests of requests and their answers.

use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use polyhost_domain::{Error, ErrorKind, TransportFault};
use polyhost_upstream::{BuildError, Call, CallKind, Client, SecretUrl, Settings};
use secrecy::SecretString;
use url::Url;

use crate::site::{Answer, Site, call, client, hasty, once, shared, whole};

/// An answer whose body of 143 bytes decompresses to a JSON text of 100,009 bytes.
const BOMB: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 143\r\n\r\n\
    \x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x41\x0d\x00\x30\x08\x04\x30\x2b\xe4\x64\xe0\x66\x3a\
    \x16\xbc\x63\x83\x47\xdb\x9f\x97\xae\x14\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\
    \x00\x00\x00\x00\x00\x00\x70\x56\x66\x01\xa0\xfe\x5a\xb7\xa9\x86\x01\x00";

#[tokio::test]
async fn redirect_is_returned_and_not_followed() {
    let site = Site::start(Answer::ToTheHead(
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    ))
    .await;
    let reply = site.client(Settings::default()).send(call(&site.base_url(), CallKind::Read), whole).await.unwrap();
    assert_eq!((reply.http_status(), reply.body()), (302, &b""[..]));
    assert_eq!(site.seen().len(), 1);
}

#[tokio::test]
async fn answer_that_is_not_utf8_is_repaired() {
    let site =
        Site::start(Answer::ToTheHead(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"name\": \"caf\xe9\ta b\"}"))
            .await;
    let reply = site.client(Settings::default()).send(call(&site.base_url(), CallKind::Read), whole).await.unwrap();
    assert_eq!(std::str::from_utf8(reply.body()), Ok("{\"name\": \"caf\u{fffd} a b\"}"));
}

#[tokio::test]
async fn size_limit_applies_after_decompression() {
    for (limit, fits) in [(100_009, true), (100_008, false)] {
        let site = Site::start(Answer::ToTheHead(BOMB)).await;
        let settings = Settings { max_response: limit, ..Settings::default() };
        let answer = site.client(settings).send(call(&site.base_url(), CallKind::Read), whole).await;
        match answer {
            Ok(reply) => assert!(fits && reply.body().len() == 100_009),
            Err(error) => {
                assert!(!fits, "{error:?}");
                assert_eq!(error.kind(), ErrorKind::InvalidResponse);
                assert_eq!(error.transport(), Some(TransportFault::ResponseTooLarge));
                assert_eq!(error.answer().unwrap().http_status, Some(200));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn parsing_a_long_answer_does_not_block_other_tasks() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n{}", " ".repeat(300_000));
    let site = Site::start(Answer::ToTheHead(long.leak().as_bytes())).await;
    let (client, call) = (site.client(once()), call(&site.base_url(), CallKind::Read));
    // The read ends only when another task of the same runtime has run.
    let read = |_| {
        let (done, is_done) = mpsc::channel();
        tokio::spawn(async move { done.send(()) });
        Ok::<_, Error>(is_done.recv_timeout(Duration::from_secs(60)))
    };
    let outcome = tokio::spawn(async move { client.send(call, read).await }).await.unwrap();
    assert_eq!(outcome.unwrap(), Ok(()));
}

#[tokio::test]
async fn silent_site_ends_at_the_attempt_timeout_or_deadline() {
    let long = Duration::from_secs(60);
    let short = Duration::from_millis(30);
    for (attempt_timeout, deadline) in [(short, long), (long, short)] {
        let site = Site::start(Answer::Silence).await;
        let settings = Settings { attempt_timeout, deadline, ..Settings::default() };
        let client = site.client(settings);
        let started = Instant::now();
        let error = client.send(call(&site.base_url(), CallKind::Read), whole).await.unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(5));
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Timeout, true));
        assert_eq!(error.transport(), Some(TransportFault::ResponseTimeout));
    }
}

#[tokio::test]
async fn answer_that_is_not_http_is_an_invalid_response() {
    let site = Site::start(Answer::ToTheHead(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n\r\n")).await;
    let error = site.client(Settings::default()).send(call(&site.base_url(), CallKind::Read), whole).await.unwrap_err();
    assert_eq!((error.kind(), error.transport()), (ErrorKind::InvalidResponse, Some(TransportFault::ProtocolError)));
}

#[tokio::test]
async fn error_status_counts_even_if_its_body_is_broken() {
    let site = Site::start(Answer::ToTheHead(
        b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\nnonsense",
    ))
    .await;
    let reply = site.client(hasty()).send(call(&site.base_url(), CallKind::Write), whole).await.unwrap();
    assert_eq!((reply.http_status(), reply.retry_after()), (503, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn name_without_an_address_is_unavailable() {
    // The label is longer than DNS allows, so no DNS server is asked.
    let base_url = format!("http://{}.example/v1", "a".repeat(70)).parse().unwrap();
    let error = client(&base_url, Settings::default()).send(call(&base_url, CallKind::Write), whole).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unavailable, true));
    assert_eq!(error.transport(), Some(TransportFault::DnsError));
}

#[tokio::test]
async fn request_that_is_too_long_is_rejected_and_never_sent() {
    let site = Site::start(Answer::ToTheHead(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")).await;
    for kind in [CallKind::Read, CallKind::Write] {
        let long = format!("http://e.com/{}", "a".repeat(70_000));
        let url = SecretUrl::endpoint(&site.base_url(), "remotedl/add").with("url", &long);
        let url = url.with_secret("key", &SecretString::from("hunter2"));
        let error =
            site.client(Settings::default()).send(Call::get("remotedl/add", kind, url), whole).await.unwrap_err();
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Rejected, false), "{kind:?}");
        assert_eq!(error.detail(), Some("The request is too long for the site."));
        assert_eq!((error.transport(), error.retry_after()), (None, None));
        assert!(!format!("{error:?} {:?}", std::error::Error::source(&error)).contains("hunter2"));
    }
    let long = format!("{}/{}", site.base_url(), "a".repeat(70_000)).parse().unwrap();
    let error = site.client(Settings::default()).admit("file/ul", &long).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidResponse, "an address that the site handed out");
    assert_eq!(site.seen().len(), 0);
}

#[tokio::test]
async fn secrets_of_a_form_are_masked_in_the_answer() {
    let site = Site::start(Answer::After("a=b+c&pw=hunter3", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")).await;
    let pairs = [("a", "b c"), ("pw", "hunter3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let form = Call::post("login", CallKind::Write, SecretUrl::endpoint(&site.base_url(), "login"))
        .with_form(pairs.into())
        .with_secret(SecretString::from("hunter3"));
    assert!(!format!("{form:?}").contains("hunter3"));
    let reply = site.client(Settings::default()).send(form, whole).await.unwrap();
    assert!(String::from_utf8_lossy(&site.seen()[0].bytes).contains("application/x-www-form-urlencoded"));
    let error = reply.error(ErrorKind::Rejected, None, Some("no hunter3 here"));
    assert_eq!(error.answer().unwrap().message.as_deref(), Some("no *** here"));
    assert!(!format!("{reply:?} {error:?}").contains("hunter3"));
}

#[tokio::test]
async fn public_site_cannot_hand_out_a_private_address() {
    let private = Site::start(Answer::Silence).await;
    let public: Url = "https://api.example.net/v1".parse().unwrap();
    let client = client(&public, Settings::default());
    let address = format!("http://{}/ul/x", private.address).parse().unwrap();
    let upload = Call::post("upload", CallKind::Write, SecretUrl::handed_out(address));
    let error = client.send(upload, whole).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidResponse, true));
    assert_eq!(private.seen().len(), 0);
    let error = client.admit("file/ul", &format!("http://{}/", private.address).parse().unwrap()).unwrap_err();
    assert_eq!(error.transport(), Some(TransportFault::DestinationProhibited));
}

#[test]
fn base_url_must_be_http_or_https() {
    for text in ["ftp://example.net/", "data:text/plain,x", "unix:/run/x"] {
        let base_url: Url = text.parse().unwrap();
        let origin = polyhost_domain::Origin { account: "a".parse().unwrap(), provider: "p".parse().unwrap() };
        let refused = Client::new(origin, &base_url, Settings::default(), &shared());
        assert!(matches!(refused, Err(BuildError::BaseUrl)), "{text}");
    }
}

/// Changes the environment in a child process, which runs only this test.
#[test]
fn missing_certificates_are_a_build_error() {
    const NAME: &str = "requests::missing_certificates_are_a_build_error";
    const IS_CHILD: &str = "POLYHOST_WITHOUT_CERTIFICATES";
    if std::env::var_os(IS_CHILD).is_none() {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", NAME]).env(IS_CHILD, "1");
        child.env("SSL_CERT_FILE", "/nonexistent").env("SSL_CERT_DIR", "/nonexistent");
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    for text in ["https://site.example/api", "http://127.0.0.1/api"] {
        let origin = polyhost_domain::Origin { account: "a".parse().unwrap(), provider: "p".parse().unwrap() };
        let refused = Client::new(origin, &text.parse().unwrap(), Settings::default(), &shared());
        assert!(matches!(refused, Err(BuildError::Certificates(_))), "{text} {refused:?}");
    }
}

#[tokio::test]
async fn write_uses_no_connection_idle_for_over_a_second() {
    let site = Site::start(Answer::ToEveryHead(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")).await;
    for (kind, connections) in [(CallKind::Write, 2), (CallKind::Read, 3)] {
        let client = site.client(once());
        for _ in 0..2 {
            client.send(call(&site.base_url(), kind), whole).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
        assert_eq!(site.seen().len(), connections, "{kind:?}");
    }
}
