//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use url::Url;

/// What the commands that call a gateway end with.
const EXIT_CODES: &str = "\
Exit codes, the first that applies:
  130  interrupted by Ctrl-C
    5  something was sent, and what became of it is not known: look before you send it again
    4  the key is missing, wrong, or lacks a scope
    3  nothing was done, for the gateway cannot be reached
    1  something failed
    0  all was done
    2  the command line makes no sense; nothing was tried

The key is read from the environment variable POLYHOST_API_KEY, or from --key-file.";

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
    /// Upload files through a gateway
    Upload(Upload),
    /// Download files through a gateway, and go on with what broke off
    Download(Download),
    /// List a folder through a gateway, or the accounts
    Ls(Ls),
}

/// `polyhost sandbox`
#[derive(Debug, Args)]
#[command(after_long_help = polyhost_sandbox::Sites::help())]
pub struct Sandbox {
    /// The address to listen on; a loopback address [default: 127.0.0.1:8080, or another port if that is taken]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Start the simulated upstreams alone, without the gateway
    #[arg(long)]
    pub upstreams_only: bool,
    /// Options of a simulated site, such as streamplay:version=4,auth=password,token_life=60s; repeatable. --help lists
    /// them all
    #[arg(long = "site", value_name = "SITE:KEY=VALUE,...")]
    pub sites: Vec<String>,
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

/// Which gateway, and with which key.
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
    /// A file that holds the API key, in place of the environment variable POLYHOST_API_KEY
    #[arg(long, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
}

/// How much is told of transfers, and how many run at once.
#[derive(Debug, Args)]
pub struct Transfers {
    /// How many files at once
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,
    /// Print one JSON object a line for each file, and no progress
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print only what failed
    #[arg(long)]
    pub quiet: bool,
}

/// `polyhost upload`
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Upload {
    /// The files; - is the standard input, which needs --name
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// The account
    #[arg(long, value_name = "NAME")]
    pub account: String,
    /// The id of the folder that is to hold them [default: the root]
    #[arg(long, value_name = "ID")]
    pub folder: Option<String>,
    /// What the file is to be called; for one file alone
    #[arg(long)]
    pub name: Option<String>,
    /// Read each file first, and declare its SHA-1: a file that changes on its way is refused
    #[arg(long)]
    pub checksum: bool,
    /// How they are sent.
    #[command(flatten)]
    pub transfers: Transfers,
    /// Where to.
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
    /// Where the one file goes; - is the standard output
    #[arg(long, short, value_name = "PATH", conflicts_with = "directory")]
    pub output: Option<PathBuf>,
    /// The directory that the files go to, under their names; it is made if it is not there
    #[arg(long, short, value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
    /// Replace a file that is there
    #[arg(long)]
    pub force: bool,
    /// How they are fetched.
    #[command(flatten)]
    pub transfers: Transfers,
    /// Where from.
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
    /// The account; without it, the accounts are listed
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// List the folders in the folder, too, all the way down
    #[arg(long, short, requires = "account")]
    pub recursive: bool,
    /// Print id, size and date before each name
    #[arg(long, short, conflicts_with = "json")]
    pub long: bool,
    /// Print each item as a line of JSON
    #[arg(long)]
    pub json: bool,
    /// Where.
    #[command(flatten)]
    pub connection: Connection,
}
