//! Tests of the notifications to systemd.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use polyhost_end_to_end::Gateway;

use crate::world::{configuration, site};

/// Waits for the next notification.
fn next(socket: &UnixDatagram) -> String {
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).expect("a notification");
    String::from_utf8(buffer[..length].to_vec()).unwrap().trim_end().to_owned()
}

#[tokio::test]
async fn service_manager_learns_of_start_reload_and_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let (site, _clock) = site(|_| ()).await;
    let environment = [("NOTIFY_SOCKET".to_owned(), path.display().to_string())];
    let mut gateway = Gateway::start_with(&configuration(&site), &[], &environment).await;
    assert_eq!(next(&socket), "READY=1");
    gateway.program().hang_up();
    let reloading = next(&socket);
    let since = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap_or_else(|| panic!("{reloading}"));
    assert!(since.parse::<u64>().unwrap() > 0);
    assert_eq!(next(&socket), "READY=1");
    let ended = gateway.stop().await;
    assert_eq!(next(&socket), "STOPPING=1");
    assert_eq!(ended.code(), Some(0), "{}", ended.stderr);
}
