//! TLS for a listener.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::ResolvesServerCert;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use crate::stream::SocketState;

/// The protocols that the listener offers by ALPN.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// A byte stream with or without TLS.
pub(crate) type MaybeTls<S> = Either<S, TlsStream<S>>;

/// Accepts TLS 1.2 and 1.3 connections.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl Tls {
    /// Creates TLS with the certificates of `resolver`, which is asked at each handshake.
    ///
    /// # Errors
    /// If the crypto provider supports neither version of TLS.
    pub fn new(resolver: Arc<dyn ResolvesServerCert>) -> Result<Self, rustls::Error> {
        // `rustls` panics if it has to choose a provider and several are compiled in.
        let provider = CryptoProvider::get_default().cloned();
        let provider = provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Performs the handshake.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        self.0.accept(stream).await
    }
}

impl<S: SocketState> SocketState for MaybeTls<S> {
    fn has_unread(&self) -> bool {
        socket(self).has_unread()
    }

    fn is_broken(&self) -> bool {
        socket(self).is_broken()
    }
}

fn socket<S>(stream: &MaybeTls<S>) -> &S {
    match stream {
        Either::Left(stream) => stream,
        Either::Right(stream) => stream.get_ref().0,
    }
}
