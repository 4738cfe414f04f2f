//! nginx as a reverse proxy in front of the site: unbuffered, and without special privileges.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::process::{Process, free_address};

/// The path of nginx in Debian.
const DEFAULT_PATH: &str = "/usr/sbin/nginx";
/// The default buffers are 4 or 8 KiB for responses, and 8 or 16 KiB for requests.
const LARGE_BUFFERS: &str = "proxy_buffer_size 256k; proxy_buffers 2 256k; proxy_busy_buffers_size 256k; \
                             client_body_buffer_size 256k;";

/// Returns the path of nginx, if it is installed in the usual place.
pub(crate) fn installed() -> Option<PathBuf> {
    Some(PathBuf::from(DEFAULT_PATH)).filter(|path| path.is_file())
}

/// Returns the name and version that the program reports.
///
/// # Errors
/// Fails if it cannot be started.
pub(crate) fn version(program: &Path) -> Result<String, Failure> {
    let output = Command::new(program).arg("-v").output().map_err(Failure::of("cannot start nginx"))?;
    let reported = String::from_utf8_lossy(&output.stderr);
    Ok(reported.trim().trim_start_matches("nginx version: ").to_owned())
}

/// Starts nginx twice: with its default buffers, and with large ones.
///
/// # Errors
/// Fails if one of them does not start.
pub(crate) async fn start_both(program: &Path, site: SocketAddr, folder: &Path) -> Result<[Process; 2], Failure> {
    Ok([start(program, site, folder, "").await?, start(program, site, folder, LARGE_BUFFERS).await?])
}

async fn start(program: &Path, site: SocketAddr, folder: &Path, buffers: &str) -> Result<Process, Failure> {
    let address = free_address()?;
    let prefix = folder.join(format!("nginx-{}", address.port()));
    let file = prefix.join("nginx.conf");
    let written = fs::create_dir(&prefix).and_then(|()| fs::write(&file, configuration(address, site, buffers)));
    written.map_err(Failure::of("cannot write a configuration"))?;
    let mut command = Command::new(program);
    command.arg("-p").arg(&prefix).arg("-c").arg(&file).args(["-e", "stderr"]);
    Process::start("nginx", &mut command, address, folder).await
}

fn configuration(listen: SocketAddr, site: SocketAddr, buffers: &str) -> String {
    format!(
        "daemon off;\nworker_processes auto;\npid nginx.pid;\nerror_log stderr error;\n\
         events {{ worker_connections 4096; }}\n\
         http {{\n  access_log off;\n  client_body_temp_path body;\n  proxy_temp_path proxy;\n\
         \x20 fastcgi_temp_path fastcgi;\n  uwsgi_temp_path uwsgi;\n  scgi_temp_path scgi;\n\
         \x20 upstream site {{ server {site}; keepalive 64; }}\n\
         \x20 server {{\n    listen {listen};\n    client_max_body_size 0;\n    {buffers}\n\
         \x20   location / {{\n      proxy_pass http://site;\n      proxy_http_version 1.1;\n\
         \x20     proxy_set_header Connection \"\";\n      proxy_request_buffering off;\n      proxy_buffering off;\n\
         \x20   }}\n  }}\n}}\n"
    )
}
