//! The text of a new configuration.

use polyhost_config::{DEFAULT_LISTEN, KeyHash};

use super::plan::{AddedSite, Plan, Secret, literal};

/// Returns the text. `reference` returns the value of a credential in it.
pub(super) fn text(plan: &Plan, hash: Option<KeyHash>, reference: impl Fn(&str, &Secret) -> String) -> String {
    let mut text = format!(
        "# The configuration of Polyhost. \"polyhost check\" lists its faults. A running gateway reloads this file when it\n\
         # changes. All keys are in docs/configuration.md and polyhost.example.toml of the source code.\n\n\
         [server]\n\
         listen = {}   # \"0.0.0.0:8080\" accepts callers from other machines\n\
         #admin_listen = \"127.0.0.1:9090\"   # metrics\n\n",
        quoted(&DEFAULT_LISTEN.to_string())
    );
    if let Some(site) = &plan.added {
        text += &provider(plan, site);
    }
    let Plan { account, provider, .. } = plan;
    text += &format!("[accounts.{account}]\nprovider = {}\n", quoted(provider.as_str()));
    for (key, secret) in &plan.credentials {
        text += &format!("{key} = {}\n", quoted(&reference(key, secret)));
    }
    if let (Some(name), Some(hash)) = (&plan.client, hash) {
        text += &format!(
            "\n# A caller of the gateway. \"polyhost keygen\" makes a key and its hash for another one.\n\
             [[clients]]\n\
             name = {}\n\
             key_sha256 = \"{hash}\"\n\
             accounts = [\"*\"]   # all\n\
             scopes = [\"read\", \"write\"]   # \"admin\" may purge the cache\n",
            quoted(name)
        );
    }
    text
}

/// Returns the table of a site, with all keys in which sites of its dialect differ.
fn provider(plan: &Plan, site: &AddedSite) -> String {
    let AddedSite { dialect, base_url, quirks } = site;
    let name = dialect.name.to_string();
    let mut text =
        format!("[providers.{}]\ndialect = {}\nbase_url = {}\n", plan.provider, quoted(&name), quoted(base_url));
    for quirk in dialect.quirks {
        let line = match quirks.get(quirk.key) {
            Some(literal) => format!("{} = {literal}", quirk.key),
            None => format!("#{} = {}", quirk.key, literal(quirk, quirk.default)),
        };
        text += &format!("# {}\n{line}\n", quirk.help);
    }
    text + "\n"
}

/// Returns a text as a literal of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
