//! The commands that change single files and folders.

use clap::Args;

/// `polyhost mkdir`
#[derive(Debug, Args)]
pub struct Mkdir {
    /// The folders, such as plays:/Films/Silent
    #[arg(value_name = "ACCOUNT:PATH", required = true)]
    pub locations: Vec<String>,
    /// Create missing folders above too; an existing folder is no failure
    #[arg(long, short)]
    pub parents: bool,
}

/// `polyhost mv`
#[derive(Debug, Args)]
#[command(override_usage = "polyhost mv [OPTIONS] <ACCOUNT:PATH>... <DESTINATION>")]
pub struct Mv {
    /// The files and folders, and last the destination in the same account: an existing folder, or a new name
    #[arg(value_name = "ACCOUNT:PATH", required = true)]
    pub locations: Vec<String>,
}

/// `polyhost rm`
#[derive(Debug, Args)]
pub struct Rm {
    /// The files and folders, such as plays:/Films/clip.mp4
    #[arg(value_name = "ACCOUNT:PATH", required = true)]
    pub locations: Vec<String>,
    /// Delete folders with their content
    #[arg(long, short)]
    pub recursive: bool,
    /// Delete without a question
    #[arg(long, short)]
    pub yes: bool,
    /// Print what would be deleted, and delete nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
}
