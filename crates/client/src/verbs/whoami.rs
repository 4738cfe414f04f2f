//! `polyhost whoami`: shows the client that the key belongs to.

use serde_json::Value;

use crate::display::escaped;
use crate::exit::Exit;
use crate::session::Session;

/// Runs `polyhost whoami`.
pub async fn run(session: &Session) -> Exit {
    session
        .run(async {
            let me = session.gateway.read(&["me"], &[]).await?;
            session.report.show(&me, || lines(session.gateway.address(), &me))
        })
        .await
}

fn lines(server: &str, me: &Value) -> Vec<String> {
    let list = |field: &str| {
        let words: Vec<String> =
            me[field].as_array().into_iter().flatten().filter_map(Value::as_str).map(escaped).collect();
        words.join(", ")
    };
    let limit = &me["rate_limit"];
    let limit = match (limit["requests"].as_u64(), limit["per_seconds"].as_u64()) {
        (Some(requests), Some(seconds)) => format!("{requests} requests in {seconds} s"),
        _ => "none".to_owned(),
    };
    vec![
        format!("client:   {}", me["name"].as_str().map_or("(no key)".to_owned(), escaped)),
        format!("server:   {}", escaped(server)),
        format!("accounts: {}", list("accounts")),
        format!("scopes:   {}", list("scopes")),
        format!("limit:    {limit}"),
    ]
}
