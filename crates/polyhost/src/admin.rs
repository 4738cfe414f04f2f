//! The admin listener: it tells what was measured, and how the process is.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use polyhost_gateway::app::App;
use polyhost_gateway::{admin, serving};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::metrics;

/// How often what was measured is put into its buckets, so that it does not pile up where nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// Serves until it is dropped.
pub(crate) async fn run(listener: TcpListener, app: App, kept: PrometheusHandle) {
    let measured = kept.clone();
    let service = admin::service(app.clone(), move |app| {
        metrics::spooled(app.spool().used());
        measured.render()
    });
    tokio::join!(serving::answer(listener, service, app.server()), upkeep(kept));
}

async fn upkeep(kept: PrometheusHandle) {
    loop {
        sleep(UPKEEP).await;
        kept.run_upkeep();
    }
}
