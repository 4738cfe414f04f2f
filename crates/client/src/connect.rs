//! The choice of the gateway and the key: an option, else an environment variable, else the file of `polyhost login`.

use std::env;
use std::net::IpAddr;
use std::path::Path;

use url::{Host, Url};

use crate::gateway::{Gateway, GatewayError};
use crate::key::{ApiKey, KeyError};
use crate::settings::{Settings, SettingsError};
use crate::target::Target;

/// The address of a gateway on this machine.
const DEFAULT: &str = "http://127.0.0.1:8080";

/// The environment variable of the address.
const VARIABLE: &str = "POLYHOST_SERVER";

/// The place that a gateway's address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The command line.
    Argument,
    /// The environment variable `POLYHOST_SERVER`.
    Variable,
    /// The file of `polyhost login`.
    Login,
    /// The address of a gateway on this machine.
    Default,
}

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
    #[error("{0}")]
    Address(String),
}

/// Returns the gateway with its key. `server` and `key_file` are the options.
///
/// # Errors
/// If the address, the key or the file of `polyhost login` is not valid.
pub fn connect(server: Option<&Url>, key_file: Option<&Path>) -> Result<Gateway, ConnectError> {
    let key = ApiKey::find(key_file)?;
    let named = named_server(server)?;
    let settings = if named.is_none() || key.is_none() { Settings::load()? } else { None };
    let (address, source) = match (named, &settings) {
        (Some(named), _) => named,
        (None, Some(settings)) => (settings.server.clone(), Source::Login),
        (None, None) => (default_server()?, Source::Default),
    };
    // The key of one gateway is never sent to another.
    let (saved, other) = match settings {
        Some(Settings { server, key }) if server == address => (key, None),
        other => (None, other.filter(|other| other.key.is_some()).map(|other| other.server)),
    };
    Ok(Gateway::at(Target { server: address, key: key.or(saved), source, unused_login: other })?)
}

/// Returns the gateway to log in to, with a key if the option or the environment has one. The server is the one that
/// is named, or else one on this machine.
///
/// # Errors
/// If the address or the key is not valid.
pub fn connect_for_login(server: Option<&Url>, key: Option<ApiKey>) -> Result<Gateway, ConnectError> {
    let (server, source) = match named_server(server)? {
        Some(named) => named,
        None => (default_server()?, Source::Default),
    };
    Ok(Gateway::at(Target { server, key, source, unused_login: None })?)
}

/// Returns the server of the option, or else of the environment variable. An empty variable counts as missing.
fn named_server(server: Option<&Url>) -> Result<Option<(Url, Source)>, ConnectError> {
    if let Some(server) = server {
        return Ok(Some((server.clone(), Source::Argument)));
    }
    let invalid = |message: String| ConnectError::Address(format!("{VARIABLE}: {message}"));
    match env::var_os(VARIABLE).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => parse_server(&text.to_string_lossy()).map(|url| Some((url, Source::Variable))).map_err(invalid),
    }
}

fn default_server() -> Result<Url, ConnectError> {
    parse_server(DEFAULT).map_err(ConnectError::Address)
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
    if is_this_machine(&secure) { Url::parse(&format!("http://{text}")).map_err(invalid) } else { Ok(secure) }
}

/// Returns whether an address is on this machine, as far as the address itself shows.
pub(crate) fn is_this_machine(address: &Url) -> bool {
    match address.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
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
