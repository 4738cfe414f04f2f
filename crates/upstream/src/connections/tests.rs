//! Tests of which connections the calls of an account use, with servers on the loopback interface.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use polyhost_domain::{Error, TransportFault};
use rustls::server::Acceptor;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::failure::Failure;
use crate::uplink::FileBody;

/// The base URL of a site that is public by its text.
const PUBLIC: &str = "https://site.example/api";

/// A server that answers every request, and counts the connections it has accepted.
struct Server {
    port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted: Arc<AtomicUsize> = Arc::default();
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(answer(stream));
            }
        });
        Self { port, accepted }
    }

    /// Returns its URL with a name that resolves to a private address.
    fn url(&self) -> Url {
        format!("http://localhost:{}/", self.port).parse().unwrap()
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}

async fn answer(mut stream: TcpStream) {
    let mut buffer = [0; 4096];
    while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
    }
}

fn connections(base_url: &str) -> Connections {
    Connections::new(&base_url.parse().unwrap(), &Settings::default(), &Tls::default()).unwrap()
}

fn configured(url: &Url) -> SecretUrl {
    SecretUrl::endpoint(url, "file/info")
}

async fn send(connections: &Connections, kind: CallKind, url: SecretUrl) -> Result<(), Error> {
    let call = Call::get("file/info", kind, url);
    get(connections.for_call(&call), call.url.expose()).await
}

async fn get(client: &reqwest::Client, url: &Url) -> Result<(), Error> {
    let answer = client.get(url.clone()).send().await;
    answer.map(drop).map_err(|error| Failure::sending(error).into_error(CallKind::Read))
}

async fn upload(connections: &Connections, url: SecretUrl) -> Result<(), Error> {
    let body: FileBody = Empty::<Bytes>::new().map_err(|never| match never {}).boxed_unsync();
    let request = http::Request::post(url.expose().as_str()).body(body).unwrap();
    let answer = connections.for_upload(&url, &Settings::default()).request(request).await;
    answer.map(drop).map_err(|error| Failure::uplink(error).into_error(CallKind::Write))
}

#[tokio::test]
async fn handed_out_name_of_a_private_address_is_rejected() {
    let (server, connections) = (Server::start().await, connections(PUBLIC));
    // Leaves an idle connection to the same name, which a handed-out address must not use either.
    send(&connections, CallKind::Read, configured(&server.url())).await.unwrap();

    let handed_out = || SecretUrl::handed_out(server.url());
    for outcome in [
        send(&connections, CallKind::Read, handed_out()).await,
        send(&connections, CallKind::Write, handed_out()).await,
        get(connections.for_download(), &server.url()).await,
        upload(&connections, handed_out()).await,
    ] {
        assert_eq!(outcome.unwrap_err().transport(), Some(TransportFault::DestinationProhibited));
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn configured_name_of_a_private_address_is_reached() {
    let (server, connections) = (Server::start().await, connections(PUBLIC));
    for kind in [CallKind::Read, CallKind::Write] {
        send(&connections, kind, configured(&server.url())).await.unwrap();
    }
    upload(&connections, configured(&server.url())).await.unwrap();
    assert_eq!(server.accepted(), 3, "each has a connection of its own");
}

#[tokio::test]
async fn private_site_has_one_pool_for_all_reads() {
    let server = Server::start().await;
    let connections = connections(server.url().as_str());
    send(&connections, CallKind::Read, configured(&server.url())).await.unwrap();
    send(&connections, CallKind::Read, SecretUrl::handed_out(server.url())).await.unwrap();
    get(connections.for_download(), &server.url()).await.unwrap();
    assert_eq!(server.accepted(), 1);
    upload(&connections, SecretUrl::handed_out(server.url())).await.unwrap();
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn requests_offer_http2_and_uploads_no_protocol() {
    let connections = &connections("https://localhost/");
    for kind in [CallKind::Read, CallKind::Write] {
        let offered = offered(async |url| send(connections, kind, configured(&url)).await).await;
        assert_eq!(offered, ["h2", "http/1.1"], "{kind:?}");
    }
    let offered_by_download = offered(async |url| get(connections.for_download(), &url).await).await;
    assert_eq!(offered_by_download, ["h2", "http/1.1"]);
    let offered_by_upload = offered(async |url| upload(connections, configured(&url)).await).await;
    assert!(offered_by_upload.is_empty(), "{offered_by_upload:?}");
}

/// Returns the protocols that a connection offers by ALPN.
async fn offered(connect: impl AsyncFnOnce(Url) -> Result<(), Error>) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/", listener.local_addr().unwrap().port()).parse().unwrap();
    let (offered, outcome) = tokio::join!(hello(listener), connect(url));
    assert!(outcome.is_err(), "the server has ended the connection");
    offered
}

async fn hello(listener: TcpListener) -> Vec<String> {
    let (mut stream, _) = listener.accept().await.unwrap();
    let (mut acceptor, mut buffer) = (Acceptor::default(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).await.unwrap();
        let mut bytes = &buffer[..count];
        while acceptor.read_tls(&mut bytes).unwrap() > 0 {}
        if let Some(accepted) = acceptor.accept().map_err(|(error, _)| error).unwrap() {
            let hello = accepted.client_hello();
            let offered = hello.alpn().into_iter().flatten();
            return offered.map(|protocol| String::from_utf8(protocol.to_vec()).unwrap()).collect();
        }
    }
}
