//! `bench floor`: two servers that do as little as possible with the gateway's HTTP library. What the gateway costs
//! above them is its own work.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::failure::Failure;

/// The path of files. The id follows.
pub(super) const FILES: &str = "/v1/accounts/a0/files/";

/// The options of `bench floor`.
#[derive(Debug, Args)]
pub(crate) struct Floor {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// The recorded answers to serve, as JSON
    #[arg(long, value_name = "FILE", conflicts_with = "site", required_unless_present = "site")]
    answers: Option<PathBuf>,
    /// The site whose answers are fetched and converted
    #[arg(long, value_name = "ADDRESS")]
    site: Option<SocketAddr>,
}

/// A recorded answer of the gateway.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Recorded {
    /// The path, with its query.
    pub(super) path: String,
    pub(super) etag: String,
    pub(super) body: String,
}

/// A server of the floor.
enum Service {
    /// Serves the recorded answers.
    Answers(BTreeMap<String, (String, Bytes)>),
    /// Fetches the site's answer about a file, parses it, and writes the gateway's JSON.
    Forward { client: Box<Client<HttpConnector, Full<Bytes>>>, site: SocketAddr },
}

/// The site's answer about a file.
#[derive(Deserialize)]
struct Envelope {
    status: u16,
    result: BTreeMap<String, Info>,
}

#[derive(Deserialize)]
struct Info {
    name: String,
    size: String,
    content_type: String,
}

/// The gateway's answer about a file. The fields that are `()` are null.
#[derive(Serialize)]
struct File<'a> {
    r#type: &'static str,
    id: &'a str,
    account: &'static str,
    provider: &'static str,
    name: &'a str,
    folder_id: (),
    size: Option<u64>,
    content_type: &'a str,
    sha1: (),
    md5: (),
    short_code: (),
    status: &'static str,
    conversion: (),
    uploaded_at: (),
    last_accessed_at: (),
    download_count: (),
    tags: (),
    visibility: (),
    stats_url: (),
    page_url: (),
    embed_url: (),
}

/// Serves on one thread until the process ends.
///
/// # Errors
/// Fails if the answers cannot be read, or it cannot listen on the address.
pub(crate) async fn run(options: Floor) -> Result<(), Failure> {
    // The threads of the program's runtime stay idle.
    let thread = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(Failure::of("no runtime"))?.block_on(serve(options))
    });
    thread.await.map_err(Failure::of("the server ended early"))?
}

async fn serve(options: Floor) -> Result<(), Failure> {
    let service = Arc::new(service(&options)?);
    let failed = format!("cannot listen on {}", options.listen);
    let listener = TcpListener::bind(options.listen).await.map_err(Failure::of(failed))?;
    loop {
        let (stream, _) = listener.accept().await.map_err(Failure::of("cannot accept a connection"))?;
        stream.set_nodelay(true).map_err(Failure::of("cannot accept a connection"))?;
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let answer = service_fn(|request| answer(&service, request));
            // The caller notices errors.
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
        });
    }
}

fn service(options: &Floor) -> Result<Service, Failure> {
    if let Some(site) = options.site {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Box::new(Client::builder(TokioExecutor::new()).build(connector));
        return Ok(Service::Forward { client, site });
    }
    let path = options.answers.as_deref().unwrap_or(std::path::Path::new(""));
    let text = fs::read(path).map_err(Failure::of(path.display()))?;
    let answers: Vec<Recorded> = serde_json::from_slice(&text).map_err(Failure::of(path.display()))?;
    let with_path = |answer: Recorded| (answer.path, (answer.etag, Bytes::from(answer.body)));
    Ok(Service::Answers(answers.into_iter().map(with_path).collect()))
}

async fn answer(service: &Service, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let answer = match service {
        Service::Answers(answers) => recorded(answers, &request),
        Service::Forward { client, site } => forward(client, *site, request.uri().path()).await,
    };
    Ok(answer.unwrap_or_else(|| {
        let mut failed = Response::new(Full::default());
        *failed.status_mut() = StatusCode::BAD_GATEWAY;
        failed
    }))
}

fn recorded(answers: &BTreeMap<String, (String, Bytes)>, request: &Request<Incoming>) -> Option<Response<Full<Bytes>>> {
    let path = request.uri().path_and_query()?.as_str();
    let (etag, body) = answers.get(path)?;
    // The caches of proxies keep an answer for an hour.
    let answer = Response::builder().header(ETAG, etag).header(CACHE_CONTROL, "max-age=3600");
    if request.headers().get(IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == etag.as_bytes()) {
        return answer.status(StatusCode::NOT_MODIFIED).body(Full::default()).ok();
    }
    answer.header(CONTENT_TYPE, "application/json").body(Full::new(body.clone())).ok()
}

async fn forward(
    client: &Client<HttpConnector, Full<Bytes>>,
    site: SocketAddr,
    path: &str,
) -> Option<Response<Full<Bytes>>> {
    let id = path.strip_prefix(FILES)?;
    let uri = format!("http://{site}/openload/v1/file/info?login=bench&key=bench&file={id}");
    let fetched = client.get(uri.parse::<Uri>().ok()?).await.ok()?;
    let body = fetched.into_body().collect().await.ok()?.to_bytes();
    let Envelope { status: 200, result } = serde_json::from_slice(&body).ok()? else { return None };
    let json = serde_json::to_vec(&file(id, result.get(id)?)).ok()?;
    Response::builder().header(CONTENT_TYPE, "application/json").body(Full::new(Bytes::from(json))).ok()
}

fn file<'a>(id: &'a str, info: &'a Info) -> File<'a> {
    File {
        r#type: "file",
        id,
        account: "a0",
        provider: "pstream",
        name: &info.name,
        folder_id: (),
        size: info.size.parse().ok(),
        content_type: &info.content_type,
        sha1: (),
        md5: (),
        short_code: (),
        status: "active",
        conversion: (),
        uploaded_at: (),
        last_accessed_at: (),
        download_count: (),
        tags: (),
        visibility: (),
        stats_url: (),
        page_url: (),
        embed_url: (),
    }
}
