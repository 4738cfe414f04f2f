//! The questions of `polyhost init`. Answers become options, so that both have the same effect. Typed secrets do not,
//! because an option is visible to other users.

use std::sync::LazyLock;

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, Password, Result, Select};
use polyhost_domain::AccountName;
use polyhost_upstream::{Dialect, Quirk, QuirkKind};

use super::plan::{self, DEFAULT_ACCOUNT, DEFAULT_CLIENT, Typed, literal, site_fault};
use crate::KNOWN;
use crate::cli::Init;

/// Asks for everything that the options leave open. Returns the typed secrets.
///
/// # Errors
/// The terminal's.
pub(super) fn complete(options: &mut Init) -> Result<Typed> {
    match (&options.provider, &options.dialect) {
        (None, None) => site(options)?,
        (None, Some(_)) => options.provider = Some(site_name()?),
        (Some(_), None) if !plan::is_built_in(options) => other_site(options)?,
        (Some(_), _) => {}
    }
    if options.account.is_none() {
        options.account = Some(name("Name of the account in the gateway", DEFAULT_ACCOUNT)?);
    }
    let typed = credentials(options)?;
    if options.client.is_none() && !options.no_keys {
        client(options)?;
    }
    Ok(typed)
}

fn site(options: &mut Init) -> Result<()> {
    let built_in = KNOWN.sites.iter().map(|site| format!("{} ({})", site.id, site.base_url));
    let items: Vec<String> = built_in.chain(["another site of a known dialect".to_owned()]).collect();
    match KNOWN.sites.get(choose("Site", &items)?) {
        Some(site) => options.provider = Some(site.id.to_owned()),
        None => other_site(options)?,
    }
    Ok(())
}

fn other_site(options: &mut Init) -> Result<()> {
    let names: Vec<String> = KNOWN.dialects.iter().map(|dialect| dialect.name.to_string()).collect();
    let Some(dialect) = KNOWN.dialects.get(choose("Dialect, the protocol of the site", &names)?).copied() else {
        return Ok(());
    };
    let table = format!("dialect = \"{}\"\n", dialect.name);
    options.dialect = Some(dialect.name.to_string());
    if options.provider.is_none() {
        options.provider = Some(site_name()?);
    }
    let base_url =
        Input::with_theme(theme()).with_prompt("Address of its API, such as https://files.example.com/api/v2");
    let fault = |url: &String| fault_of(&format!("{table}base_url = {}", toml::Value::from(url.as_str())));
    options.base_url = Some(base_url.validate_with(fault).interact()?);
    let differs = Confirm::with_theme(theme()).with_prompt("Does the site differ from others of its dialect?");
    if differs.default(false).interact()? {
        for quirk in dialect.quirks {
            let value = quirk_value(dialect, quirk)?;
            if value != quirk.default {
                options.quirks.push(format!("{}={value}", quirk.key));
            }
        }
    }
    Ok(())
}

fn site_name() -> Result<String> {
    let input = Input::with_theme(theme()).with_prompt("Name of the site in the gateway");
    input.validate_with(|name: &String| plan::added_site(name).map(drop)).interact()
}

fn quirk_value(dialect: &Dialect, quirk: &Quirk) -> Result<String> {
    let prompt = format!("{}: {}", quirk.key, quirk.help.trim_end_matches('.'));
    let words: &[&str] = match quirk.kind {
        QuirkKind::Word(words) => words,
        QuirkKind::Flag => &["true", "false"],
        QuirkKind::Text | QuirkKind::TimeZone | QuirkKind::LoginBudget => {
            let fault = |value: &String| plan::quirk_fault(dialect, quirk, &literal(quirk, value)).map_or(Ok(()), Err);
            let input = Input::with_theme(theme()).with_prompt(prompt).default(quirk.default.to_owned());
            return input.validate_with(fault).interact();
        }
    };
    let usual = words.iter().position(|word| *word == quirk.default).unwrap_or_default();
    let chosen = Select::with_theme(theme()).with_prompt(prompt).items(words).default(usual).interact()?;
    Ok(words.get(chosen).copied().unwrap_or(quirk.default).to_owned())
}

/// Asks for the credentials that the site's dialect needs and no option names.
fn credentials(options: &mut Init) -> Result<Typed> {
    let mut typed = Typed::new();
    // A wrong option is reported after the questions.
    let (Ok(dialect), Ok(named)) = (plan::dialect(options), plan::references(options)) else { return Ok(typed) };
    let is_named = |key: &&'static str| named.contains_key(key);
    let ways = dialect.credentials.iter().copied();
    let ways: Vec<&[&'static str]> = ways.filter(|way| named.keys().all(|key| way.contains(key))).collect();
    let names: Vec<String> = ways.iter().map(|way| way.join(" and ")).collect();
    let way = if ways.len() <= 1 { 0 } else { choose("Credentials of the account", &names)? };
    let keys = ways.get(way).copied().unwrap_or_default().iter().copied();
    let keys: Vec<&'static str> = keys.filter(|key| !is_named(key)).collect();
    if keys.is_empty() {
        return Ok(typed);
    }
    let places = [
        "in environment variables".to_owned(),
        "in files that exist, or will exist".to_owned(),
        "typed now, and stored in files beside the configuration".to_owned(),
    ];
    let place = choose(&format!("Where are {}?", keys.join(" and ")), &places)?;
    for key in keys {
        match place {
            0 => {
                let default = plan::variable(options.account.as_deref().unwrap_or_default(), key);
                let variable: String =
                    Input::with_theme(theme()).with_prompt(format!("Variable of {key}")).default(default).interact()?;
                options.credentials.push(format!("{key}=env:{variable}"));
            }
            1 => {
                let path: String = Input::with_theme(theme()).with_prompt(format!("File of {key}")).interact()?;
                options.credentials.push(format!("{key}=file:{path}"));
            }
            _ => {
                let secret = Password::with_theme(theme()).with_prompt(key).interact()?;
                typed.insert(key, secret.into());
            }
        }
    }
    Ok(typed)
}

fn client(options: &mut Init) -> Result<()> {
    let prompt = "Do callers need an API key? Without one, only programs on this machine may call";
    if Confirm::with_theme(theme()).with_prompt(prompt).default(true).interact()? {
        let input =
            Input::with_theme(theme()).with_prompt("Name of the first client").default(DEFAULT_CLIENT.to_owned());
        options.client = Some(input.interact()?);
    } else {
        options.no_keys = true;
    }
    Ok(())
}

/// Asks for the name of an account.
fn name(prompt: &str, default: &str) -> Result<String> {
    let input = Input::with_theme(theme()).with_prompt(prompt).validate_with(|name: &String| {
        name.parse::<AccountName>().map(drop).map_err(|error| format!("The name {error}."))
    });
    input.default(default.to_owned()).interact()
}

fn choose(prompt: &str, items: &[String]) -> Result<usize> {
    Select::with_theme(theme()).with_prompt(prompt).items(items).default(0).interact()
}

fn fault_of(lines: &str) -> std::result::Result<(), String> {
    site_fault(lines).map_or(Ok(()), Err)
}

/// Returns the look of the prompts. Colours depend on the terminal and on `NO_COLOR`.
fn theme() -> &'static ColorfulTheme {
    static THEME: LazyLock<ColorfulTheme> = LazyLock::new(ColorfulTheme::default);
    &THEME
}
