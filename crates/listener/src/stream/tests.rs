//! Tests of the bytes that the stream passes on, and of the time at which it does.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::time::{advance, timeout};

use super::*;

const TIMEOUTS: Timeouts = Timeouts { head: Duration::from_secs(4), keep_alive: Duration::from_secs(10) };
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

impl SocketState for DuplexStream {
    fn has_unread(&self) -> bool {
        false
    }

    fn is_broken(&self) -> bool {
        false
    }
}

fn pair() -> (DuplexStream, MessageStream<DuplexStream>, Arc<Activity>) {
    let (caller, stream) = duplex(4096);
    let activity = Activity::new();
    (caller, MessageStream::new(stream, Arc::clone(&activity), TIMEOUTS, |_| Bytes::from_static(b"no")), activity)
}

/// Returns the bytes that the HTTP library gets within a second, if any.
async fn passed_on(stream: &mut MessageStream<DuplexStream>) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 4096];
    let count = timeout(Duration::from_secs(1), stream.read(&mut buffer)).await.ok()?.unwrap();
    buffer.truncate(count);
    Some(buffer)
}

#[tokio::test(start_paused = true)]
async fn pipelined_message_waits_for_the_previous_answer() {
    let (mut caller, mut stream, activity) = pair();
    caller.write_all(&[REQUEST, REQUEST].concat()).await.unwrap();
    assert_eq!(passed_on(&mut stream).await.as_deref(), Some(REQUEST));
    let (_, answering, _) = activity.begin();
    stream.flush().await.unwrap();
    assert_eq!(passed_on(&mut stream).await, None);
    drop(answering);
    assert_eq!(passed_on(&mut stream).await, None);
    stream.flush().await.unwrap();
    assert_eq!(passed_on(&mut stream).await.as_deref(), Some(REQUEST));
}

#[tokio::test(start_paused = true)]
async fn half_closed_connection_ends_after_its_answer() {
    let (mut caller, mut stream, activity) = pair();
    caller.write_all(REQUEST).await.unwrap();
    caller.shutdown().await.unwrap();
    assert_eq!(passed_on(&mut stream).await.as_deref(), Some(REQUEST));
    let (_, answering, _) = activity.begin();
    assert_eq!(passed_on(&mut stream).await, None);
    drop(answering);
    stream.flush().await.unwrap();
    assert_eq!(passed_on(&mut stream).await.as_deref(), Some(&b""[..]));
}

#[tokio::test(start_paused = true)]
async fn idle_connection_ends_after_the_keep_alive_timeout() {
    let (mut caller, mut stream, activity) = pair();
    caller.write_all(REQUEST).await.unwrap();
    passed_on(&mut stream).await.unwrap();
    drop(activity.begin());
    stream.flush().await.unwrap();
    let began = Instant::now();
    assert_eq!(stream.read(&mut [0; 64]).await.unwrap(), 0);
    assert_eq!(began.elapsed(), TIMEOUTS.keep_alive);
}

#[tokio::test(start_paused = true)]
async fn time_for_a_head_begins_with_its_first_byte() {
    let (mut caller, mut stream, activity) = pair();
    caller.write_all(REQUEST).await.unwrap();
    passed_on(&mut stream).await.unwrap();
    drop(activity.begin());
    stream.flush().await.unwrap();
    advance(TIMEOUTS.keep_alive - Duration::from_secs(1)).await;
    caller.write_all(b"GET").await.unwrap();
    passed_on(&mut stream).await.unwrap();
    let began = Instant::now();
    assert_eq!(stream.read(&mut [0; 64]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    assert_eq!(began.elapsed(), TIMEOUTS.head);
}

#[tokio::test(start_paused = true)]
async fn new_connection_without_bytes_ends_after_the_head_timeout() {
    let (_caller, mut stream, _) = pair();
    let began = Instant::now();
    assert_eq!(stream.read(&mut [0; 64]).await.unwrap(), 0);
    assert_eq!(began.elapsed(), TIMEOUTS.head);
}

#[tokio::test(start_paused = true)]
async fn half_closed_caller_gets_the_answer_of_a_slow_request() {
    let (mut caller, mut stream, activity) = pair();
    caller.write_all(REQUEST).await.unwrap();
    caller.shutdown().await.unwrap();
    passed_on(&mut stream).await.unwrap();
    let (_, answering, _) = activity.begin();
    let an_hour = Duration::from_secs(60 * 60);
    assert!(timeout(an_hour, stream.read(&mut [0; 64])).await.is_err());
    stream.write_all(b"HTTP/1.1 200 OK").await.unwrap();
    assert!(timeout(an_hour, stream.read(&mut [0; 64])).await.is_err());
    drop(answering);
    stream.flush().await.unwrap();
    assert_eq!(passed_on(&mut stream).await, Some(Vec::new()));
}

#[tokio::test]
async fn disconnected_caller_is_detected_by_a_write() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut caller = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let activity = Activity::new();
    let mut stream = MessageStream::new(listener.accept().await.unwrap().0, Arc::clone(&activity), TIMEOUTS, |_| {
        Bytes::from_static(b"no")
    });
    caller.write_all(REQUEST).await.unwrap();
    drop(caller);
    assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
    let _request = activity.begin();
    let mut rest = [0; 64];
    assert!(timeout(PROBE * 2, stream.read(&mut rest)).await.is_err(), "it may be half closed");
    stream.write_all(b"HTTP/1.1 200 OK").await.unwrap();
    assert_eq!(stream.read(&mut rest).await.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test(start_paused = true)]
async fn half_closed_event_stream_ends_at_once() {
    let (mut caller, mut stream, activity) = pair();
    caller.write_all(REQUEST).await.unwrap();
    assert!(passed_on(&mut stream).await.is_some());
    let _request = activity.begin();
    activity.set_endless();
    let began = Instant::now();
    drop(caller);
    assert_eq!(passed_on(&mut stream).await, Some(Vec::new()));
    assert_eq!(began.elapsed(), Duration::ZERO);
}
