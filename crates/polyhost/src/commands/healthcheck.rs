//! `polyhost healthcheck`: whether a gateway is ready, for container runtimes.

use std::time::Duration;

use url::Url;

use super::{CommandError, print};

const TIMEOUT: Duration = Duration::from_secs(5);

pub(super) async fn run(url: Url) -> Result<(), CommandError> {
    let failed = |error: reqwest::Error| CommandError::failed("not ready", error);
    let client = reqwest::Client::builder().no_proxy().timeout(TIMEOUT).build().map_err(failed)?;
    let status = client.get(url).send().await.map_err(failed)?.status();
    if status.is_success() { print("ready") } else { Err(CommandError::Failed(format!("not ready: {status}"))) }
}
