//! A site with prepared listings: it answers every request with the bytes of the requested folder.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::failure::Failure;

/// The site.
pub(super) struct StaticSite {
    address: SocketAddr,
    bodies: Arc<BTreeMap<usize, Bytes>>,
}

impl StaticSite {
    /// Starts the site with a folder for each size. The folder's id is its size.
    pub(super) async fn start(sizes: &[usize]) -> Result<Self, Failure> {
        let bodies: Arc<BTreeMap<usize, Bytes>> = Arc::new(sizes.iter().map(|size| (*size, body(*size))).collect());
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(Failure::of("cannot listen"))?;
        let address = listener.local_addr().map_err(Failure::of("cannot listen"))?;
        let shared = Arc::clone(&bodies);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Ok(Self { address, bodies })
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(super) fn body(&self, size: usize) -> Bytes {
        self.bodies.get(&size).cloned().unwrap_or_default()
    }
}

/// Answers one request after another on a connection.
async fn serve(mut stream: TcpStream, bodies: Arc<BTreeMap<usize, Bytes>>) {
    let mut head = Vec::new();
    loop {
        let mut piece = [0; 4096];
        let Ok(count @ 1..) = stream.read(&mut piece).await else { return };
        head.extend_from_slice(&piece[..count]);
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let text = String::from_utf8_lossy(&head);
        let folder = text.split("folder=").nth(1).and_then(|rest| rest.split(['&', ' ']).next());
        let body = folder.and_then(|folder| bodies.get(&folder.parse().ok()?)).cloned().unwrap_or_default();
        head.clear();
        let answer =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.write_all(&body).await.is_err() {
            return;
        }
    }
}

/// Returns a listing in the form that the site's documentation shows. The files are in no order.
fn body(size: usize) -> Bytes {
    let id = |n: usize| format!("{:015x}", (n as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 4);
    let file = |n: usize| {
        let id = id(n);
        let file = json!({
            "name": format!("{}-holiday-in-the-mountains-{n:06}.mp4", &id[..4]),
            "sha1": format!("{:040x}", n as u128 * 0x1234_5678_9ABC_DEF1),
            "folder_id": size.to_string(), "upload_at": "1532854309", "status": "active",
            "size": (n * 977 + 12_345).to_string(), "content_type": "video/mp4", "download_count": "12",
            "cstatus": "ok", "link": format!("https://www.example.net/v/{id}"),
            "embed_link": format!("https://www.example.net/e/{id}"), "linkextid": id
        });
        (id, file)
    };
    let files: serde_json::Map<String, serde_json::Value> = (0..size).map(file).collect();
    let body = json!({"status": 200, "msg": "OK", "result": {"folders": [], "files": files}});
    Bytes::from(body.to_string())
}
