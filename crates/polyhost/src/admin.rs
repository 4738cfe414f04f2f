//! The admin listener, for metrics and health.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use metrics_process::Collector;
use polyhost_gateway::app::App;
use polyhost_gateway::{admin, serving};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::metrics;

/// The interval at which recorded samples are moved into their buckets, so that they do not accumulate without scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves until it is dropped.
pub(crate) async fn run(listener: TcpListener, app: App, handle: PrometheusHandle) {
    let rendered = handle.clone();
    let process = Collector::default();
    process.describe();
    let service = admin::service(app.clone(), move |app| {
        metrics::spooled(app.spool().used());
        metrics::replicas(app.replicas());
        process.collect();
        rendered.render()
    });
    tokio::join!(serving::answer(listener, service, app.server()), upkeep(handle));
}

async fn upkeep(handle: PrometheusHandle) {
    loop {
        sleep(UPKEEP).await;
        handle.run_upkeep();
    }
}
