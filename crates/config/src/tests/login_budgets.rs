//! Tests of the login budget in the configuration.

use std::time::Duration;

use polyhost_upstream::LoginBudget;

use super::parse;
use super::{assert_faults, faults};

fn budget(quirk: &str) -> Option<LoginBudget> {
    let config = parse(&format!("[providers.streamplay]\n{quirk}")).unwrap();
    config
        .providers
        .into_values()
        .find(|row| row.id.as_str() == "streamplay")
        .unwrap()
        .quirks
        .login_budget("login_budget")
}

#[test]
fn parts_of_a_login_budget_are_optional() {
    let default = LoginBudget::default();
    assert_eq!(budget(""), None);
    assert_eq!(budget("login_budget = { logins = 4, per = \"10m\", gap = \"5s\" }"), Some(default));
    assert_eq!(budget("login_budget = { logins = 9 }"), Some(LoginBudget { logins: 9, ..default }));
    let short = LoginBudget { token_life: Some(Duration::from_secs(60)), ..default };
    assert_eq!(budget("token_life = \"60s\""), Some(short));
}

#[test]
fn faults_of_a_login_budget_are_reported() {
    let row = |quirk: &str| format!("[providers.streamplay]\n{quirk}");
    let place = "[providers.streamplay]";
    assert_faults(&row("login_budget = 4"), &[&format!("{place} login_budget: must be a table, not integer")]);
    assert_faults(&row("token_life = \"0s\""), &[&format!("{place} token_life: must be longer than zero")]);
    assert_eq!(faults(&row("login_budget = { logins = 0, per = \"soon\", times = 1 }")).len(), 3);
    assert_eq!(faults("[providers.pstream]\nlogin_budget = { logins = 4 }").len(), 1, "OpenLoad has no logins");
}
