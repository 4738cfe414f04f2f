//! Tests of uploads that fail in every way, and of their records in the journal.

use std::time::{Duration, Instant};

use polyhost_sandbox::{Ended, Fault, Garbage, HangUp, Journal, ReceivedUpload, Rest, Rule};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Sandbox, empty, form, json};

/// The size of a body that is not sent to its end. It is larger than the buffers of a connection.
const LARGE: usize = 64 << 20;

/// Opens a connection and starts an upload of [`LARGE`] bytes. The body is not a valid form, but the site notices that
/// late.
async fn start_upload(sandbox: &Sandbox) -> TcpStream {
    let url = sandbox.upload_url("").await;
    let path = url.split_once("/ul/").unwrap().1.to_owned();
    let mut stream = TcpStream::connect(("127.0.0.1", sandbox.port())).await.unwrap();
    let head = format!(
        "POST /ul/{path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: \
         {LARGE}\r\n\r\n--b\r\nContent-Disposition: form-data; name=\"file1\"; filename=\"a.mp4\"\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Sends bytes until the server stops receiving or all are sent.
async fn send_body(stream: &mut TcpStream) -> std::io::Result<()> {
    for _ in 0..LARGE >> 16 {
        stream.write_all(&[7; 1 << 16]).await?;
    }
    Ok(())
}

async fn read_to_end(mut stream: TcpStream) -> (String, Result<(), std::io::ErrorKind>) {
    let mut received = Vec::new();
    let ended = stream.read_to_end(&mut received).await;
    (String::from_utf8(received).unwrap(), ended.map(drop).map_err(|error| error.kind()))
}

async fn within_5_seconds<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(5), event).await.unwrap()
}

fn upload(journal: &Journal) -> ReceivedUpload {
    journal.of("upload").pop().and_then(|received| received.upload).unwrap_or_default()
}

#[tokio::test]
async fn early_refusal_can_be_followed_by_reading_the_body() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("upload", Fault::refuse_early(403, "Upload URL expired", Rest::Drained)));
    let mut stream = start_upload(&sandbox).await;
    let mut start = [0; 15];
    within_5_seconds(stream.read_exact(&mut start)).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");
    within_5_seconds(send_body(&mut stream)).await.unwrap();
    assert_eq!((sandbox.counts().files, sandbox.counts().upload_urls), (0, 1));
}

#[tokio::test]
async fn early_refusal_can_cut_off_a_client_that_still_sends() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("upload", Fault::refuse_early(403, "Upload URL expired", Rest::CutOff)));
    let mut stream = start_upload(&sandbox).await;
    within_5_seconds(send_body(&mut stream)).await.unwrap_err();
    // The answer arrives nevertheless, if the client reads it.
    let (answer, _) = read_to_end(stream).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("connection: close"), "{head}");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(body, json!({"status": 403, "msg": "Upload URL expired", "result": false}));
}

#[tokio::test]
async fn early_refusal_can_wait_for_a_part_of_the_body() {
    let sandbox = empty().await;
    let (words, rest) = ("Folder not found".to_owned(), Rest::Drained);
    let refusal = Fault::RefuseEarly { http: 404, status: 404, words, after: 1000, rest };
    sandbox.faults().add(Rule::new("upload", refusal));
    let mut stream = start_upload(&sandbox).await;
    stream.write_all(&[7; 500]).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(30), stream.read_u8()).await;
    early.unwrap_err();
    stream.write_all(&[7; 500]).await.unwrap();
    let mut start = [0; 12];
    within_5_seconds(stream.read_exact(&mut start)).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 404");
}

#[tokio::test]
async fn connection_can_end_in_the_middle_of_a_body() {
    for (how, description) in [(HangUp::Close, "closed"), (HangUp::Reset, "reset")] {
        let sandbox = empty().await;
        sandbox.faults().add(Rule::new("upload", Fault::HangUp { after: 100_000, how }));
        let mut stream = start_upload(&sandbox).await;
        let outcome = within_5_seconds(send_body(&mut stream)).await;
        outcome.unwrap_err();
        let (answer, _) = read_to_end(stream).await;
        assert_eq!(answer, "", "{description}");
        sandbox.journal().until(|journal| journal.open("upload") == 0).await;
        assert_eq!(sandbox.journal().of("upload")[0].ended, Some(Ended::BrokenOff));
        let received = upload(sandbox.journal());
        assert!(!received.complete && (50_000..=100_000).contains(&received.bytes), "{received:?}");
        assert_eq!(sandbox.counts().files, 0);
    }
}

#[tokio::test]
async fn site_can_stop_reading_and_resume() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    sandbox.faults().add(Rule::new("upload", Fault::StopReading { after: 100_000 }));
    let bytes = vec![7; 16 << 20];
    let post = sandbox.client.post(&url).multipart(form("file1", "a.mp4", &bytes));
    let sending = tokio::spawn(post.send());
    within_5_seconds(sandbox.journal().until(|journal| upload(journal).bytes > 90_000)).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(upload(sandbox.journal()).bytes <= 100_000 && !sending.is_finished());
    assert_eq!(sandbox.journal().open("upload"), 1);
    sandbox.faults().resume();
    assert_eq!(json(within_5_seconds(sending).await.unwrap().unwrap()).await["status"], 200);
    assert_eq!(sandbox.counts().files, 1);
}

#[tokio::test]
async fn client_lost_during_a_stall_is_noticed_on_resume() {
    let sandbox = empty().await;
    sandbox.faults().add(Rule::new("upload", Fault::StopReading { after: 1000 }));
    let mut stream = start_upload(&sandbox).await;
    stream.write_all(&[7; 5000]).await.unwrap();
    within_5_seconds(sandbox.journal().until(|journal| upload(journal).bytes > 500)).await;
    drop(stream);
    assert_eq!(sandbox.journal().open("upload"), 1);
    sandbox.faults().resume();
    within_5_seconds(sandbox.journal().until(|journal| journal.open("upload") == 0)).await;
    assert_eq!(sandbox.journal().of("upload")[0].ended, Some(Ended::BrokenOff));
}

#[tokio::test]
async fn aborted_upload_is_recorded_as_broken_off() {
    let sandbox = empty().await;
    let mut stream = start_upload(&sandbox).await;
    stream.write_all(&[7; 5000]).await.unwrap();
    within_5_seconds(sandbox.journal().until(|journal| journal.open("upload") == 1 && upload(journal).bytes > 0)).await;
    assert_eq!(sandbox.journal().of("upload")[0].ended, None);
    // Clearing the journal does not end the request.
    sandbox.journal().clear();
    assert_eq!(sandbox.journal().open("upload"), 1);
    drop(stream);
    within_5_seconds(sandbox.journal().until(|journal| journal.open("upload") == 0)).await;
}

#[tokio::test]
async fn answer_can_be_late_after_the_file_is_stored() {
    let sandbox = empty().await;
    let url = sandbox.upload_url("").await;
    sandbox.faults().add(Rule::new("upload", Fault::DelayAnswer { millis: 40 }));
    let start = Instant::now();
    let post = sandbox.client.post(&url).multipart(form("file1", "a.mp4", &[7; 100_000]));
    let sending = tokio::spawn(post.send());
    within_5_seconds(sandbox.journal().until(|journal| upload(journal).complete)).await;
    assert!(!sending.is_finished());
    assert_eq!(json(sending.await.unwrap().unwrap()).await["status"], 200);
    assert!(start.elapsed() >= Duration::from_millis(40));
    within_5_seconds(sandbox.journal().until(|journal| journal.of("upload")[0].ended == Some(Ended::Answered))).await;
}

#[tokio::test]
async fn answer_can_be_replaced_after_the_file_is_stored() {
    let sandbox = empty().await;
    for (http, with) in [(504, Garbage::Html), (200, Garbage::TruncatedJson)] {
        let url = sandbox.upload_url("").await;
        sandbox.faults().add(Rule::new("upload", Fault::ReplaceAnswer { http, with }).times(1));
        let response = sandbox.post_file(&url, "file1", "a.mp4", b"hello").await;
        assert_eq!(response.status(), http);
        assert!(serde_json::from_slice::<serde_json::Value>(&response.bytes().await.unwrap()).is_err());
    }
    assert_eq!(sandbox.counts().files, 2);
}
