//! The programs of a measurement: the site, the gateway in front of it, and nginx twice.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use polyhost_config::KeyHash;
use tempfile::TempDir;

use crate::failure::Failure;
use crate::nginx;
use crate::process::{Process, free_address};
use crate::site::SiteMode;
use crate::way::{Addresses, Way};

/// The running programs. Dropping it ends them and removes their files.
pub(crate) struct Setup {
    gateway: Process,
    nginx: Option<[Process; 2]>,
    site: Process,
    polyhost: PathBuf,
    folder: TempDir,
}

impl Setup {
    /// Starts the site, the gateway at this path, and nginx, if there is one.
    ///
    /// # Errors
    /// Fails if one of them does not start.
    pub(crate) async fn start(polyhost: &Path, nginx: Option<&Path>) -> Result<Self, Failure> {
        let folder = tempfile::tempdir().map_err(Failure::of("no temporary folder"))?;
        let site = start_site(folder.path()).await?;
        let gateway = start_gateway(polyhost, site.address(), folder.path()).await?;
        let nginx = match nginx {
            Some(program) => Some(nginx::start_both(program, site.address(), folder.path()).await?),
            None => None,
        };
        Ok(Self { gateway, nginx, site, polyhost: polyhost.to_owned(), folder })
    }

    pub(crate) fn addresses(&self) -> Addresses {
        Addresses {
            site: self.site.address(),
            gateway: self.gateway.address(),
            nginx: self.nginx.as_ref().map(|both| both.each_ref().map(Process::address)),
        }
    }

    /// Returns the processes between the caller and the site. The list is empty if there are none.
    pub(crate) fn processes_between(&self, way: Way) -> Vec<u32> {
        let both = self.nginx.as_ref();
        let process = match way {
            Way::Direct => None,
            Way::Nginx => both.map(|[small, _]| small),
            Way::NginxLargeBuffers => both.map(|[_, large]| large),
            Way::Gateway | Way::GatewayMd5 | Way::GatewayNoDigest => Some(&self.gateway),
        };
        process.map(Process::ids).unwrap_or_default()
    }

    /// Restarts the gateway and nginx, because a program may keep memory that it has allocated once.
    ///
    /// # Errors
    /// Fails if they do not start.
    pub(crate) async fn restart(&mut self, nginx: Option<&Path>) -> Result<(), Failure> {
        self.gateway = start_gateway(&self.polyhost, self.site.address(), self.folder.path()).await?;
        if let Some(program) = nginx {
            self.nginx = Some(nginx::start_both(program, self.site.address(), self.folder.path()).await?);
        }
        Ok(())
    }

    /// Checks that the programs run.
    ///
    /// # Errors
    /// Fails if one of them has ended.
    pub(crate) fn check(&mut self) -> Result<(), Failure> {
        let all = [&mut self.site, &mut self.gateway].into_iter().chain(self.nginx.iter_mut().flatten());
        all.into_iter().try_for_each(Process::check)
    }
}

/// Starts only the site.
///
/// # Errors
/// Fails if it does not start.
pub(crate) async fn start_site(folder: &Path) -> Result<Process, Failure> {
    let address = free_address()?;
    let program = std::env::current_exe().map_err(Failure::of("cannot find the path of this program"))?;
    let mut command = Command::new(program);
    command.args(["site", "--listen", &address.to_string()]);
    Process::start("site", &mut command, address, folder).await
}

async fn start_gateway(polyhost: &Path, site: SocketAddr, folder: &Path) -> Result<Process, Failure> {
    let address = free_address()?;
    let file = folder.join(format!("gateway-{}.toml", address.port()));
    fs::write(&file, configuration(address, site, folder)).map_err(Failure::of("cannot write a configuration"))?;
    let mut command = Command::new(polyhost);
    command.args(["serve", "--no-auth", "--config"]).arg(file);
    Process::start("gateway", &mut command, address, folder).await
}

/// Returns the configuration. It has an account for each way and each mode of the site. Limits are raised if they would
/// hold back the callers of a measurement. All other settings have their defaults.
fn configuration(listen: SocketAddr, site: SocketAddr, folder: &Path) -> String {
    let spool = folder.display();
    let mut text = format!(
        "[server]\nlisten = \"{listen}\"\nspool_dir = \"{spool}\"\n\n\
         [upstream]\nmax_concurrency = 1024\nrequests_per_second = 0.0\n\
         attempt_timeout = \"60s\"\ndeadline = \"60s\"\n\n\
         [providers.plain]\ndialect = \"openload\"\nbase_url = \"http://{site}/openload/v1\"\ndigest = \"none\"\n\n"
    );
    let key = "k".repeat(64);
    for mode in SiteMode::MEASURED {
        let (name, base) = (mode.name(), format!("http://{site}{}", mode.prefix()));
        let openload = format!("base_url = \"{base}/openload/v1\"\nlogin = \"bench\"\nkey = \"bench\"");
        let yetishare = format!("base_url = \"{base}/yetishare/api/v2\"\nkey1 = \"{key}\"\nkey2 = \"{key}\"");
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            "[accounts.pstream-{name}]\nprovider = \"pstream\"\n{openload}\n\n\
             [accounts.plain-{name}]\nprovider = \"plain\"\n{openload}\n\n\
             [accounts.streamplay-{name}]\nprovider = \"streamplay\"\n{yetishare}\n\n"
        );
    }
    text
}

/// Returns the table of an account of pstream.net at the site.
pub(crate) fn pstream_account(name: &str, site: SocketAddr, login: &str) -> String {
    format!(
        "[accounts.{name}]\nprovider = \"pstream\"\nbase_url = \"http://{site}/openload/v1\"\n\
         login = \"{login}\"\nkey = \"bench\"\n\n"
    )
}

/// Returns the table of an account of streamplay.online at the site. Its keys must have 64 characters.
pub(crate) fn streamplay_account(name: &str, site: SocketAddr, key: &str) -> String {
    format!(
        "[accounts.{name}]\nprovider = \"streamplay\"\nbase_url = \"http://{site}/yetishare/api/v2\"\n\
         key1 = \"{key}\"\nkey2 = \"{key}\"\n\n"
    )
}

/// Returns the table of a client that may use all accounts. Its key is its name, and its rate limit is a number of
/// requests in a number of seconds.
pub(crate) fn client(name: &str, (requests, seconds): (u32, u32)) -> String {
    format!(
        "[[clients]]\nname = \"{name}\"\nkey_sha256 = \"{}\"\naccounts = [\"*\"]\nscopes = [\"read\", \"write\"]\n\
         rate_limit = {{ requests = {requests}, per_seconds = {seconds} }}\n\n",
        KeyHash::of(name)
    )
}
