//! The gateway that is soaked, its accounts, and what it tells of itself.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use http_body_util::{BodyExt as _, Empty};
use hyper::body::Bytes;

use crate::failure::Failure;
use crate::process::{Process, free_address};
use crate::site::{Manner, Mood, SWITCH};
use crate::transfer::{self, Kind, Target};

/// How many requests of an account may be under way, which is also the default.
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

/// The gateway, and the site that it is in front of.
pub(super) struct Soaked {
    process: Process,
    admin: SocketAddr,
    site: SocketAddr,
}

impl Soaked {
    /// # Errors
    /// Where it does not start.
    pub(super) async fn start(polyhost: &Path, site: SocketAddr, folder: &Path) -> Result<Self, Failure> {
        let (address, admin) = (free_address()?, free_address()?);
        let file = folder.join("soaked.toml");
        fs::write(&file, configuration(address, admin, site, folder)).map_err(Failure::of("no configuration"))?;
        let mut command = Command::new(polyhost);
        command.args(["serve", "--no-auth", "--config"]).arg(file);
        let process = Process::start("gateway", &mut command, address, folder).await?;
        Ok(Self { process, admin, site })
    }

    /// Where it is called.
    pub(super) fn address(&self) -> SocketAddr {
        self.process.address()
    }

    /// Its processes, of which there is one.
    pub(super) fn ids(&self) -> Vec<u32> {
        self.process.ids()
    }

    /// # Errors
    /// Where it has ended.
    pub(super) fn check(&mut self) -> Result<(), Failure> {
        self.process.check()
    }

    /// # Errors
    /// Where the site does not listen.
    pub(super) async fn bring_site(&self, mood: Mood) -> Result<(), Failure> {
        fetch(self.site, format!("{SWITCH}{}", mood.name())).await.map(drop)
    }

    /// The sum of a metric over all of its labels.
    ///
    /// # Errors
    /// Where the admin listener does not answer.
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

/// Short times, so that much happens in one bout. No limit of requests in a second: all of them would wait for it.
fn configuration(listen: SocketAddr, admin: SocketAddr, site: SocketAddr, folder: &Path) -> String {
    let spool = folder.display();
    let server = format!(
        "[server]\nlisten = \"{listen}\"\nadmin_listen = \"{admin}\"\nspool_dir = \"{spool}\"\nidle_timeout = \"3s\"\n\n\
         [upstream]\nattempt_timeout = \"2s\"\ndeadline = \"6s\"\nupload_answer_timeout = \"3s\"\ncircuit_open = \"1s\"\n\
         requests_per_second = 0.0\nmax_concurrency = {MAX_CONCURRENCY}\n\n"
    );
    let base = format!("http://{site}{}", Manner::Troubled.prefix());
    let accounts = ACCOUNTS.iter().enumerate().map(|(number, (name, dialect))| match dialect {
        Dialect::Openload => format!(
            "[accounts.{name}]\nprovider = \"pstream\"\nbase_url = \"{base}/openload/v1\"\nlogin = \"bench\"\n\
             key = \"bench\"\n\n"
        ),
        Dialect::Yetishare => {
            // Each has a session of its own.
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
    fn a_metric_is_summed_over_its_labels_and_no_others() {
        let text = "# HELP a b\na{x=\"1\"} 2\na{x=\"2\"} 3.5\nab{x=\"1\"} 100\n";
        assert_eq!((sum(text, "a"), sum(text, "c")), (5.5, 0.0));
        assert_eq!(sum("a 4\n", "a"), 4.0);
    }
}
