//! `account/info`.

use serde_json::{Value, json};

use super::flavours::{Flavour, StorageLeft};
use super::reply::{Answer, Success};
use super::site::Context;
use crate::parameters::Parameters;

/// Returns the account's profile. There is no id, no creation date and no status.
pub(crate) fn info(context: &mut Context<'_>, _: &Parameters) -> Answer {
    let options = context.options;
    let mut account = json!({"email": "ann@example.org", "balance": "0.00000"});
    let used = options.storage_used;
    account["storage_used"] = match options.flavour {
        Flavour::Voe => used.map_or(Value::Null, Value::from),
        _ => used.map_or(Value::Null, |used| Value::from(used.to_string())),
    };
    match options.storage_left {
        StorageLeft::Bytes(left) => account["storage_left"] = Value::from(left),
        StorageLeft::Text(left) => account["storage_left"] = Value::from(left.to_string()),
        StorageLeft::Unlimited if options.flavour == Flavour::Xfs => account["storage_left"] = Value::from("inf"),
        StorageLeft::Unlimited => account["storage_left"] = Value::from("unlimited"),
        StorageLeft::Absent => {}
    }
    account[options.premium_key.as_str()] = Value::from(options.premium_until.as_str());
    match options.flavour {
        Flavour::Xvs => {
            account["login"] = Value::from("ann");
            account["balance"] = Value::from("12.34000");
            account["premium"] = Value::from(1);
            account["files_total"] = Value::from(context.store.counts().files.to_string());
        }
        Flavour::Voe => account["partner_until"] = Value::from("0000-00-00 00:00:00"),
        Flavour::Xfs | Flavour::Dood | Flavour::Byse => {}
    }
    Ok(Success::of(account))
}
