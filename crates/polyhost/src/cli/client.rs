//! The commands of callers.

use clap::Subcommand;

use super::browse::{Cat, Link, Ls, Open, Stat, Tree, Usage, Whoami};
use super::change::{Mkdir, Mv, Rm};
use super::remote::{Fetch, Login, Watch};
use super::shell::{Completions, Man};
use super::transfers::{Cp, Download, Sync, Upload};

/// The commands of callers.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Save the address of a gateway and the key for it
    Login(Login),
    /// Show the client that the key belongs to, and what it may do
    Whoami(Whoami),
    /// List folders, or list the accounts
    Ls(Ls),
    /// Draw a folder and everything below it
    Tree(Tree),
    /// Show all that the gateway reports about files, folders and accounts
    Stat(Stat),
    /// Count the content of folders, and show the storage of accounts
    Usage(Usage),
    /// Write files to the standard output
    Cat(Cat),
    /// Upload files and folders; skips what is there
    Upload(Upload),
    /// Download files and folders; skips what is there, and resumes interrupted downloads
    Download(Download),
    /// Copy files and folders between accounts, or between this machine and an account
    Cp(Cp),
    /// Make a folder equal to another one
    Sync(Sync),
    /// Create folders
    Mkdir(Mkdir),
    /// Move or rename files and folders
    Mv(Mv),
    /// Delete files and folders
    Rm(Rm),
    /// Print the web addresses of files and folders
    Link(Link),
    /// Show a file or folder in the browser
    Open(Open),
    /// Let a site fetch files from web addresses
    Fetch(Fetch),
    /// Follow remote uploads and conversions until they have ended
    Watch(Watch),
    /// Print the completions for a shell
    Completions(Completions),
    /// Write the manual pages
    Man(Man),
}
