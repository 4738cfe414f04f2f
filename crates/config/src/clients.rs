//! `[[clients]]`: the callers of the gateway, their keys, accounts, scopes and limits.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::time::Duration;

use polyhost_domain::AccountName;
use polyhost_state::Quota;

use crate::accounts::AccountConfig;
use crate::section::Section;
use crate::{AccountSelection, Client, KeyHash, Scope};

/// The default rate limit: requests, and seconds. It is half of the default pace of an account, `requests_per_second`.
/// So a page with many pictures or a busy program stays below it, and one client cannot use up an account.
const DEFAULT_RATE: (NonZeroU32, NonZeroU32) = (NonZeroU32::new(600).unwrap(), NonZeroU32::new(60).unwrap());

/// The accounts that clients may name.
struct Accounts<'a> {
    valid: &'a BTreeMap<AccountName, AccountConfig>,
    /// The names in the file, including those of faulty accounts; `None` if `accounts` is not a table.
    named: Option<BTreeSet<&'a str>>,
}

/// Reads every `[[clients]]`.
pub(crate) fn read(root: &mut Section<'_>, valid: &BTreeMap<AccountName, AccountConfig>) -> Vec<Client> {
    let accounts = &Accounts { valid, named: root.names("accounts") };
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

fn read_client(section: &mut Section<'_>, accounts: &Accounts<'_>) -> Option<Client> {
    let name = section.required("name");
    if name == Some("") {
        section.fault("name", "must not be empty");
    }
    let keys = key_hashes(section);
    let selection = selection(section, accounts);
    let scopes = scopes(section);
    let expires_at = section.timestamp("expires_at");
    let rate_limit = Some(rate_limit(section));
    let max_concurrency = section.positive("max_concurrency");
    let name = name?.to_owned();
    Some(Client { name, keys: keys?, accounts: selection?, scopes: scopes?, expires_at, rate_limit, max_concurrency })
}

/// `{ requests = 600, per_seconds = 60 }`
fn rate_limit(section: &mut Section<'_>) -> Quota {
    const KEY: &str = "rate_limit";
    let (mut requests, mut seconds) = DEFAULT_RATE;
    if section.value(KEY).is_some() {
        let is_table = section.value(KEY).is_some_and(toml::Value::is_table);
        // Reports a fault if the value is not a table.
        let mut limit = section.section(KEY);
        if is_table {
            requests = required_positive(&mut limit, "requests").unwrap_or(requests);
            seconds = required_positive(&mut limit, "per_seconds").unwrap_or(seconds);
            limit.finish();
        }
    }
    let per = Duration::from_secs(seconds.get().into());
    if per > Quota::LONGEST {
        section.fault(KEY, format_args!("per_seconds must be at most {}", Quota::LONGEST.as_secs()));
    }
    Quota { requests, per }
}

fn required_positive(section: &mut Section<'_>, key: &'static str) -> Option<NonZeroU32> {
    if section.value(key).is_none() {
        section.missing(key, "is missing");
    }
    section.positive(key)
}

/// One hash, or two while a key is being replaced.
fn key_hashes(section: &mut Section<'_>) -> Option<Vec<KeyHash>> {
    const KEY: &str = "key_sha256";
    let texts = match section.value(KEY) {
        Some(value) if value.is_str() => vec![section.text(KEY)?],
        Some(_) => section.texts(KEY)?,
        None => {
            section.missing(KEY, "is missing");
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

fn selection(section: &mut Section<'_>, accounts: &Accounts<'_>) -> Option<AccountSelection> {
    const KEY: &str = "accounts";
    if section.value(KEY).is_none() {
        section.missing(KEY, "is missing; [\"*\"] means all");
        return None;
    }
    let names = section.texts(KEY)?;
    if names == ["*"] {
        return Some(AccountSelection::All);
    }
    let mut selected = BTreeSet::new();
    for (item, text) in names.into_iter().enumerate() {
        match text.parse::<AccountName>() {
            Ok(name) if accounts.valid.contains_key(&name) => drop(selected.insert(name)),
            // A faulty account has its own fault.
            _ if accounts.named.as_ref().is_none_or(|named| named.contains(text)) => {}
            _ => {
                let named: Vec<&str> = accounts.named.iter().flatten().copied().collect();
                let known = if named.is_empty() { String::new() } else { format!("; known: {}", named.join(", ")) };
                section.unknown(KEY, Some(item), text, format_args!("is not an account{known}"), &named);
            }
        }
    }
    Some(AccountSelection::These(selected))
}

fn scopes(section: &mut Section<'_>) -> Option<BTreeSet<Scope>> {
    const KEY: &str = "scopes";
    if section.value(KEY).is_none() {
        section.missing(KEY, "is missing; known: read, write, admin");
        return None;
    }
    let mut scopes = BTreeSet::new();
    for (item, text) in section.texts(KEY)?.into_iter().enumerate() {
        match text.parse::<Scope>() {
            Ok(scope) => drop(scopes.insert(scope)),
            Err(error) => section.unknown(KEY, Some(item), text, error, &["read", "write", "admin"]),
        }
    }
    Some(scopes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::parse;

    fn client(more: &str) -> String {
        let hash = KeyHash::of("key");
        format!(
            "[[clients]]\nname = \"web\"\nkey_sha256 = \"{hash}\"\naccounts = [\"*\"]\nscopes = [\"read\"]\n{more}\n"
        )
    }

    fn read(more: &str) -> Client {
        parse(&client(more)).unwrap().clients.remove(0)
    }

    #[track_caller]
    fn assert_faults(more: &str, expected: &[&str]) {
        let faults = parse(&client(more)).map(drop).unwrap_err();
        assert!(
            faults.len() == expected.len() && faults.iter().zip(expected).all(|(it, start)| it.starts_with(start)),
            "{faults:#?}"
        );
    }

    #[test]
    fn rate_limit_is_two_numbers_and_600_a_minute_by_default() {
        let quota = |client: Client| client.rate_limit.map(|quota| (quota.requests.get(), quota.per.as_secs()));
        assert_eq!(quota(read("rate_limit = { requests = 1, per_seconds = 2 }")), Some((1, 2)));
        assert_eq!(quota(read("")), Some((600, 60)));
    }

    #[test]
    fn every_fault_of_a_rate_limit_is_reported() {
        const PLACE: &str = "[[clients]] 1 rate_limit";
        let faulty = |limit: &str, what: &[&str]| {
            let expected: Vec<String> = what.iter().map(|what| format!("{PLACE}{what}")).collect();
            let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            assert_faults(&format!("rate_limit = {limit}"), &expected);
        };
        faulty("5", &[": must be a table, not integer"]);
        faulty("{ requests = 5 }", &[" per_seconds: is missing"]);
        faulty(
            "{ requests = 0, per_seconds = \"1s\", burst = 2 }",
            &[" requests: must be at least 1", " per_seconds: must be a whole number", " burst: is not a key"],
        );
        faulty("{ requests = 4294967296, per_seconds = 60 }", &[" requests: must be at most 4294967295"]);
        faulty("{ requests = 1, per_seconds = 31536001 }", &[": per_seconds must be at most 31536000"]);
    }

    #[test]
    fn client_may_have_an_expiry_and_a_concurrency_limit() {
        assert_eq!((read("").expires_at, read("").max_concurrency), (None, None));
        let end = "2027-01-31T00:00:00Z".parse().ok();
        for text in ["2027-01-31T00:00:00Z", "2027-01-31 01:00:00+01:00", "\"2027-01-31T00:00:00Z\""] {
            let client = read(&format!("expires_at = {text}\nmax_concurrency = 3"));
            assert_eq!((client.expires_at, client.max_concurrency.map(NonZeroU32::get)), (end, Some(3)), "{text}");
        }
        for text in ["2027-01-31T00:00:00", "2027-01-31", "\"soon\"", "5"] {
            assert_faults(&format!("expires_at = {text}"), &["[[clients]] 1 expires_at: must be a date and time"]);
        }
        assert_faults("max_concurrency = 0", &["[[clients]] 1 max_concurrency: must be at least 1"]);
    }
}
