//! The options of functions, keys and limits.

use crate::settings::{
    BROKEN, DURATION, FIREWALL, LIMIT, REDIRECT, Setting, broken, choice, duration, firewall, limit, put, redirect,
    setting,
};
use crate::xfilesharing::flavours::{Api, KeyErrors, LimitAnswer, OffWords, SwitchedOff, UnknownFunction};
use crate::xfilesharing::functions::{find, operations};
use crate::xfilesharing::options::Options;

/// The values of options that list functions.
const FUNCTIONS: &str = "OPERATION[+OPERATION…]";

pub(super) const SETTINGS: &[Setting<Options>] = &[
    setting("with", FUNCTIONS, "Functions that the site has as well", |options, value| {
        functions(value).map(|names| options.functions.extend(names))
    }),
    setting("without", FUNCTIONS, "Functions that the site does not have", |options, value| {
        functions(value).map(|names| options.functions.retain(|name| !names.contains(name)))
    }),
    setting("off", OFF, "Functions that the site refuses; repeatable, none clears", |options, value| {
        if value == "none" {
            options.off.clear();
            return Some(());
        }
        off(value).map(|off| options.off.extend(off))
    }),
    setting("unknown_function", "invalid_operation|page", "The answer to an unknown function", |options, value| {
        put(
            &mut options.unknown_function,
            choice(value, &[("invalid_operation", UnknownFunction::InvalidOperation), ("page", UnknownFunction::Page)]),
        )
    }),
    setting("api", "on|off|not_for_account", "The state of the whole API", |options, value| {
        put(
            &mut options.api,
            choice(value, &[("on", Api::On), ("off", Api::Off), ("not_for_account", Api::NotForAccount)]),
        )
    }),
    setting(
        "key_errors",
        "by_form|invalid_key|authentication_failed",
        "The answers to wrong keys",
        |options, value| {
            put(
                &mut options.key_errors,
                choice(
                    value,
                    &[
                        ("by_form", KeyErrors::ByForm),
                        ("invalid_key", KeyErrors::InvalidKey),
                        ("authentication_failed", KeyErrors::AuthenticationFailed),
                    ],
                ),
            )
        },
    ),
    setting("failed_keys_until_locked", LIMIT, "How many failed keys lock every call", |options, value| {
        put(&mut options.failed_keys_until_locked, limit(value))
    }),
    setting("lock_duration", DURATION, "How long a lock-out lasts", |options, value| {
        put(&mut options.lock_duration, duration(value))
    }),
    setting("per_second", LIMIT, "Calls in a second", |options, value| put(&mut options.per_second, limit(value))),
    setting("per_minute", LIMIT, "Calls in a minute", |options, value| put(&mut options.per_minute, limit(value))),
    setting("per_day", LIMIT, "Calls in a day", |options, value| put(&mut options.per_day, limit(value))),
    setting("limit_answer", "forbidden|text|number|http", "The answer above a limit", |options, value| {
        put(
            &mut options.limit_answer,
            choice(
                value,
                &[
                    ("forbidden", LimitAnswer::Forbidden),
                    ("text", LimitAnswer::Text),
                    ("number", LimitAnswer::Number),
                    ("http", LimitAnswer::Http),
                ],
            ),
        )
    }),
    setting("firewall", FIREWALL, "An HTML page that replaces some or all operations; repeatable", |options, value| {
        firewall(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    setting("broken", BROKEN, "Operations that fail; repeatable", |options, value| {
        broken(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
    setting("redirect", REDIRECT, "A redirect of some or all operations; repeatable", |options, value| {
        redirect(value, operations).map(|intercept| options.intercepts.push(intercept))
    }),
];

const OFF: &str =
    "none|WORDS@OPERATION[+OPERATION…]: not_allowed|not_enabled|premium_only|special_not_enabled|by_account";

/// Parses the words of a refusal and the functions that it applies to.
fn off(text: &str) -> Option<Vec<SwitchedOff>> {
    let (kind, names) = text.split_once('@')?;
    let kinds = [
        ("not_allowed", OffWords::NotAllowed),
        ("not_enabled", OffWords::NotEnabled),
        ("premium_only", OffWords::PremiumOnly),
        ("special_not_enabled", OffWords::SpecialNotEnabled),
        ("by_account", OffWords::ByAccountOptions),
    ];
    let words = choice(kind, &kinds)?;
    Some(functions(names)?.into_iter().map(|function| SwitchedOff { function, words }).collect())
}

/// Parses the names of functions.
fn functions(text: &str) -> Option<Vec<String>> {
    text.split('+').map(|name| find(name).map(|_| name.to_owned())).collect()
}
