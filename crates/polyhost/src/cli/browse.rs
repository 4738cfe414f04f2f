//! The commands that show what accounts contain.

use clap::Args;

/// `polyhost whoami`
#[derive(Debug, Args)]
pub struct Whoami {}

/// `polyhost ls`
#[derive(Debug, Args)]
pub struct Ls {
    /// The folders and files, such as plays:/Films [default: list the accounts]
    #[arg(value_name = "ACCOUNT:PATH")]
    pub locations: Vec<String>,
    /// List all folders below the folders too
    #[arg(long, short, visible_short_alias = 'R')]
    pub recursive: bool,
    /// Print id, size and date before each name
    #[arg(long, short)]
    pub long: bool,
    /// Print the id before each name
    #[arg(long, short)]
    pub ids: bool,
}

/// `polyhost tree`
#[derive(Debug, Args)]
pub struct Tree {
    /// The folder, such as plays:/Films
    #[arg(value_name = "ACCOUNT:PATH")]
    pub location: String,
    /// The number of levels to draw [default: all]
    #[arg(long, short = 'L', value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub levels: Option<u32>,
    /// Print the id after each name
    #[arg(long, short)]
    pub ids: bool,
}

/// `polyhost stat`
#[derive(Debug, Args)]
pub struct Stat {
    /// The files, folders and accounts, such as plays:/Films/clip.mp4 or plays:
    #[arg(value_name = "ACCOUNT:PATH", required = true)]
    pub locations: Vec<String>,
}

/// `polyhost usage`
#[derive(Debug, Args)]
pub struct Usage {
    /// The folders and accounts, such as plays:/Films or plays:
    #[arg(value_name = "ACCOUNT:PATH", required = true)]
    pub locations: Vec<String>,
}

/// `polyhost cat`
#[derive(Debug, Args)]
pub struct Cat {
    /// The files, such as plays:/Films/clip.srt
    #[arg(value_name = "ACCOUNT:PATH", required = true)]
    pub locations: Vec<String>,
}

/// `polyhost link`
#[derive(Debug, Args)]
pub struct Link {
    /// The files and folders, such as plays:/Films/clip.mp4
    #[arg(value_name = "ACCOUNT:PATH", required = true)]
    pub locations: Vec<String>,
    /// Print a link to the file's bytes, which is valid for a limited time, instead of the page
    #[arg(long, conflicts_with = "embed")]
    pub download: bool,
    /// Print the address of the player for other web pages, instead of the page
    #[arg(long)]
    pub embed: bool,
}

/// `polyhost open`
#[derive(Debug, Args)]
pub struct Open {
    /// The file or folder, such as plays:/Films/clip.mp4
    #[arg(value_name = "ACCOUNT:PATH")]
    pub location: String,
}
