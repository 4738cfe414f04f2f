//! The commands that make completions and manual pages from the definitions of the command line.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

/// `polyhost completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    pub shell: Shell,
}

/// `polyhost man`
#[derive(Debug, Args)]
pub struct Man {
    /// The directory for the pages; created if it is missing
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
}
