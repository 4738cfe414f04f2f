//! The baseline of a listing: the bytes are fetched, serde_json reads them into structures, and serde_json writes the
//! answer's bytes. Nothing is sorted, checked, converted or digested.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::failure::Failure;

#[derive(Deserialize)]
struct Listing {
    result: Contents,
}

#[derive(Deserialize)]
struct Contents {
    files: HashMap<String, Read>,
}

/// A file as the site sends it.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only the deserialization is measured")]
struct Read {
    name: String,
    sha1: String,
    folder_id: String,
    upload_at: String,
    status: String,
    size: String,
    content_type: String,
    download_count: String,
    cstatus: String,
    link: String,
    embed_link: String,
    linkextid: String,
}

/// A file as the gateway returns it.
#[derive(Serialize)]
pub(super) struct Written {
    r#type: &'static str,
    id: String,
    account: &'static str,
    provider: &'static str,
    name: String,
    folder_id: String,
    size: u64,
    content_type: &'static str,
    sha1: String,
    md5: Option<String>,
    short_code: Option<String>,
    status: &'static str,
    conversion: &'static str,
    uploaded_at: &'static str,
    download_count: u64,
    tags: Option<Vec<String>>,
    page_url: String,
    embed_url: String,
}

/// Returns this many files, ready to be serialized.
pub(super) fn written(size: usize) -> Vec<Written> {
    let file = |n: usize| Written {
        r#type: "file",
        id: format!("{n:015x}"),
        account: "main",
        provider: "pstream",
        name: format!("0000-holiday-in-the-mountains-{n:06}.mp4"),
        folder_id: size.to_string(),
        size: n as u64 * 977 + 12_345,
        content_type: "video/mp4",
        sha1: format!("{n:040x}"),
        md5: None,
        short_code: None,
        status: "active",
        conversion: "succeeded",
        uploaded_at: "2018-07-29T08:51:49Z",
        download_count: 12,
        tags: None,
        page_url: format!("https://www.example.net/v/{n:015x}"),
        embed_url: format!("https://www.example.net/e/{n:015x}"),
    };
    (0..size).map(file).collect()
}

/// Reads the site's bytes into structures, and writes the bytes of the answer.
pub(super) fn read_and_write(body: &[u8], files: &[Written]) -> Result<(), Failure> {
    let listing: Listing = serde_json::from_slice(body).map_err(Failure::of("cannot read the listing"))?;
    std::hint::black_box(listing.result.files.len());
    let json = serde_json::to_vec(files).map_err(Failure::of("cannot write the listing"))?;
    std::hint::black_box(json.len());
    Ok(())
}

/// Fetches the site's bytes and discards them.
pub(super) async fn fetch(base_url: &str, size: usize) -> Result<(), Failure> {
    let address = base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let failed = || Failure::of("cannot fetch the listing");
    let mut stream = TcpStream::connect(address).await.map_err(failed())?;
    let head = format!("GET /v1/file/listfolder?folder={size} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.map_err(failed())?;
    stream.shutdown().await.map_err(failed())?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map_err(failed())?;
    std::hint::black_box(bytes.len());
    Ok(())
}
