//! Notifications to systemd, if it has started the process and waits for them (`Type=notify` or `notify-reload`).

use sd_notify::NotifyState;

/// Reports that the gateway serves requests, or that a reload has ended.
pub(crate) fn ready() {
    notify(&[NotifyState::Ready]);
}

/// Reports that a reload has begun.
pub(crate) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!(%error, "cannot read the clock for the service manager"),
    }
}

/// Reports that the shutdown has begun.
pub(crate) fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// Sends a notification to the socket in `NOTIFY_SOCKET`. Without that variable, nothing happens.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::debug!(%error, "cannot notify the service manager");
    }
}
