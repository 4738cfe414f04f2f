//! The choice of the gateway and the key: an option, else an environment variable, else the file of `polyhost login`.

use std::net::IpAddr;
use std::path::Path;

use url::{Host, Url};

use crate::gateway::{Gateway, GatewayError};
use crate::key::{ApiKey, KeyError};
use crate::settings::{Settings, SettingsError};

/// The address of a gateway on this machine.
const DEFAULT: &str = "http://127.0.0.1:8080";

/// The reason why the gateway or the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The file of `polyhost login`.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The text is not an address.
    #[error("--server: {0}")]
    Address(String),
}

/// Returns the gateway with its key. `server` is the option or environment variable, `key_file` the option.
///
/// # Errors
/// If the address, the key or the file of `polyhost login` is not valid.
pub fn connect(server: Option<&Url>, key_file: Option<&Path>) -> Result<Gateway, ConnectError> {
    let key = ApiKey::find(key_file)?;
    let settings = if server.is_none() || key.is_none() { Settings::load()? } else { None };
    let address = match (server, &settings) {
        (Some(server), _) => server.clone(),
        (None, Some(settings)) => settings.server.clone(),
        (None, None) => parse_server(DEFAULT).map_err(ConnectError::Address)?,
    };
    // The key of one gateway is never sent to another.
    let saved = settings.filter(|settings| settings.server == address).and_then(|settings| settings.key);
    Ok(Gateway::new(&address, key.or(saved))?)
}

/// Reads the address of a gateway. Without a scheme, it is https, but http on this machine.
///
/// # Errors
/// If the text is not an address; the message says why.
pub fn parse_server(text: &str) -> Result<Url, String> {
    let invalid = |error: url::ParseError| format!("\"{text}\" is not the address of a gateway: {error}");
    if text.contains("://") {
        return Url::parse(text).map_err(invalid);
    }
    let secure = Url::parse(&format!("https://{text}")).map_err(invalid)?;
    let is_this_machine = match secure.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    };
    if is_this_machine { Url::parse(&format!("http://{text}")).map_err(invalid) } else { Ok(secure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_without_a_scheme_is_understood() {
        for (text, address) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("localhost:8080", "http://localhost:8080/"),
            ("[::1]:8080/below", "http://[::1]:8080/below"),
            ("polyhost.example.com", "https://polyhost.example.com/"),
            ("10.0.0.1:443", "https://10.0.0.1/"),
            ("http://10.0.0.1", "http://10.0.0.1/"),
        ] {
            assert_eq!(parse_server(text).unwrap().as_str(), address, "{text}");
        }
        for text in ["", "http://", "a b"] {
            assert!(parse_server(text).is_err(), "{text}");
        }
    }
}
