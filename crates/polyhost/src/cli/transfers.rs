//! The commands that transfer files and folders.

use std::ffi::OsString;

use clap::Args;

/// `polyhost upload`
#[derive(Debug, Args)]
#[command(override_usage = "polyhost upload [OPTIONS] <SOURCE>... <ACCOUNT:PATH>")]
pub struct Upload {
    /// The files and folders, and last the destination, such as plays:/Films; - is the standard input and needs --name
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<OsString>,
    /// The file's name at the site; only for a single file
    #[arg(long)]
    pub name: Option<String>,
    /// Read each file first and declare its SHA-1, so that the gateway rejects bytes that differ
    #[arg(long)]
    pub checksum: bool,
    /// Upload every file again, and replace what is there
    #[arg(long, short)]
    pub force: bool,
    /// Selection and parallelism.
    #[command(flatten)]
    pub transfers: Transfers,
}

/// `polyhost download`
#[derive(Debug, Args)]
#[command(override_usage = "polyhost download [OPTIONS] <ACCOUNT:PATH>... [DESTINATION]")]
pub struct Download {
    /// The files and folders, and last the destination on this machine [default: .]; - is the standard output
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<OsString>,
    /// Download every file again, and replace what is there
    #[arg(long, short)]
    pub force: bool,
    /// Selection and parallelism.
    #[command(flatten)]
    pub transfers: Transfers,
}

/// `polyhost cp`
#[derive(Debug, Args)]
#[command(override_usage = "polyhost cp [OPTIONS] <SOURCE>... <DESTINATION>")]
pub struct Cp {
    /// The files and folders, and last the destination; at least one side is at an account
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<OsString>,
    /// Copy every file again, and replace what is there
    #[arg(long, short)]
    pub force: bool,
    /// Folders are always copied with their content; for those who are used to cp
    #[arg(long, short, hide = true)]
    pub recursive: bool,
    /// Selection and parallelism.
    #[command(flatten)]
    pub transfers: Transfers,
}

/// `polyhost sync`
#[derive(Debug, Args)]
pub struct Sync {
    /// The folder to copy
    #[arg(value_name = "FOLDER")]
    pub source: OsString,
    /// The folder to make equal to it
    #[arg(value_name = "DESTINATION")]
    pub destination: OsString,
    /// Delete what the source does not have; asks first
    #[arg(long)]
    pub delete: bool,
    /// With --delete, also delete everything at the destination if the source is empty
    #[arg(long, requires = "delete")]
    pub delete_all: bool,
    /// Delete without a question
    #[arg(long, short)]
    pub yes: bool,
    /// Selection and parallelism.
    #[command(flatten)]
    pub transfers: Transfers,
}

/// The selection of files, and the number of parallel transfers.
#[derive(Debug, Args)]
pub struct Transfers {
    /// The selected files.
    #[command(flatten)]
    pub selection: Selection,
    /// Compare files of the same size by their size only; else also by the digests that the site reports
    #[arg(long)]
    pub size_only: bool,
    /// Print what would be done, and change nothing
    #[arg(long, short = 'n')]
    pub dry_run: bool,
    /// The number of parallel transfers
    #[arg(long, short, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: u8,
}

/// The selection of files in folders.
#[derive(Debug, Args)]
pub struct Selection {
    /// Transfer only files that match, such as "*.mp4" or "2024/**"; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub include: Vec<String>,
    /// Leave out files and folders that match, such as "*.tmp"; repeatable
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
}
