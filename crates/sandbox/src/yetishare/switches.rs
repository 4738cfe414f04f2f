//! The switches that a test can set, for all further requests or for the next upload.

use super::Yetishare;
use super::options::Redirects;
use super::store::Store;
use crate::receive::Damage;

impl Yetishare {
    /// Invalidates every access token now, as a login from elsewhere does.
    pub fn kill_tokens(&self) {
        self.change(|store| store.sessions.kill_tokens());
    }

    /// Invalidates every access token when the next upload arrives. The client has checked its token by then, but the
    /// site has not processed the upload yet.
    pub fn kill_tokens_with_next_upload(&self) {
        self.change(|store| store.uploads.ends_tokens = true);
    }

    /// Returns the number of successful logins.
    pub fn logins(&self) -> usize {
        self.change(|store| store.sessions.logins)
    }

    /// Returns the number of logins that failed because of wrong credentials or a locked account.
    pub fn failed_logins(&self) -> usize {
        self.change(|store| store.sessions.failed_logins)
    }

    /// Returns the number of access tokens that are valid now.
    pub fn live_tokens(&self) -> usize {
        self.change(|store| store.sessions.live_tokens())
    }

    /// Returns whether the account is locked after too many failed logins.
    pub fn is_locked(&self) -> bool {
        self.site.with(|context| context.store.sessions.is_locked(context.now))
    }

    /// Sets whether logins are rejected because the account's level has no access to the API.
    pub fn deny_level(&self, denied: bool) {
        self.change(|store| store.sessions.level_denied = denied);
    }

    /// Sets whether the site is a demo, in which nothing can be changed.
    pub fn demo_mode(&self, on: bool) {
        self.change(|store| store.demo_mode = on);
    }

    /// Invalidates every download token now.
    pub fn expire_links(&self) {
        self.change(|store| store.links.clear());
    }

    /// Sets the target of download URLs from now on.
    pub fn redirect_downloads(&self, redirects: Redirects) {
        self.change(|store| store.redirects = redirects);
    }

    /// Runs the job for remote uploads once, outside of its schedule: the one that it started before is done, and the
    /// one that has waited longest is started.
    pub fn tick(&self) {
        self.site.with(|context| {
            for due in context.store.remote_uploads.run_once(context.now) {
                context.store.finish(&due);
            }
        });
    }

    /// Makes remote uploads fail whose URL contains `part`: those added from now on. The site reports `message` only if
    /// its options have [`remote_upload_notes`](super::Options::remote_upload_notes).
    pub fn fail_remote_uploads_matching(&self, part: &str, message: &str) {
        self.change(|store| store.remote_uploads.failing_urls.push((part.to_owned(), message.to_owned())));
    }

    /// Damages the next upload: one stored byte differs from the byte that was sent. The hash is that of the stored
    /// bytes.
    pub fn spoil_next_upload(&self) {
        self.change(|store| store.uploads.damage = Damage::OneByteWrong);
    }

    /// Truncates the next upload: its last byte is not stored. The size is that of the stored bytes.
    pub fn truncate_next_upload(&self) {
        self.change(|store| store.uploads.damage = Damage::LastByteMissing);
    }

    /// Makes the next upload that is not empty fail with an `error` inside a successful answer. Nothing is stored.
    pub fn error_inside_next_upload(&self, message: &str) {
        self.change(|store| store.uploads.error = Some(message.to_owned()));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        self.site.with(|context| change(context.store))
    }
}
