//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use url::Url;

/// One HTTP API over many video and file hosting sites.
#[derive(Debug, Parser)]
#[command(name = "polyhost", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the gateway with its upstreams simulated in the same process: no account and no key needed
    Sandbox(Sandbox),
    /// Start the gateway
    Serve(Serve),
    /// Check a configuration and name every fault in it
    Check(Check),
    /// Print the OpenAPI document
    Openapi,
    /// Make an API key: prints the key for the client and its SHA-256 for the configuration
    Keygen,
    /// Ask a gateway whether it is ready; exits with 1 if it is not
    Healthcheck(Healthcheck),
}

/// `polyhost sandbox`
#[derive(Debug, Args)]
pub struct Sandbox {
    /// The address to listen on; a loopback address [default: 127.0.0.1:8080, or another port if that is taken]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Start the simulated upstreams alone, without the gateway
    #[arg(long)]
    pub upstreams_only: bool,
}

/// `polyhost serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Let everybody on this machine call without a key; only on a loopback address
    #[arg(long)]
    pub no_auth: bool,
}

/// `polyhost check`
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}

/// `polyhost healthcheck`
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// The address to ask, such as http://127.0.0.1:8080/readyz
    pub url: Url,
}
