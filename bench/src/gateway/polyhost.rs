//! The gateway under measure, configured as in normal use: with keys, limits, metrics and an access log.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::candidates::World;
use crate::failure::Failure;
use crate::process::{Process, free_address};
use crate::setup;

/// The key of the only client.
pub(super) const KEY: &str = "bench";
/// Limits that count every request and hold back none.
const RATE_LIMIT: (u32, u32) = (4_000_000_000, 31_536_000);

impl World {
    /// Starts a gateway with some accounts.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub(super) async fn gateway(&self, program: &Path, accounts: u64) -> Result<Process, Failure> {
        self.gateway_by(self.pinning.command(program), accounts).await
    }

    /// Starts a gateway by a command that runs its program, without the program's arguments.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub(super) async fn gateway_by(&self, mut command: Command, accounts: u64) -> Result<Process, Failure> {
        let address = free_address()?;
        let path = self.folder().join(format!("gateway-{}.toml", address.port()));
        let text = configuration(address, free_address()?, self.site.address(), accounts);
        fs::write(&path, text).map_err(Failure::of("cannot write a configuration"))?;
        command.args(["serve", "--config"]).arg(path);
        Process::start("gateway", &mut command, address, self.folder()).await
    }
}

/// Returns the configuration. Entries of the cache do not expire during a measurement.
fn configuration(listen: SocketAddr, admin: SocketAddr, site: SocketAddr, accounts: u64) -> String {
    let head = format!(
        "[server]\nlisten = \"{listen}\"\nadmin_listen = \"{admin}\"\nmax_connections = 20000\n\
         max_connections_per_address = 20000\n\n\
         [upstream]\nrequests_per_second = 200.0\nburst = 4000000000\nmax_concurrency = 1024\n\n\
         [cache]\nmax_size = \"8 GiB\"\nfile_ttl = \"6h\"\nlisting_ttl = \"6h\"\n\n"
    );
    let pstream = |number| setup::pstream_account(&format!("a{number}"), site, &format!("bench{number}"));
    let accounts: String = (0..accounts).map(pstream).collect();
    let streamplay = setup::streamplay_account("plays", site, &"k".repeat(64));
    head + &setup::client(KEY, RATE_LIMIT) + &streamplay + &accounts
}
