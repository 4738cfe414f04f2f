//! The gateway under test, its accounts, and its metrics.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;

use crate::failure::Failure;
use crate::process::{Process, free_address};
use crate::site::{SWITCH, SiteMode, SiteState};
use crate::transfer::{self, Kind, Target};

/// The limit of concurrent requests of an account, which is also the default.
pub(super) const MAX_CONCURRENCY: usize = 32;

/// The accounts, and the dialect of each.
pub(super) const ACCOUNTS: [(&str, Dialect); 6] = [
    ("o1", Dialect::Openload),
    ("o2", Dialect::Openload),
    ("o3", Dialect::Openload),
    ("y1", Dialect::Yetishare),
    ("y2", Dialect::Yetishare),
    ("y3", Dialect::Yetishare),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Openload,
    Yetishare,
}

/// The gateway, and the site behind it.
pub(super) struct GatewayUnderTest {
    process: Process,
    admin: SocketAddr,
    site: SocketAddr,
}

impl GatewayUnderTest {
    /// Starts the gateway.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub(super) async fn start(polyhost: &Path, site: SocketAddr, folder: &Path) -> Result<Self, Failure> {
        let (address, admin) = (free_address()?, free_address()?);
        let file = folder.join("soaked.toml");
        fs::write(&file, configuration(address, admin, site, folder)).map_err(Failure::of("no configuration"))?;
        let mut command = Command::new(polyhost);
        command.args(["serve", "--no-auth", "--config"]).arg(file);
        let process = Process::start("gateway", &mut command, address, folder).await?;
        Ok(Self { process, admin, site })
    }

    /// Returns the address of its API.
    pub(super) fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Returns the ids of its processes, of which there is one.
    pub(super) fn ids(&self) -> Vec<u32> {
        self.process.ids()
    }

    /// Checks that the gateway runs.
    ///
    /// # Errors
    /// Fails if it has ended.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        self.process.check()
    }

    /// Sets the site's state.
    ///
    /// # Errors
    /// Fails if the site cannot be reached.
    pub(super) async fn set_site_state(&self, state: SiteState) -> Result<(), Failure> {
        fetch(self.site, format!("{SWITCH}{}", state.name())).await.map(drop)
    }

    /// Returns the sum of a metric over all of its labels.
    ///
    /// # Errors
    /// Fails if the admin listener does not answer.
    pub(super) async fn metric(&self, name: &str) -> Result<f64, Failure> {
        let text = fetch(self.admin, "/metrics".to_owned()).await?;
        Ok(sum(&text, name))
    }
}

async fn fetch(address: SocketAddr, path: String) -> Result<String, Failure> {
    let target = Target { address, path, kind: Kind::Download };
    let request = transfer::request(&target, hyper::Method::GET).body(Empty::<Bytes>::new());
    let response = transfer::send(&target, request.map_err(Failure::of("no request"))?).await?;
    let body = response.into_body().collect().await.map_err(Failure::of(&target.path))?;
    Ok(String::from_utf8_lossy(&body.to_bytes()).into_owned())
}

fn sum(text: &str, name: &str) -> f64 {
    let series = text.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix([' ', '{'])?.rsplit(' ').next());
    series.filter_map(|value| value.parse::<f64>().ok()).fold(0.0, |sum, value| sum + value)
}

/// Returns the configuration. Its timeouts are short, so that much happens in one bout. There is no limit of requests
/// per second, because all requests would wait for it.
fn configuration(listen: SocketAddr, admin: SocketAddr, site: SocketAddr, folder: &Path) -> String {
    let spool = folder.display();
    let server = format!(
        "[server]\nlisten = \"{listen}\"\nadmin_listen = \"{admin}\"\nspool_dir = \"{spool}\"\n\
         idle_timeout = \"3s\"\n\n\
         [upstream]\nattempt_timeout = \"2s\"\ndeadline = \"6s\"\nupload_answer_timeout = \"3s\"\n\
         circuit_open = \"1s\"\n\
         requests_per_second = 0.0\nmax_concurrency = {MAX_CONCURRENCY}\n\n"
    );
    let base = format!("http://{site}{}", SiteMode::Troubled.prefix());
    let accounts = ACCOUNTS.iter().enumerate().map(|(number, (name, dialect))| match dialect {
        Dialect::Openload => format!(
            "[accounts.{name}]\nprovider = \"pstream\"\nbase_url = \"{base}/openload/v1\"\nlogin = \"bench\"\n\
             key = \"bench\"\n\n"
        ),
        Dialect::Yetishare => {
            // Each account has a session of its own.
            let key = number.to_string().repeat(64);
            format!(
                "[accounts.{name}]\nprovider = \"streamplay\"\nbase_url = \"{base}/yetishare/api/v2\"\n\
                 key1 = \"{key}\"\nkey2 = \"{key}\"\n\n"
            )
        }
    });
    server + &accounts.collect::<String>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metric_is_summed_over_its_labels_only() {
        let text = "# HELP a b\na{x=\"1\"} 2\na{x=\"2\"} 3.5\nab{x=\"1\"} 100\n";
        assert_eq!((sum(text, "a"), sum(text, "c")), (5.5, 0.0));
        assert_eq!(sum("a 4\n", "a"), 4.0);
    }
}
