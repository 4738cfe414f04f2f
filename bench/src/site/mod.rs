//! `bench site`: a site that takes and gives bytes as fast as the machine lets it, and speaks just enough of both
//! dialects for the gateway to send and fetch files there.
//!
//! Under `/troubled` it fails at random, if it is told to.
//!
//! It keeps nothing: a file's id is its size, and its bytes are always those of [`crate::content`]. It reads into one
//! buffer and writes from one block, so that whatever is measured against it is slower than it is.

mod answers;
mod connection;
mod intake;
mod manner;
mod trouble;
mod visit;

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use crate::failure::Failure;
use connection::Connection;
pub(crate) use manner::Manner;
pub(crate) use trouble::{Mood, SWITCH};

/// Serves until the process is ended.
///
/// # Errors
/// Where the address cannot be listened on.
pub(crate) async fn serve(listen: SocketAddr) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen).await.map_err(Failure::of(format_args!("cannot listen on {listen}")))?;
    loop {
        let (stream, _) = listener.accept().await.map_err(Failure::of("cannot accept a connection"))?;
        tokio::spawn(serve_connection(stream, listen));
    }
}

/// A connection that breaks is its other end's affair: whoever measures notices.
async fn serve_connection(stream: TcpStream, address: SocketAddr) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut connection = Connection::new(stream);
    while let Ok(Some(head)) = connection.head().await {
        if visit::answer(&mut connection, &head, address).await.is_err() {
            return;
        }
    }
}
