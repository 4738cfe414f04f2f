//! `[[clients]]`: who may call the gateway, with which key, for which accounts and to do what.

use std::collections::{BTreeMap, BTreeSet};

use polyhost_domain::AccountName;

use super::accounts::AccountConfig;
use super::section::Section;
use super::unused::{self, Kind};
use crate::auth::{AccountSelection, Client, KeyHash, Scope};

/// Reads every `[[clients]]`.
pub(super) fn read(root: &mut Section<'_>, accounts: &BTreeMap<AccountName, AccountConfig>) -> Vec<Client> {
    let mut clients: Vec<Client> = Vec::new();
    for mut section in root.list("clients") {
        let client = read_client(&mut section, accounts);
        if let Some(client) = client {
            if clients.iter().any(|other| other.name == client.name) {
                section.fault("name", format_args!("\"{}\" is the name of another client", client.name));
            }
            if clients.iter().any(|other| other.keys.iter().any(|key| client.keys.contains(key))) {
                section.fault("key_sha256", "is the key of another client");
            }
            clients.push(client);
        }
        section.finish();
    }
    clients
}

fn read_client(section: &mut Section<'_>, accounts: &BTreeMap<AccountName, AccountConfig>) -> Option<Client> {
    let name = section.required("name");
    if name == Some("") {
        section.fault("name", "must not be empty");
    }
    let keys = key_hashes(section);
    let selection = selection(section, accounts);
    let scopes = scopes(section);
    unused::read(section, "rate_limit", Kind::RateLimit);
    Some(Client { name: name?.to_owned(), keys: keys?, accounts: selection?, scopes: scopes? })
}

/// One hash, or two while a key is being replaced.
fn key_hashes(section: &mut Section<'_>) -> Option<Vec<KeyHash>> {
    const KEY: &str = "key_sha256";
    let texts = match section.value(KEY) {
        Some(value) if value.is_str() => vec![section.text(KEY)?],
        Some(_) => section.texts(KEY)?,
        None => {
            section.fault(KEY, "is missing");
            return None;
        }
    };
    if !(1..=2).contains(&texts.len()) {
        section.fault(KEY, "must be one hash, or a list of two");
        return None;
    }
    let hashes: Vec<Option<KeyHash>> = texts.iter().map(|text| text.parse().ok()).collect();
    if hashes.contains(&None) {
        section.fault(KEY, "must be the SHA-256 that \"polyhost keygen\" prints: 64 hexadecimal digits");
    }
    hashes.into_iter().collect()
}

fn selection(section: &mut Section<'_>, accounts: &BTreeMap<AccountName, AccountConfig>) -> Option<AccountSelection> {
    const KEY: &str = "accounts";
    if section.value(KEY).is_none() {
        section.fault(KEY, "is missing; [\"*\"] means all");
        return None;
    }
    let names = section.texts(KEY)?;
    if names == ["*"] {
        return Some(AccountSelection::All);
    }
    let mut selected = BTreeSet::new();
    for text in names {
        // An account that is itself faulty is not in the map, and is reported where it stands.
        match text.parse::<AccountName>() {
            Ok(name) if accounts.contains_key(&name) => drop(selected.insert(name)),
            _ => section.fault(KEY, format_args!("\"{text}\" is not an account that can be used")),
        }
    }
    Some(AccountSelection::These(selected))
}

fn scopes(section: &mut Section<'_>) -> Option<BTreeSet<Scope>> {
    const KEY: &str = "scopes";
    if section.value(KEY).is_none() {
        section.fault(KEY, "is missing; known: read, write, admin");
        return None;
    }
    let mut scopes = BTreeSet::new();
    for text in section.texts(KEY)? {
        match text.parse::<Scope>() {
            Ok(scope) => drop(scopes.insert(scope)),
            Err(error) => section.fault(KEY, format_args!("\"{text}\" {error}")),
        }
    }
    Some(scopes)
}
