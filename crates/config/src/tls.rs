//! `[server.tls]`: the certificate with which the gateway serves HTTPS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::{Error as PemError, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use crate::section::Section;

/// A certificate with its private key, from two PEM files. Clones share it, and a reload replaces it in all of them.
#[derive(Debug, Clone)]
pub struct Certificate(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    files: Files,
    current: ArcSwap<CertifiedKey>,
}

#[derive(Debug, PartialEq, Eq)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Certificate {
    /// Reads the table. The table is optional; its two keys are not.
    pub(crate) fn read(mut section: Section<'_>) -> Option<Self> {
        if !section.exists() {
            return None;
        }
        let [certificate, key] = ["certificate", "key"].map(|name| section.required(name).map(PathBuf::from));
        let read = certificate.zip(key).and_then(|(certificate, key)| {
            [&certificate, &key].into_iter().for_each(|file| section.note_file(file.clone()));
            let chain = chain(&certificate).map_err(|fault| section.fault("certificate", fault));
            let private_key = private_key(&key).map_err(|fault| section.fault("key", fault));
            let (chain, private_key) = (chain.ok()?, private_key.ok()?);
            let certified = CertifiedKey::from_der(chain, private_key, &provider());
            let certified = certified.map_err(|error| section.fault("key", mismatch(&key, &error))).ok()?;
            let files = Files { certificate, key };
            Some(Self(Arc::new(Shared { files, current: ArcSwap::from_pointee(certified) })))
        });
        section.finish();
        read
    }

    /// Takes over the certificate that another configuration has read from the same files. Existing connections keep
    /// the old certificate. Returns whether the new one differs.
    pub fn renew(&self, other: &Self) -> bool {
        let (old, new) = (self.0.current.load(), other.0.current.load_full());
        let is_new = self == other && old.cert != new.cert;
        if is_new {
            self.0.current.store(new);
        }
        is_new
    }
}

/// Certificates are equal if they come from the same files: their content can change without a restart.
impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.files == other.0.files
    }
}

impl Eq for Certificate {}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.current.load_full())
    }
}

fn provider() -> Arc<CryptoProvider> {
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unreadable(file, &error))?;
    if chain.is_empty() { Err(format!("{} has no certificate", file.display())) } else { Ok(chain) }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| match error {
        PemError::NoItemsFound => format!("{} has no private key", file.display()),
        error => unreadable(file, &error),
    })
}

fn unreadable(file: &Path, error: &PemError) -> String {
    match error {
        PemError::Io(error) => format!("{} cannot be read: {error}", file.display()),
        _ => format!("{} is not a PEM file", file.display()),
    }
}

fn mismatch(file: &Path, error: &rustls::Error) -> String {
    match error {
        rustls::Error::InconsistentKeys(_) => format!("{} is not the key of the certificate", file.display()),
        _ => format!("{} is not a usable private key", file.display()),
    }
}
