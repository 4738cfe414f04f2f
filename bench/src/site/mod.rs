//! `bench site`: a site that receives and sends bytes as fast as the machine allows. It implements just enough of both
//! dialects for the gateway to upload and download files.
//!
//! Under `/troubled` it fails at random while its state is [`SiteState::Failing`].
//!
//! It stores nothing: a file's id is its size, and its bytes are always those of [`crate::content`]. It reads into one
//! buffer and writes from one block, so that it is faster than whatever is measured against it.

mod answers;
mod connection;
mod faults;
mod handler;
mod mode;
mod upload_form;

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use crate::failure::Failure;
use connection::Connection;
pub(crate) use faults::{SWITCH, SiteState};
pub(crate) use mode::SiteMode;

/// Serves until the process ends.
///
/// # Errors
/// Fails if it cannot listen on the address.
pub(crate) async fn serve(listen: SocketAddr) -> Result<(), Failure> {
    let listener = TcpListener::bind(listen).await.map_err(Failure::of(format_args!("cannot listen on {listen}")))?;
    loop {
        let (stream, _) = listener.accept().await.map_err(Failure::of("cannot accept a connection"))?;
        tokio::spawn(serve_connection(stream, listen));
    }
}

/// Serves one connection. Errors are ignored here, because the client notices them.
async fn serve_connection(stream: TcpStream, address: SocketAddr) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let mut connection = Connection::new(stream);
    while let Ok(Some(head)) = connection.head().await {
        if handler::answer(&mut connection, &head, address).await.is_err() {
            return;
        }
    }
}
