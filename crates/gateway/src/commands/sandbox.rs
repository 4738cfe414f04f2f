//! `polyhost sandbox`: the gateway with its upstreams simulated, ready to be tried.

use std::io;
use std::net::SocketAddr;

use polyhost_sandbox::openload::{Openload, Options};
use tokio::net::TcpListener;

use super::serve::start;
use super::{CommandError, print};
use crate::auth::Callers;
use crate::cli::Sandbox;
use crate::config::{Config, DEFAULT_LISTEN};
use crate::{server, telemetry};

/// Where the simulated pstream.net listens when it runs alone.
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
    let credentials = Options::default();
    let upstream = Openload::start(Options::default()).await.map_err(not_started)?;
    let listener = bind(listen, DEFAULT_LISTEN).await?;
    let address = listener.local_addr().map_err(not_started)?;
    let text = format!(
        "[accounts.pstream-demo]\nprovider = \"pstream\"\nbase_url = \"{}\"\nlogin = \"{}\"\nkey = \"{}\"\n",
        upstream.base_url(),
        credentials.login,
        credentials.key,
    );
    let config = Config::parse(&text).map_err(CommandError::Configuration)?;
    print(format_args!(
        "Polyhost sandbox: pstream.net is simulated in this process; nothing leaves this machine.\n\n\
         Swagger UI   http://{address}/docs\n\
         Account      pstream-demo\n\
         Try          curl http://{address}/v1/accounts/pstream-demo/folders/root/items\n\n\
         Ctrl-C ends it, and everything in it."
    ))?;
    start(&config, Callers::anybody(), listener).await
}

async fn upstreams(listen: Option<SocketAddr>) -> Result<(), CommandError> {
    let listener = bind(listen, DEFAULT_UPSTREAM).await?;
    let options = Options::default();
    let (login, key) = (options.login.clone(), options.key.clone());
    let upstream = Openload::start_on(options, listener).await.map_err(not_started)?;
    print(format_args!(
        "Simulated pstream.net\n\nbase_url   {}\nlogin      {login}\nkey        {key}\n\nCtrl-C ends it, and everything in it.",
        upstream.base_url(),
    ))?;
    let end = server::asked_to_end().map_err(not_started)?;
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
