//! Tests of `polyhost sandbox`: its printed commands and accounts work, and it serves the pages for browsers.

use polyhost_end_to_end::{Caller, Configuration, Gateway, Program, Raw, Record, body};
use serde_json::{Value, json};

use crate::world::KEY;

/// Starts a sandbox, and returns it with a caller without a key.
pub(crate) async fn start() -> (Program, Caller) {
    let mut program = Program::start(["sandbox", "--listen", "127.0.0.1:0"]);
    let docs = program.printed(|out| address(out, "Swagger UI")).await;
    let address = docs.trim_start_matches("http://").trim_end_matches("/docs").to_owned();
    let caller = Caller::new(&address, None, &Record::default());
    (program, caller)
}

/// Returns the last word of the line with this beginning.
fn address(printed: &str, beginning: &str) -> Option<String> {
    let whole = printed.rfind('\n').map(|end| &printed[..end])?;
    let line = whole.lines().find(|line| line.trim_start().starts_with(beginning))?;
    line.split_whitespace().next_back().map(str::to_owned)
}

#[tokio::test]
async fn printed_curl_command_works() {
    let (mut program, caller) = start().await;
    let url = program.printed(|out| address(out, "Try")).await;
    assert!(program.stdout().contains(&format!("curl {url}")), "{}", program.stdout());
    let items = caller.get(url.strip_prefix(caller.base()).unwrap()).await.items();
    let kinds: Vec<&Value> = items.iter().map(|item| &item["type"]).collect();
    assert!(kinds.contains(&&json!("folder")) && kinds.contains(&&json!("file")), "{items:?}");
    for item in &items {
        if item["type"] == "file" { body::file(item) } else { body::folder(item) }
    }
    let names: Vec<Value> = caller.get("/v1/accounts").await.items().iter().map(|item| item["name"].clone()).collect();
    assert_eq!(names, ["pstream-demo", "streamplay-demo"]);
}

#[tokio::test]
async fn sandbox_uploads_reads_and_deletes_without_a_key() {
    let (program, caller) = start().await;
    for account in ["/v1/accounts/pstream-demo", "/v1/accounts/streamplay-demo"] {
        let upload = caller.typed("POST", &format!("{account}/files?name=mine.mp4"), "video/mp4", "hello").await;
        let location = upload.header("location").unwrap().to_owned();
        upload.json(201);
        assert_eq!(caller.get(&location).await.json(200)["name"], "mine.mp4");
        let folder = caller.post(&format!("{account}/folders"), &json!({"name": "Mine"})).await.json(201);
        caller.patch(&location, &json!({"folder_id": folder["id"]})).await.json(200);
        caller.delete(&location).await.no_content();
    }
    program.terminate();
    assert_eq!(program.ended().await.code(), Some(0));
}

#[tokio::test]
async fn sandbox_serves_a_file_whole_and_in_parts() {
    let (_program, caller) = start().await;
    let account = "/v1/accounts/streamplay-demo";
    let items = caller.get(&format!("{account}/folders/root/items?type=file")).await.items();
    let path = format!("{account}/files/{}/content", items[0]["id"].as_str().unwrap());
    let whole = caller.get(&path).await.status(200);
    assert_eq!(json!(whole.body.len()), items[0]["size"]);
    let part = caller.send(caller.request("GET", &path).header("range", "bytes=100-199")).await.status(206);
    assert_eq!(part.body, whole.body[100..200]);
    let limits = caller.get(&format!("{account}/limits")).await.json(200);
    body::limits(&limits);
    let link = caller.post(&format!("{account}/download-links"), &json!({"file_id": items[0]["id"]})).await.json(201);
    body::download_link(&link);
}

#[tokio::test]
async fn sandbox_for_other_machines_needs_the_printed_key() {
    let mut program = Program::start(["sandbox", "--listen", "0.0.0.0:0"]);
    let url = program.printed(|out| address(out, "Try")).await;
    let key = address(&program.stdout(), "API key").unwrap();
    assert!(program.stdout().contains(&format!("curl -H 'Authorization: Bearer {key}' {url}")), "{}", program.stdout());
    let (server, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let caller = |key| Caller::new(server, key, &Record::default());
    caller(None).get(&format!("/{path}")).await.problem(401, "unauthenticated");
    caller(Some("wrong")).get(&format!("/{path}")).await.problem(401, "unauthenticated");
    let items = caller(Some(&key)).get(&format!("/{path}")).await.items();
    assert!(!items.is_empty());
    assert_eq!(caller(Some(&key)).get("/v1/me").await.json(200)["rate_limit"], Value::Null);
    assert!(!program.stderr().contains(&key), "{}", program.stderr());
}

#[tokio::test]
async fn first_account_in_the_text_can_do_everything() {
    let (program, caller) = start().await;
    let printed = program.stdout();
    let line = printed.lines().find(|line| line.starts_with("Accounts")).unwrap();
    assert!(line.contains("streamplay-demo") && !line.contains("has no"), "{line}");
    assert!(printed.contains("has no download"), "{printed}");
    let root = "/v1/accounts/streamplay-demo/files";
    let file = caller.typed("POST", &format!("{root}?name=FILE"), "video/mp4", "hello").await.json(201);
    let path = format!("{root}/{}", file["id"].as_str().unwrap());
    assert_eq!(caller.get(&format!("{path}/content")).await.status(200).text(), "hello");
    assert_eq!(caller.patch(&path, &json!({"name": "New"})).await.json(200)["name"], "New");
    caller.post(&format!("{path}/copy"), &json!({"folder_id": "root"})).await.json(201);
    caller.delete(&path).await.no_content();
}

#[tokio::test]
async fn sandbox_without_a_key_accepts_only_local_callers() {
    let (_program, caller) = start().await;
    let foreign = caller.request("GET", "/v1/accounts").header("origin", "https://example.org");
    caller.send(foreign).await.problem(403, "forbidden");
}

#[tokio::test]
async fn sites_alone_may_accept_other_machines() {
    let mut program = Program::start(["sandbox", "--upstreams-only", "--listen", "0.0.0.0:0"]);
    let accounts = program.printed(printed_accounts).await;
    program.logged(|log| log.contains("accept callers from other machines").then_some(())).await;
    let configuration = Configuration::new().table(&accounts).client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&configuration).await;
    gateway.caller(KEY).get("/v1/accounts/pstream-demo/folders/root/items").await.status(200);
}

/// Returns the two printed account tables, once both are complete.
fn printed_accounts(printed: &str) -> Option<String> {
    let mut tables: Vec<&str> = Vec::new();
    let mut lines = printed.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let end = lines.find_map(|line| {
        tables.push(line);
        line.starts_with("# Ctrl-C").then_some(())
    });
    end.map(|()| tables.concat())
}

#[tokio::test]
async fn printed_accounts_work_at_another_gateway() {
    let mut program = Program::start(["sandbox", "--upstreams-only", "--listen", "127.0.0.1:0"]);
    let accounts = program.printed(printed_accounts).await;
    let table: toml::Table = accounts.parse().unwrap();
    let setting = |account: &str, key: &str| table["accounts"][account][key].as_str().map(str::to_owned);
    assert_eq!(setting("pstream-demo", "provider").as_deref(), Some("pstream"));
    assert_eq!(setting("streamplay-demo", "provider").as_deref(), Some("streamplay"));
    let configuration = Configuration::new().table(&accounts).client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&configuration).await;
    for account in ["pstream-demo", "streamplay-demo"] {
        let items = gateway.caller(KEY).get(&format!("/v1/accounts/{account}/folders/root/items")).await.items();
        assert!(!items.is_empty(), "{account}");
    }
    program.terminate();
    assert_eq!(program.ended().await.code(), Some(0));
}

#[tokio::test]
async fn printed_accounts_fit_the_options_of_the_sites() {
    let sites = [
        "--site",
        "streamplay:version=4,auth=password,password=quo\"te",
        "--site",
        "pstream:key=new-key,files_shape=array",
        "--site",
        "pstream:progress_scale=fraction",
        "--site",
        "xfilesharing:flavour=dood",
    ];
    let arguments = ["sandbox", "--upstreams-only", "--listen", "127.0.0.1:0"].into_iter().chain(sites);
    let mut program = Program::start(arguments);
    let printed = program.printed(printed_accounts).await;
    let table: toml::Table = printed.parse().unwrap();
    assert_eq!(table["accounts"]["streamplay-demo"]["password"].as_str(), Some("quo\"te"));
    assert_eq!(table["accounts"]["pstream-demo"]["key"].as_str(), Some("new-key"));
    assert_eq!(table["providers"]["pstream"]["progress"].as_str(), Some("fraction"));
    let configuration = Configuration::new().table(&printed).client("web", KEY, &["*"], &["read", "write"]);
    let gateway = Gateway::start(&configuration).await;
    for account in ["pstream-demo", "streamplay-demo", "videos-demo"] {
        let items = gateway.caller(KEY).get(&format!("/v1/accounts/{account}/folders/root/items")).await.items();
        assert!(!items.is_empty(), "{account}");
    }
}

#[tokio::test]
async fn unknown_site_option_lists_the_valid_ones() {
    let sites = ["--site", "vimeo:a=b", "--site", "streamplay:version=6"];
    let ended = Program::run(["sandbox"].into_iter().chain(sites)).await;
    assert_eq!(ended.code(), Some(2));
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert_eq!(lines[0], "--site: no site is called \"vimeo\"; the sites are: pstream, streamplay, xfilesharing");
    assert_eq!(lines[1], "--site: streamplay: \"6\" is no value of version, which takes 4|5");
    let help = Program::run(["sandbox", "--help"]).await.stdout;
    assert!(help.contains("token_life=DURATION") && help.contains("files_shape=map|array|maps_in_array"), "{help}");
}

#[tokio::test]
async fn upstreams_listen_on_the_given_port_and_the_next() {
    // A free port with a free one above it. Another process may still take one of them.
    let mut pair = None;
    for _ in 0..50 {
        let first = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = first.local_addr().unwrap().port();
        let above = port.checked_add(1);
        if let Some(above) = above
            && tokio::net::TcpListener::bind(("127.0.0.1", above)).await.is_ok()
        {
            pair = Some((port, above));
            break;
        }
    }
    let (port, above) = pair.expect("two free ports side by side");
    let listen = format!("127.0.0.1:{port}");
    let mut program = Program::start(["sandbox", "--upstreams-only", "--listen", &listen]);
    let accounts = program.printed(printed_accounts).await;
    assert!(accounts.contains(&format!("\"http://127.0.0.1:{port}/v1\"")), "{accounts}");
    assert!(accounts.contains(&format!("\"http://127.0.0.1:{above}/api/v2\"")), "{accounts}");
}

#[tokio::test]
async fn swagger_ui_is_served_with_all_its_assets() {
    let (_program, caller) = start().await;
    // The redirect is relative, for proxies that remove a prefix from the path.
    for path in ["/", "/docs"] {
        let redirect = caller.get(path).await;
        assert!((300..400).contains(&redirect.status), "{redirect:?}");
        assert_eq!(redirect.header("location"), Some("docs/"), "{path}");
    }
    let page = caller.get("/docs/").await;
    let page = page.status(200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let html = page.text();
    let assets: Vec<&str> =
        html.split('"').filter(|text| [".js", ".css", ".png"].iter().any(|end| text.ends_with(end))).collect();
    assert!(assets.len() >= 3, "{html}");
    for asset in assets {
        let path = format!("/docs/{}", asset.trim_start_matches("./"));
        let answer = caller.get(&path).await.status(200);
        assert!(!answer.body.is_empty() && !answer.header("content-type").unwrap().starts_with("text/html"), "{path}");
    }
    let document = caller.get("/openapi.json").await.json(200);
    assert!(document["paths"].as_object().unwrap().len() > 10);
    assert_eq!(document["servers"], serde_json::json!([{"url": "."}]));
    let problem = caller.get("/problems/internal").await.status(200).text();
    assert!(!html.contains("\"/") && !problem.contains("\"/"), "an absolute address:\n{html}\n{problem}");
}

#[tokio::test]
async fn swagger_ui_is_compressed_if_gzip_is_accepted() {
    let (_program, caller) = start().await;
    let address = caller.base().trim_start_matches("http://");
    let get = async |fields: &[(&str, &str)]| {
        let connection = Raw::begin(address, "GET /docs/swagger-ui-bundle.js", fields).await;
        connection.answer().await.unwrap().status(200)
    };
    let plain = get(&[]).await;
    assert_eq!((plain.header("content-encoding"), plain.header("vary")), (None, Some("accept-encoding")));
    assert!(plain.text().contains("SwaggerUIBundle"));
    let compressed = get(&[("accept-encoding", "gzip")]).await;
    assert_eq!(compressed.header("content-encoding"), Some("gzip"));
    assert!(compressed.body.len() * 3 < plain.body.len());
    let head = caller.send(caller.request("HEAD", "/docs/swagger-ui-bundle.js").header("accept-encoding", "br")).await;
    assert_eq!((head.status, head.header("content-encoding"), head.body.len()), (200, None, 0));
    assert_eq!(head.header("content-length"), Some(plain.body.len().to_string().as_str()));
}
