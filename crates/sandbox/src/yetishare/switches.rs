//! What a test can make a simulator do from now on, or the next time.

use super::Yetishare;
use super::options::Redirects;
use super::store::Store;
use crate::receive::Damage;

impl Yetishare {
    /// Ends every access token now, as a login from elsewhere does.
    pub fn kill_tokens(&self) {
        self.change(|store| store.sessions.kill_tokens());
    }

    /// Ends every access token when the next upload arrives: after whoever sends it has made sure of its token, and
    /// before anything else becomes of it.
    pub fn kill_tokens_with_next_upload(&self) {
        self.change(|store| store.uploads.ends_tokens = true);
    }

    /// How many logins succeeded.
    pub fn logins(&self) -> usize {
        self.change(|store| store.sessions.logins)
    }

    /// How many logins failed for their credentials, or because the account was locked.
    pub fn failed_logins(&self) -> usize {
        self.change(|store| store.sessions.failed_logins)
    }

    /// How many access tokens are good now.
    pub fn live_tokens(&self) -> usize {
        self.change(|store| store.sessions.live_tokens())
    }

    /// Whether too many logins failed.
    pub fn is_locked(&self) -> bool {
        self.site.with(|context| context.store.sessions.is_locked(context.now))
    }

    /// Whether logins are refused because the account's level has no access to the API.
    pub fn deny_level(&self, denied: bool) {
        self.change(|store| store.sessions.level_denied = denied);
    }

    /// Whether the site is a demo, in which nothing can be changed.
    pub fn demo_mode(&self, on: bool) {
        self.change(|store| store.demo_mode = on);
    }

    /// Ends every download token now.
    pub fn expire_links(&self) {
        self.change(|store| store.links.clear());
    }

    /// Where download URLs lead from now on.
    pub fn redirect_downloads(&self, redirects: Redirects) {
        self.change(|store| store.redirects = redirects);
    }

    /// Lets the job run once that fetches remote uploads, besides its own times: what it took up before is done, and
    /// the one that waited longest is taken up.
    pub fn tick(&self) {
        self.site.with(|context| {
            for due in context.store.remote_uploads.run_once(context.now) {
                context.store.finish(&due);
            }
        });
    }

    /// Makes remote uploads fail that are added from now on and whose URL contains `part`. The words of `message` are
    /// told only where the site tells any.
    pub fn fail_remote_uploads_matching(&self, part: &str, message: &str) {
        self.change(|store| store.remote_uploads.failing_urls.push((part.to_owned(), message.to_owned())));
    }

    /// Damages the next upload: one byte of what is stored differs from what was sent, and the hash is that of what is
    /// stored.
    pub fn spoil_next_upload(&self) {
        self.change(|store| store.uploads.damage = Damage::OneByteWrong);
    }

    /// Cuts the next upload: its last byte is not stored, and the size is that of what is stored.
    pub fn truncate_next_upload(&self) {
        self.change(|store| store.uploads.damage = Damage::LastByteMissing);
    }

    /// Makes the next upload that has bytes fail inside of an answer that succeeds, and stores nothing.
    pub fn error_inside_next_upload(&self, message: &str) {
        self.change(|store| store.uploads.error = Some(message.to_owned()));
    }

    fn change<T>(&self, change: impl FnOnce(&mut Store) -> T) -> T {
        self.site.with(|context| change(context.store))
    }
}
