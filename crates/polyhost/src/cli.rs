//! The command line.

mod init;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use url::Url;

use crate::telemetry::LogFormat;
pub use init::Init;

/// The exit codes of the commands that call a gateway, as their help shows them.
const EXIT_CODES: &str = "\
Exit codes, the first that applies:
  130  interrupted by Ctrl-C
    5  a request was sent and its outcome is unknown: check before you send it again
    4  the key is missing or wrong, or the client lacks a scope
    3  nothing was done, because the gateway cannot be reached
    1  something failed
    0  everything was done
    2  the command line is invalid; nothing was attempted

The key is read from the environment variable POLYHOST_API_KEY, or from --key-file.";

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
    /// Upload files through a gateway
    Upload(Upload),
    /// Download files through a gateway; resumes interrupted downloads
    Download(Download),
    /// List a folder through a gateway, or list the accounts
    Ls(Ls),
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

/// The gateway and the key.
#[derive(Debug, Args)]
pub struct Connection {
    /// The gateway's address
    #[arg(
        long,
        value_name = "URL",
        env = "POLYHOST_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:8080"
    )]
    pub server: Url,
    /// A file that contains the API key; replaces the environment variable POLYHOST_API_KEY
    #[arg(long, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
}

/// Output and parallelism of transfers.
#[derive(Debug, Args)]
pub struct Transfers {
    /// The number of parallel transfers
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,
    /// Print one JSON object a line for each file, and no progress bars
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print failures only
    #[arg(long)]
    pub quiet: bool,
}

/// `polyhost upload`
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Upload {
    /// The files; - is the standard input and needs --name
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The id of the target folder [default: the root]
    #[arg(long, value_name = "ID")]
    pub folder: Option<String>,
    /// The file's name at the site; only for a single file
    #[arg(long)]
    pub name: Option<String>,
    /// Read each file first and declare its SHA-1, so that the gateway rejects bytes that differ
    #[arg(long)]
    pub checksum: bool,
    /// Output and parallelism.
    #[command(flatten)]
    pub transfers: Transfers,
    /// The gateway and the key.
    #[command(flatten)]
    pub connection: Connection,
}

/// `polyhost download`
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Download {
    /// The ids of the files
    #[arg(value_name = "ID", required = true)]
    pub ids: Vec<String>,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The path of a single file; - is the standard output
    #[arg(long, short, value_name = "PATH", conflicts_with = "directory")]
    pub output: Option<PathBuf>,
    /// The directory for the files, under their own names; created if it is missing
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    /// Output and parallelism.
    #[command(flatten)]
    pub transfers: Transfers,
    /// The gateway and the key.
    #[command(flatten)]
    pub connection: Connection,
}

/// `polyhost ls`
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Ls {
    /// The id of the folder [default: the root]
    #[arg(value_name = "FOLDER_ID", requires = "account")]
    pub folder: Option<String>,
    /// The account; without it, the command lists the accounts
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// List all folders below the folder too
    #[arg(long, short, requires = "account")]
    pub recursive: bool,
    /// Print id, size and date before each name
    #[arg(long, short, conflicts_with = "json")]
    pub long: bool,
    /// Print one line of JSON for each item
    #[arg(long)]
    pub json: bool,
    /// The gateway and the key.
    #[command(flatten)]
    pub connection: Connection,
}
