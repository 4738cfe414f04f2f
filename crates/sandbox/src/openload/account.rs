//! `account/info`.

use serde_json::json;

use super::call::Call;
use super::reply::Answer;
use super::site::Context;

/// Who the account is. There is one, and it never changes.
pub(crate) fn info(_: &mut Context<'_>, _: &Call) -> Answer {
    Ok(json!({
        "extid": "fnvjeof4815f",
        "email": "sandbox@pstream.example",
        "signup_at": "2018-01-07 17:59:31",
    }))
}
