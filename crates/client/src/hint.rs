//! Hints: what the user can do after a failure that concerns the gateway, the key or the account.

use crate::connect::Source;
use crate::failure::{Failure, UNEXPECTED_ANSWER};
use crate::gateway::Gateway;
use crate::target::Target;

/// The number of accounts that a hint names.
const SHOWN: usize = 20;

/// Adds a hint to a failure, if there is one for it.
pub(crate) async fn add(gateway: &Gateway, failure: Failure) -> Failure {
    let hint = match failure.problem().code() {
        "account_not_found" => accounts(gateway).await,
        code => of(gateway, code),
    };
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn of(gateway: &Gateway, code: &str) -> Option<String> {
    let target = gateway.target();
    let source = place(target.source);
    let other = target.with_other_scheme();
    Some(match code {
        "unauthenticated" => about_key(target),
        "forbidden" => "\"polyhost whoami\" shows the scopes and the accounts of the key.".to_owned(),
        "wrong_scheme" => format!("Use {other} instead. {source}"),
        "untrusted_certificate" => format!(
            "Check that the certificate is for this address. If a private authority signed it, set SSL_CERT_FILE to \
             the file with the authority's certificate. {source}"
        ),
        "gateway_unreachable" if target.source == Source::Default => format!(
            "{source} Start a gateway with \"polyhost serve\" or \"polyhost sandbox\". Or choose another one with \
             --server, POLYHOST_SERVER or \"polyhost login\"."
        ),
        "gateway_unreachable" => format!("Check the address, and that the gateway is running. {source}"),
        // A server that only speaks https closes the connection, or answers with an error of its own.
        "connection_lost" | UNEXPECTED_ANSWER if !gateway.has_answered() && !target.is_encrypted() => {
            format!("Check that this is the address of a gateway. If it only speaks https, use {other}. {source}")
        }
        UNEXPECTED_ANSWER if !gateway.has_answered() => {
            format!("Check that this is the address of a gateway. {source}")
        }
        _ => return None,
    })
}

fn about_key(target: &Target) -> String {
    let address = target.address();
    if let Some(key) = &target.key {
        return format!("The key is from {}. Check that it is a key for {address}.", key.source());
    }
    let reason = match &target.unused_login {
        Some(server) => {
            let server = server.as_str().trim_end_matches('/');
            format!("No key was sent: the saved key is for {server}.")
        }
        None => "No key was sent.".to_owned(),
    };
    format!("{reason} Set POLYHOST_API_KEY, use --key-file PATH, or run \"polyhost login {address}\".")
}

/// Returns the place that the address comes from, as a sentence.
fn place(source: Source) -> &'static str {
    match source {
        Source::Argument => "The address is from the command line.",
        Source::Variable => "The address is from POLYHOST_SERVER.",
        Source::Login => "The address is from the file of \"polyhost login\".",
        Source::Default => "No address was given, so this is the default.",
    }
}

/// Names the accounts that the key may use; `None` if they cannot be listed.
async fn accounts(gateway: &Gateway) -> Option<String> {
    let answer = gateway.read(&["accounts"], &[]).await.ok()?;
    let names: Vec<&str> = answer["items"].as_array()?.iter().filter_map(|account| account["name"].as_str()).collect();
    let more = if names.len() > SHOWN { format!(" and {} more", names.len() - SHOWN) } else { String::new() };
    Some(match names.get(..SHOWN.min(names.len()))? {
        [] => "The key may use no account.".to_owned(),
        [only] => format!("The only account is {only}."),
        shown => format!("The accounts are {}{more}.", shown.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_lost_before_any_answer_may_need_https() {
        let hint = |address: &str| of(&Gateway::new(&address.parse().unwrap(), None).unwrap(), "connection_lost");
        assert!(hint("http://a:8080").is_some_and(|hint| hint.contains("use https://a:8080")));
        assert_eq!(hint("https://a:8080"), None);
    }
}
