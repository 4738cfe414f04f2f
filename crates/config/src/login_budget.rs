//! `login_budget` and `token_life` of `[providers.X]`: the limits on the logins of a site's user.

use polyhost_upstream::LoginBudget;

use crate::section::Section;

const TOKEN_LIFE: &str = "token_life";

/// Reads `{ logins = 4, per = "10m", gap = "5s" }`; each part is optional. `None` if the section has neither key.
pub(crate) fn read(section: &mut Section<'_>, key: &'static str) -> Option<LoginBudget> {
    let is_set = section.value(key).is_some();
    let is_table = section.value(key).is_some_and(toml::Value::is_table);
    let mut limits = LoginBudget::default();
    if is_set {
        // Reports a fault if the value is not a table.
        let mut budget = section.section(key);
        if is_table {
            limits.logins = budget.number("logins", 1, limits.logins);
            limits.window = budget.timeout("per", limits.window);
            limits.gap = budget.duration("gap", limits.gap);
            budget.finish();
        }
    }
    if section.value(TOKEN_LIFE).is_some() {
        limits.token_life = Some(section.timeout(TOKEN_LIFE, limits.window));
    }
    (is_set || limits.token_life.is_some()).then_some(limits)
}
