//! The command line: the commands of the gateway are here, those of its callers in the files below.

mod browse;
mod change;
mod client;
mod connection;
mod init;
mod remote;
mod shell;
mod transfers;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use url::Url;

use crate::telemetry::LogFormat;

pub use browse::{Cat, Link, Ls, Open, Stat, Tree, Usage, Whoami};
pub use change::{Mkdir, Mv, Rm};
pub use client::ClientCommand;
pub use connection::{Call, Connection, Form};
pub use init::Init;
pub use remote::{Cancel, Fetch, Login, Logout, Watch};
pub use shell::{Completions, Man};
pub use transfers::{Cp, Download, Selection, Sync, Transfers, Upload};

/// One HTTP API for many video and file hosting sites.
#[derive(Debug, Parser)]
#[command(name = "polyhost", version, about, arg_required_else_help = true)]
pub struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands of the program.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the gateway with simulated sites in the same process; needs no account
    Sandbox(Sandbox),
    /// Start the gateway
    Serve(Serve),
    /// Check a configuration and list every fault in it
    Check(Check),
    /// Create a configuration, with questions or from options
    Init(Init),
    /// Print the OpenAPI document
    Openapi,
    /// Make an API key; prints the key for the client and its SHA-256 for the configuration
    Keygen,
    /// Ask a gateway whether it is ready; exits with 1 if it is not
    Healthcheck(Healthcheck),
    /// A command that calls a gateway.
    #[command(flatten)]
    Client(ClientCommand),
}

/// `polyhost sandbox`
#[derive(Debug, Args)]
#[command(after_long_help = polyhost_sandbox::Sites::help())]
pub struct Sandbox {
    /// The address to listen on. On any but a loopback address, callers need the key that is printed [default:
    /// 127.0.0.1:8080, or another port if that one is in use]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Start only the simulated sites, without the gateway
    #[arg(long)]
    pub upstreams_only: bool,
    /// Options of a simulated site, such as streamplay:version=4,auth=password,token_life=60s; repeatable. --help lists
    /// all options
    #[arg(long = "site", value_name = "SITE:KEY=VALUE,...")]
    pub sites: Vec<String>,
    /// The log.
    #[command(flatten)]
    pub log: Log,
}

/// The options of the log.
#[derive(Debug, Args)]
pub struct Log {
    /// The format of the log on the standard error. The environment variable RUST_LOG selects the lines, such as
    /// debug or warn,access=info
    #[arg(long, value_name = "FORMAT", env = "POLYHOST_LOG_FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

/// `polyhost serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The configuration file.
    #[command(flatten)]
    pub config: ConfigFile,
    /// Serve without API keys: every program on this machine may call; only on a loopback address
    #[arg(long)]
    pub no_auth: bool,
    /// The log.
    #[command(flatten)]
    pub log: Log,
}

/// `polyhost check`
#[derive(Debug, Args)]
pub struct Check {
    /// The configuration file.
    #[command(flatten)]
    pub config: ConfigFile,
    /// Print the faults as a list of JSON objects, which is empty if the configuration is valid
    #[arg(long)]
    pub json: bool,
}

/// The configuration file.
#[derive(Debug, Args)]
pub struct ConfigFile {
    /// The configuration file [default: polyhost.toml in the current folder, else /etc/polyhost/polyhost.toml]
    #[arg(long, value_name = "FILE", env = "POLYHOST_CONFIG")]
    pub config: Option<PathBuf>,
}

/// `polyhost healthcheck`
#[derive(Debug, Args)]
pub struct Healthcheck {
    /// The address of the readiness check, such as http://127.0.0.1:8080/readyz
    pub url: Url,
}
