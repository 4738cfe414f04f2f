//! The options that all commands of callers have: the gateway, the key and the output.

use std::path::PathBuf;

use clap::Args;
use polyhost_client::parse_server;
use url::Url;

/// The exit codes of the commands that call a gateway, as their help shows them.
const EXIT_CODES: &str = "\
Files and folders at an account are written ACCOUNT:/PATH or ACCOUNT:#ID, such as plays:/Films/clip.mp4 or plays:#1253.
Paths on this machine are written as usual; ./a:b is one with a colon.

Exit codes, the first that applies:
  130  interrupted by Ctrl-C
    5  a request was sent and its outcome is unknown: check before you send it again
    4  the key is missing or wrong, or the client lacks a scope
    3  nothing was done, because the gateway cannot be reached
    1  something failed
    0  everything was done
    2  the command line is invalid; nothing was attempted

The key is read from --key-file, else from the environment variable POLYHOST_API_KEY, else from the file of \"polyhost
login\".";

/// A command that calls a gateway: its own options, and those that all these commands have.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub struct Call<T: Args> {
    /// The command's own options.
    #[command(flatten)]
    pub options: T,
    /// The gateway, the key and the output.
    #[command(flatten)]
    pub connection: Connection,
}

/// The gateway, the key and the output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gateway and output")]
pub struct Connection {
    /// The gateway's address [default: the environment variable POLYHOST_SERVER, else that of "polyhost login", else
    /// http://127.0.0.1:8080]
    // The client reads the variable, as it says in messages where the address is from.
    #[arg(long, value_name = "URL", value_parser = parse_server)]
    pub server: Option<Url>,
    /// A file that contains the API key, or - for the standard input; replaces the environment variable
    /// POLYHOST_API_KEY
    #[arg(long, value_name = "PATH")]
    pub key_file: Option<PathBuf>,
    /// The output.
    #[command(flatten)]
    pub form: Form,
}

/// The form of the output.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gateway and output")]
pub struct Form {
    /// Print one JSON object a line, and no progress bars
    #[arg(long, conflicts_with = "quiet")]
    pub json: bool,
    /// Print only failures and what was asked for
    #[arg(long, short)]
    pub quiet: bool,
}
