//! `polyhost sandbox`: the gateway with its upstreams simulated, ready to be tried.

use std::io;
use std::net::SocketAddr;

use polyhost_sandbox::openload::{self, Openload};
use polyhost_sandbox::yetishare::{self, Yetishare};
use tokio::net::TcpListener;

use super::serve::{asked_to_end, start};
use super::{CommandError, print};
use crate::auth::Callers;
use crate::cli::Sandbox;
use crate::config::{Config, DEFAULT_LISTEN};
use crate::telemetry;

/// Where the simulated pstream.net listens when the sites run alone.
const DEFAULT_UPSTREAM: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7001);

pub(super) async fn run(options: Sandbox) -> Result<(), CommandError> {
    if options.listen.is_some_and(|address| !address.ip().is_loopback()) {
        return Err(CommandError::Failed(
            "--listen: the sandbox needs no key, so only a loopback address will do".into(),
        ));
    }
    // The sandbox's own lines are what a newcomer reads; the log says more when asked to.
    telemetry::init("warn");
    if options.upstreams_only { upstreams(options.listen).await } else { gateway(options.listen).await }
}

async fn gateway(listen: Option<SocketAddr>) -> Result<(), CommandError> {
    let end = asked_to_end()?;
    let pstream = Openload::start(openload::Options::default()).await.map_err(not_started)?;
    let streamplay = Yetishare::start(yetishare::Options::default()).await.map_err(not_started)?;
    let listener = bind(listen, DEFAULT_LISTEN).await?;
    let address = listener.local_addr().map_err(not_started)?;
    let text = accounts(&pstream.base_url(), &streamplay.base_url());
    let config = Config::parse(&text).map_err(CommandError::Configuration)?;
    print(format_args!(
        "Polyhost sandbox: pstream.net and streamplay.online are simulated in this process; nothing leaves this machine.\n\n\
         Swagger UI   http://{address}/docs\n\
         Accounts     pstream-demo, streamplay-demo\n\
         Try          curl http://{address}/v1/accounts/pstream-demo/folders/root/items\n\n\
         Ctrl-C ends it, and everything in it."
    ))?;
    start(&config, Callers::anybody(), listener, end, |_| async {}).await
}

/// The two accounts, as they would stand in a configuration.
fn accounts(pstream: &str, streamplay: &str) -> String {
    let openload::Options { login, key, .. } = openload::Options::default();
    let yetishare::Login { key1, key2, .. } = yetishare::Options::default().login;
    format!(
        "[accounts.pstream-demo]\nprovider = \"pstream\"\nbase_url = \"{pstream}\"\n\
         login = \"{login}\"\nkey = \"{key}\"\n\n\
         [accounts.streamplay-demo]\nprovider = \"streamplay\"\nbase_url = \"{streamplay}\"\n\
         key1 = \"{key1}\"\nkey2 = \"{key2}\"\n"
    )
}

/// The sites alone, side by side: pstream.net where it was asked for, streamplay.online one port above.
async fn upstreams(listen: Option<SocketAddr>) -> Result<(), CommandError> {
    let end = asked_to_end()?;
    let listener = bind(listen, DEFAULT_UPSTREAM).await?;
    let above = |address: SocketAddr| SocketAddr::new(address.ip(), address.port().saturating_add(1));
    let beside = match listen {
        Some(address) if address.port() == 0 => bind(listen, DEFAULT_UPSTREAM).await?,
        Some(address) => bind(Some(above(address)), DEFAULT_UPSTREAM).await?,
        None => bind(None, above(DEFAULT_UPSTREAM)).await?,
    };
    let pstream = Openload::start_on(openload::Options::default(), listener).await.map_err(not_started)?;
    let streamplay = Yetishare::start_on(yetishare::Options::default(), beside).await.map_err(not_started)?;
    print(format_args!(
        "# pstream.net and streamplay.online, simulated. Accounts for a configuration:\n\n{}\n# Ctrl-C ends both, and everything in them.",
        accounts(&pstream.base_url(), &streamplay.base_url()),
    ))?;
    end.await;
    Ok(())
}

/// The address asked for; or the default one, or, if that is taken, any free port beside it.
async fn bind(asked: Option<SocketAddr>, default: SocketAddr) -> Result<TcpListener, CommandError> {
    let address = asked.unwrap_or(default);
    let bound = match TcpListener::bind(address).await {
        Err(error) if asked.is_none() && error.kind() == io::ErrorKind::AddrInUse => {
            TcpListener::bind((default.ip(), 0)).await
        }
        bound => bound,
    };
    bound.map_err(|error| CommandError::failed(format_args!("cannot listen on {address}"), error))
}

fn not_started(error: io::Error) -> CommandError {
    CommandError::failed("the sandbox cannot start", error)
}
