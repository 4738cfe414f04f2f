//! The command line of `polyhost init`.

use std::path::PathBuf;

use clap::Args;

/// `polyhost init`: each option answers a question in advance.
#[derive(Debug, Default, Args)]
pub struct Init {
    /// The file to create [default: polyhost.toml in the current folder]
    #[arg(long, value_name = "FILE", env = "POLYHOST_CONFIG")]
    pub config: Option<PathBuf>,
    /// Replace existing files
    #[arg(long)]
    pub force: bool,
    /// Ask nothing: use the options and the defaults
    #[arg(long)]
    pub no_input: bool,
    /// The site: a built-in one, or a name for another one. --no-input needs it
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// The dialect of a site that is not built in
    #[arg(long, value_name = "NAME", requires = "base_url")]
    pub dialect: Option<String>,
    /// The address of the API of a site that is not built in
    #[arg(long, value_name = "URL", requires = "dialect")]
    pub base_url: Option<String>,
    /// A difference of the site from its dialect, such as timezone=Europe/Paris; repeatable. The keys are in
    /// docs/configuration.md
    #[arg(long = "quirk", value_name = "KEY=VALUE", requires = "dialect")]
    pub quirks: Vec<String>,
    /// The name of the account [default: main]
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// The place of a credential: an environment variable or a file; repeatable. Without it, an environment variable
    /// such as POLYHOST_ACCOUNT_MAIN_KEY, for the key of the account "main"
    #[arg(long = "credential", value_name = "KEY=env:NAME|KEY=file:PATH")]
    pub credentials: Vec<String>,
    /// The name of the client that gets a new API key [default: app]
    #[arg(long, value_name = "NAME", conflicts_with = "no_keys")]
    pub client: Option<String>,
    /// Create no key: all programs on this machine may call the gateway, and no others
    #[arg(long)]
    pub no_keys: bool,
}
