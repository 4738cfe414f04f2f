//! `account/info`.

use serde_json::{Value, json};

use super::call::Call;
use super::options::AccountId;
use super::reply::Answer;
use super::site::Context;

/// Returns the account's profile. There is one account, and it never changes.
pub(crate) fn info(context: &mut Context<'_>, _: &Call) -> Answer {
    let options = context.options;
    let id = match options.account_id {
        AccountId::Extid => "extid",
        AccountId::Apiid => "apiid",
        AccountId::Id => "id",
    };
    let mut account = json!({
        id: "fnvjeof4815f",
        "email": "sandbox@pstream.example",
        "signup_at": options.fixed_date.as_deref().unwrap_or("2018-01-07 17:59:31"),
    });
    if let Some(storage) = options.storage {
        account["storage_left"] = Value::from(storage.left);
        account["storage_used"] = Value::from(storage.used.to_string());
        account["traffic"] = json!({"left": -1, "used_24h": 0});
        account["balance"] = Value::from(0);
    }
    Ok(account)
}
