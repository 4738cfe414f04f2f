//! The text that the sandbox prints at its start: its address, commands to copy, and the capabilities of each account.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use polyhost_config::{AccountConfig, Config};
use polyhost_domain::Capability;

/// The capabilities that a new user wants to know, in the order of the text: each with its name, and whether its absence
/// is worth a remark.
const CAPABILITIES: [(Capability, &str, bool); 8] = [
    (Capability::FilesUpload, "upload", true),
    (Capability::FilesDownload, "download", true),
    (Capability::FilesRename, "rename", true),
    (Capability::FilesMove, "move", true),
    (Capability::FilesDelete, "delete", true),
    (Capability::FilesCopy, "copy", true),
    (Capability::FilesThumbnail, "thumbnails", false),
    (Capability::ConversionsList, "conversions", false),
];

/// Returns the text. `key` is the API key, if callers need one.
pub(super) fn text(config: &Config, address: SocketAddr, key: Option<&str>) -> String {
    let server = format!("http://{}", reachable(address));
    let mut accounts: Vec<_> =
        config.accounts.values().map(|account| (account, Capcapabilities::of(config, account))).collect();
    accounts.sort_by_key(|(_, capabilities)| capabilities.missing.len());
    let best = accounts.first().map_or("", |(account, _)| account.name.as_str());
    let curl = key.map_or("curl".to_owned(), |key| format!("curl -H 'Authorization: Bearer {key}'"));
    let mut text = format!(
        "Polyhost sandbox: pstream.net and streamplay.online are simulated in this process; nothing leaves this machine.\n\n\
         Swagger UI   {server}/docs\n"
    );
    if let Some(key) = key {
        text += &format!("API key      {key}\n");
    }
    text += &format!(
        "Try          {curl} {server}/v1/accounts/{best}/folders/root/items\n\
         Upload       {curl} --data-binary @FILE '{server}/v1/accounts/{best}/files?name=FILE'\n\n"
    );
    for ((account, capabilities), label) in accounts.iter().zip(["Accounts"].into_iter().chain(std::iter::repeat(""))) {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{label:<12} {:<16} {}", account.name.as_str(), capabilities.text());
    }
    text + &remark(address) + "\nCtrl-C ends it. All changes are lost then."
}

/// Returns the address for callers on this machine. A wildcard address is none that every caller can use.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn remark(address: SocketAddr) -> String {
    match address.ip().is_unspecified() {
        true => "\nFrom other machines, use the name or the address of this machine instead.\n".to_owned(),
        false => String::new(),
    }
}

/// The capabilities of an account, and those that a user would expect and its site lacks.
struct Capcapabilities {
    has: Vec<&'static str>,
    missing: Vec<&'static str>,
}

impl Capcapabilities {
    fn of(config: &Config, account: &AccountConfig) -> Self {
        let provider = config.providers.get(&account.provider);
        let native = provider.map(|provider| (provider.dialect.capabilities)(&provider.quirks));
        let supports = |capability| native.as_ref().is_some_and(|native| native.supports(capability));
        let (has, lacking): (Vec<_>, Vec<_>) = CAPABILITIES.into_iter().partition(|(it, ..)| supports(*it));
        let missing = lacking.into_iter().filter(|(.., is_expected)| *is_expected);
        Self {
            has: has.into_iter().map(|(_, name, _)| name).collect(),
            missing: missing.map(|(_, name, _)| name).collect(),
        }
    }

    fn text(&self) -> String {
        let has = self.has.join(", ");
        if self.missing.is_empty() { has } else { format!("{has}; the site has no {}", self.missing.join(" and no ")) }
    }
}
