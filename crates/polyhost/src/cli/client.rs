//! The commands of callers.

use clap::Subcommand;

use super::browse::{Cat, Link, Ls, Open, Stat, Tree, Usage, Whoami};
use super::change::{Mkdir, Mv, Rm};
use super::connection::Call;
use super::remote::{Cancel, Fetch, Login, Logout, Watch};
use super::shell::{Completions, Man};
use super::transfers::{Cp, Download, Sync, Upload};

/// The commands of callers.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Save the address of a gateway and the key for it
    Login(Call<Login>),
    /// Remove the saved key from this machine
    Logout(Logout),
    /// Show the client that the key belongs to, and what it may do
    Whoami(Call<Whoami>),
    /// List folders, or list the accounts
    Ls(Call<Ls>),
    /// Draw a folder and everything below it
    Tree(Call<Tree>),
    /// Show all that the gateway reports about files, folders and accounts
    Stat(Call<Stat>),
    /// Count the content of folders, and show the storage of accounts
    Usage(Call<Usage>),
    /// Write files to the standard output
    Cat(Call<Cat>),
    /// Upload files and folders; skips what is there
    Upload(Call<Upload>),
    /// Download files and folders; skips what is there, and resumes interrupted downloads
    Download(Call<Download>),
    /// Copy files and folders between accounts, or between this machine and an account
    Cp(Call<Cp>),
    /// Make a folder equal to another one
    Sync(Call<Sync>),
    /// Create folders
    Mkdir(Call<Mkdir>),
    /// Move or rename files and folders
    Mv(Call<Mv>),
    /// Delete files and folders
    Rm(Call<Rm>),
    /// Print the web addresses of files and folders
    Link(Call<Link>),
    /// Show a file or folder in the browser
    Open(Call<Open>),
    /// Let a site fetch files from web addresses
    Fetch(Call<Fetch>),
    /// Follow remote uploads and conversions until they have ended
    Watch(Call<Watch>),
    /// Cancel remote uploads
    Cancel(Call<Cancel>),
    /// Print the completions for a shell
    Completions(Completions),
    /// Write the manual pages
    Man(Man),
}
