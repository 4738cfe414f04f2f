//! `polyhost sandbox`: the gateway with simulated sites.

mod greeting;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use polyhost_config::{AccountSelection, Callers, Client, Config, DEFAULT_LISTEN, KeyHash, Scope};
use polyhost_sandbox::Sites;
use polyhost_sandbox::openload::{self, Openload};
use polyhost_sandbox::xfilesharing::{self, Flavour, Xfilesharing};
use polyhost_sandbox::yetishare::{self, Yetishare};
use tokio::net::TcpListener;

use super::serve::{signals, start};
use super::{CommandError, keygen, print};
use crate::KNOWN;
use crate::cli::Sandbox;
use crate::telemetry;

/// The default address of the simulated pstream.net, when only the sites run.
const DEFAULT_UPSTREAM: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7001);

pub(super) async fn run(options: Sandbox) -> Result<ExitCode, CommandError> {
    // A new user should see the printed lines and a line for each of their requests, and nothing else. `RUST_LOG` shows more.
    telemetry::init("warn,access=info", options.log.log_format);
    let foreign = options.listen.filter(|address| !address.ip().is_loopback());
    if let Some(address) = foreign.filter(|_| options.upstreams_only) {
        tracing::warn!(
            %address,
            "the simulated sites accept callers from other machines, and their credentials are public"
        );
    }
    let sites = read(&options.sites)?;
    if options.upstreams_only { upstreams(options.listen, sites).await } else { gateway(options.listen, sites).await }
}

/// Reads the options of the sites from every `--site`.
fn read(texts: &[String]) -> Result<Sites, CommandError> {
    let mut sites = Sites::default();
    let faults = texts.iter().filter_map(|text| sites.set(text).err());
    let faults: Vec<String> = faults.map(|fault| format!("--site: {fault}")).collect();
    if faults.is_empty() { Ok(sites) } else { Err(CommandError::Configuration(faults)) }
}

async fn gateway(listen: Option<SocketAddr>, sites: Sites) -> Result<ExitCode, CommandError> {
    let signals = signals()?;
    let pstream = Openload::start(sites.pstream.clone()).await.map_err(not_started)?;
    let streamplay = Yetishare::start(sites.streamplay.clone()).await.map_err(not_started)?;
    let videos = start_videos(&sites, Ipv4Addr::LOCALHOST.into()).await?;
    let listener = bind(listen, DEFAULT_LISTEN).await?;
    let address = listener.local_addr().map_err(not_started)?;
    let text = accounts(&sites, &pstream.base_url(), &streamplay.base_url(), videos.as_ref());
    let config = Config::parse(&text, &KNOWN).map_err(|faults| CommandError::faults(&faults))?;
    let (callers, key) = if address.ip().is_loopback() { (Callers::keyless(), None) } else { with_key()? };
    print(greeting::text(&config, address, key.as_deref()))?;
    start(&config, callers, listener, signals, |_| async {}).await
}

/// Returns callers with a new key. Other machines can reach the sandbox, and uploads to it fill the memory of this one.
fn with_key() -> Result<(Callers, Option<String>), CommandError> {
    let key = keygen::generate()?;
    let client = Client {
        name: "sandbox".to_owned(),
        keys: vec![KeyHash::of(&key)],
        accounts: AccountSelection::All,
        scopes: [Scope::Read, Scope::Write, Scope::Admin].into(),
        expires_at: None,
        rate_limit: None,
        max_concurrency: None,
    };
    Ok((Callers::keyed(vec![client]), Some(key)))
}

/// Starts the site of the XFileSharing family at a free port, if an option asks for it.
async fn start_videos(sites: &Sites, ip: IpAddr) -> Result<Option<Xfilesharing>, CommandError> {
    let Some(options) = sites.xfilesharing.clone() else { return Ok(None) };
    let listener = TcpListener::bind((ip, 0)).await.map_err(not_started)?;
    Xfilesharing::start_on(options, listener).await.map(Some).map_err(not_started)
}

/// Returns the accounts as configuration text, with the credentials that the sites' options demand.
fn accounts(sites: &Sites, pstream: &str, streamplay: &str, videos: Option<&Xfilesharing>) -> String {
    let openload::Options { login, key, .. } = &sites.pstream;
    let yetishare::Login { key1, key2, username, password } = &sites.streamplay.login;
    let credentials = match sites.streamplay.auth {
        yetishare::AuthMode::Keys => [("key1", key1), ("key2", key2)],
        yetishare::AuthMode::Password => [("username", username), ("password", password)],
    };
    let scale = match sites.pstream.progress_scale {
        openload::ProgressScale::Percent => "",
        openload::ProgressScale::Fraction => "[providers.pstream]\nprogress = \"fraction\"\n\n",
    };
    format!(
        "{scale}{}\n{}{}",
        account("pstream", pstream, &[("login", login), ("key", key)]),
        account("streamplay", streamplay, &credentials),
        videos
            .zip(sites.xfilesharing.as_ref())
            .map_or_else(String::new, |(site, options)| with_provider(site, options)),
    )
}

/// Returns the account at the site of the XFileSharing family, and its provider, which is not built in.
fn with_provider(site: &Xfilesharing, options: &xfilesharing::Options) -> String {
    let flavour = match options.flavour {
        Flavour::Xvs => "xvs",
        Flavour::Xfs => "xfs",
        Flavour::Dood => "dood",
        Flavour::Byse => "byse",
        Flavour::Voe => "voe",
    };
    let base_url = site.base_url();
    let provider = format!("dialect = \"xfilesharing\"\nflavour = \"{flavour}\"\nbase_url = \"{base_url}\"\n");
    let account = account("videos", &base_url, &[("key", &options.key)]);
    format!("\n[providers.videos]\n{provider}\n{account}")
}

fn account(provider: &str, base_url: &str, credentials: &[(&str, &String)]) -> String {
    let mut text = format!("[accounts.{provider}-demo]\nprovider = \"{provider}\"\nbase_url = \"{base_url}\"\n");
    for (name, value) in credentials {
        text.push_str(&format!("{name} = {}\n", toml::Value::from(value.as_str())));
    }
    text
}

/// Runs only the sites: pstream.net at the requested address, streamplay.online one port above, and any other at a free
/// port.
async fn upstreams(listen: Option<SocketAddr>, sites: Sites) -> Result<ExitCode, CommandError> {
    let mut signals = signals()?;
    let listener = bind(listen, DEFAULT_UPSTREAM).await?;
    let ip = listener.local_addr().map_err(not_started)?.ip();
    let above = |address: SocketAddr| SocketAddr::new(address.ip(), address.port().saturating_add(1));
    let beside = match listen {
        Some(address) if address.port() == 0 => bind(listen, DEFAULT_UPSTREAM).await?,
        Some(address) => bind(Some(above(address)), DEFAULT_UPSTREAM).await?,
        None => bind(None, above(DEFAULT_UPSTREAM)).await?,
    };
    let pstream = Openload::start_on(sites.pstream.clone(), listener).await.map_err(not_started)?;
    let streamplay = Yetishare::start_on(sites.streamplay.clone(), beside).await.map_err(not_started)?;
    let videos = start_videos(&sites, ip).await?;
    print(format_args!(
        "# pstream.net and streamplay.online, simulated. Accounts for a configuration:\n\n{}\n# Ctrl-C ends them. All changes are lost then.",
        accounts(&sites, &pstream.base_url(), &streamplay.base_url(), videos.as_ref()),
    ))?;
    signals.next().await;
    Ok(ExitCode::SUCCESS)
}

/// Binds the requested address, or the default. If the default is in use, binds a free port.
async fn bind(requested: Option<SocketAddr>, default: SocketAddr) -> Result<TcpListener, CommandError> {
    let address = requested.unwrap_or(default);
    let bound = match TcpListener::bind(address).await {
        Err(error) if requested.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            TcpListener::bind((default.ip(), 0)).await
        }
        bound => bound,
    };
    bound.map_err(|error| CommandError::failed(format_args!("cannot listen on {address}"), error))
}

fn not_started(error: io::Error) -> CommandError {
    CommandError::failed("the sandbox cannot start", error)
}
