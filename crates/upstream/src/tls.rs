//! The TLS configuration of all HTTP clients of the process. Building one reads and parses every root certificate of
//! the system, so it is built once for all accounts.

use std::io;
use std::sync::{Arc, OnceLock};

use hyper_rustls::ConfigBuilderExt as _;
use rustls::ClientConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};

/// The protocols that requests offer by ALPN. `reqwest` uses these names as they are, so `h2` needs its feature
/// `http2`.
const REQUEST_PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The TLS configuration, built when the first HTTP client needs it. Clones share one configuration: its verifier, and
/// its sessions for resumption, which are kept by server name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls(Arc<OnceLock<Arc<ClientConfig>>>);

impl Tls {
    /// Returns the configuration for requests: HTTP/2 if the site supports it, otherwise HTTP/1.1.
    ///
    /// # Errors
    /// If the system has no root certificates. The next call tries again.
    pub(crate) fn for_requests(&self) -> io::Result<ClientConfig> {
        let mut config = ClientConfig::clone(&*self.shared()?);
        config.alpn_protocols = REQUEST_PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(config)
    }

    /// Returns the configuration for uploads: without ALPN, so that the site uses HTTP/1.1.
    ///
    /// # Errors
    /// As [`Tls::for_requests`].
    pub(crate) fn for_uploads(&self) -> io::Result<Arc<ClientConfig>> {
        self.shared()
    }

    fn shared(&self) -> io::Result<Arc<ClientConfig>> {
        if let Some(config) = self.0.get() {
            return Ok(Arc::clone(config));
        }
        let built = build().map_err(io::Error::other)?;
        // Another thread may have been faster; its configuration is used then.
        Ok(Arc::clone(self.0.get_or_init(|| Arc::new(built))))
    }
}

/// Builds the configuration. It names the crypto provider, because `rustls` panics if it has to choose one and several
/// are compiled in.
fn build() -> Result<ClientConfig, rustls::Error> {
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.try_with_platform_verifier()?.with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_configuration() {
        let tls = Tls::default();
        let other = tls.clone();
        assert!(Arc::ptr_eq(&tls.for_uploads().unwrap(), &other.for_uploads().unwrap()));
    }

    #[test]
    fn request_and_upload_configurations_differ_in_alpn() {
        let tls = Tls::default();
        assert_eq!(tls.for_requests().unwrap().alpn_protocols, [&b"h2"[..], b"http/1.1"]);
        assert!(tls.for_uploads().unwrap().alpn_protocols.is_empty());
    }
}
