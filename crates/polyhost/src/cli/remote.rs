//! The commands for the login, and for the work that sites do by themselves.

use clap::Args;
use polyhost_client::parse_server;
use url::Url;

use super::connection::Form;

/// `polyhost login`
#[derive(Debug, Args)]
pub struct Login {
    /// The gateway's address.
    // Not in the comment above: rustdoc demands a link there, and the help would show its brackets.
    #[arg(
        help = "The gateway's address, such as https://polyhost.example.com [default: that of --server]",
        value_name = "SERVER",
        value_parser = parse_server
    )]
    pub address: Option<Url>,
}

/// `polyhost logout`
#[derive(Debug, Args)]
pub struct Logout {
    /// The output.
    #[command(flatten)]
    pub form: Form,
}

/// `polyhost fetch`
#[derive(Debug, Args)]
pub struct Fetch {
    /// The web addresses of the files
    #[arg(value_name = "ADDRESS", required = true)]
    pub urls: Vec<String>,
    /// The folder for the files, such as plays:/Films; created if it is missing
    #[arg(long, value_name = "ACCOUNT:PATH")]
    pub to: String,
    /// A header field for the site's requests, such as "Accept-Language: fr"; repeatable
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// Wait until the site has finished, and print each change
    #[arg(long, short)]
    pub watch: bool,
}

/// `polyhost watch`
#[derive(Debug, Args)]
pub struct Watch {
    /// The account; without ids, everything in it that has not ended is followed
    #[arg(value_name = "ACCOUNT:")]
    pub account: String,
    /// The id of a remote upload, as "polyhost fetch" prints it; repeatable
    #[arg(long = "fetch", value_name = "ID")]
    pub remote_uploads: Vec<String>,
    /// The id of a file whose conversion to follow; repeatable
    #[arg(long = "conversion", value_name = "FILE_ID")]
    pub conversions: Vec<String>,
}

/// `polyhost cancel`
#[derive(Debug, Args)]
pub struct Cancel {
    /// The account
    #[arg(value_name = "ACCOUNT:")]
    pub account: String,
    /// The ids of remote uploads, as "polyhost fetch" prints them
    #[arg(value_name = "ID", required = true)]
    pub remote_uploads: Vec<String>,
}
