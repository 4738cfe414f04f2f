//! Programs of others: nginx, HAProxy and Varnish, each as a cache in front of recorded answers, and nginx and HAProxy
//! as proxies in front of the site. Each writes a log of requests.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::candidates::{Role, World};
use crate::failure::Failure;
use crate::process::{Process, free_address};

/// A program of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    Nginx,
    HaProxy,
    Varnish,
}

impl Peer {
    pub(super) const ALL: [Self; 3] = [Self::Nginx, Self::HaProxy, Self::Varnish];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Nginx => "nginx",
            Self::HaProxy => "HAProxy",
            Self::Varnish => "Varnish",
        }
    }

    /// Returns the package of Debian.
    pub(super) fn package(self) -> &'static str {
        match self {
            Self::Nginx => "nginx-light",
            Self::HaProxy => "haproxy",
            Self::Varnish => "varnish",
        }
    }

    /// Returns the path of the program, if it is installed in the usual place.
    pub(super) fn installed(self) -> Option<PathBuf> {
        let path = match self {
            Self::Nginx => return crate::nginx::installed(),
            Self::HaProxy => "/usr/sbin/haproxy",
            Self::Varnish => "/usr/sbin/varnishd",
        };
        Some(PathBuf::from(path)).filter(|path| path.is_file())
    }

    /// Returns the name and version that the program reports.
    ///
    /// # Errors
    /// Fails if it cannot be started.
    pub(super) fn version(self, program: &Path) -> Result<String, Failure> {
        let option = match self {
            Self::Nginx => return crate::nginx::version(program),
            Self::HaProxy => "-v",
            Self::Varnish => "-V",
        };
        let output = Command::new(program).arg(option).output();
        let output = output.map_err(Failure::of(format_args!("cannot start {}", self.name())))?;
        let text = [output.stdout, output.stderr].concat();
        let first = String::from_utf8_lossy(&text).lines().next().unwrap_or_default().to_owned();
        Ok(match self {
            // "HAProxy version 2.6.12-1 2023/12/16 - https://haproxy.org/"
            Self::HaProxy => first.split_whitespace().take(3).collect::<Vec<_>>().join(" "),
            // "varnishd (varnish-7.1.1 revision …)"
            _ => first.split(['(', ' ', ')']).find(|word| word.starts_with("varnish-")).unwrap_or(&first).to_owned(),
        })
    }

    /// Returns the roles in which it is measured.
    pub(super) fn roles(self) -> &'static [Role] {
        match self {
            Self::Nginx | Self::HaProxy => &[Role::Cache, Role::Proxy],
            Self::Varnish => &[Role::Cache],
        }
    }
}

impl World {
    /// Starts a program of others in a role, in front of this server.
    ///
    /// # Errors
    /// Fails if it does not start.
    pub(super) async fn peer(
        &self,
        peer: Peer,
        program: &Path,
        role: Role,
        server: SocketAddr,
    ) -> Result<Process, Failure> {
        let address = free_address()?;
        let folder = self.folder().join(format!("{}-{}", peer.package(), address.port()));
        let text = match peer {
            Peer::Nginx => nginx(address, server, role),
            Peer::HaProxy => haproxy(address, server, role),
            Peer::Varnish => varnish(server),
        };
        let file = folder.join("configuration");
        let written = fs::create_dir(&folder).and_then(|()| fs::write(&file, text));
        written.map_err(Failure::of("cannot write a configuration"))?;
        let mut command = self.pinning.command(program);
        match peer {
            Peer::Nginx => command.arg("-p").arg(&folder).arg("-c").arg(&file).args(["-e", "stderr"]),
            Peer::HaProxy => command.arg("-db").arg("-f").arg(&file),
            Peer::Varnish => {
                command.args(["-F", "-j", "none", "-a", &address.to_string(), "-s", "malloc,64m"]);
                command.args(["-p", "thread_pools=1", "-p", "timeout_idle=3600"]);
                command.arg("-n").arg(folder.join("work")).arg("-f").arg(&file)
            }
        };
        Process::start(peer.name(), &mut command, address, self.folder()).await
    }
}

fn nginx(listen: SocketAddr, server: SocketAddr, role: Role) -> String {
    // Started as root, workers would change to a user that may not read the temporary folder.
    let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
    let (zone, cache) = match role {
        Role::Cache => (
            "proxy_cache_path cache levels=1:2 keys_zone=answers:10m max_size=1g;",
            "proxy_cache answers; proxy_cache_valid 200 1h;",
        ),
        _ => ("", ""),
    };
    format!(
        "{user}daemon off;\nworker_processes 1;\nworker_rlimit_nofile 40000;\npid nginx.pid;\n\
         error_log stderr error;\nevents {{ worker_connections 20000; }}\n\
         http {{\n  access_log access.log;\n  client_body_temp_path body;\n  proxy_temp_path proxy;\n\
         \x20 fastcgi_temp_path fastcgi;\n  uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;\n\
         \x20 keepalive_requests 1000000000;\n  keepalive_timeout 3600s;\n  {zone}\n\
         \x20 upstream site {{ server {server}; keepalive 64; keepalive_requests 1000000000; }}\n\
         \x20 server {{\n    listen {listen} backlog=4096;\n\
         \x20   location / {{\n      proxy_pass http://site;\n      proxy_http_version 1.1;\n\
         \x20     proxy_set_header Connection \"\";\n      {cache}\n    }}\n  }}\n}}\n"
    )
}

fn haproxy(listen: SocketAddr, server: SocketAddr, role: Role) -> String {
    let (cache, rules) = match role {
        Role::Cache => (
            "cache answers\n  total-max-size 64\n  max-object-size 1000000\n  max-age 3600\n",
            "  http-request cache-use answers\n  http-response cache-store answers\n",
        ),
        _ => ("", ""),
    };
    format!(
        "global\n  nbthread 1\n  no strict-limits\n  maxconn 12000\n  log stderr format raw daemon\n\
         defaults\n  mode http\n  log global\n  option httplog\n  timeout connect 5s\n  timeout client 3600s\n\
         \x20 timeout server 60s\n  timeout http-keep-alive 3600s\n  http-reuse always\n{cache}\
         frontend callers\n  bind {listen}\n  default_backend site\n\
         backend site\n{rules}  server site {server}\n"
    )
}

fn varnish(server: SocketAddr) -> String {
    format!(
        "vcl 4.1;\nbackend default {{ .host = \"{}\"; .port = \"{}\"; }}\n\
         sub vcl_backend_response {{ set beresp.ttl = 1h; }}\n",
        server.ip(),
        server.port()
    )
}
