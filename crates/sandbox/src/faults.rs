//! Broken answers and broken connections on demand, in every way that upstreams and the network between are known to
//! break. A rule says which requests are hit, how often, and how.
//!
//! Whether the operation still takes place is the heart of the matter, for that is what a client cannot know:
//!
//! | fault | the operation takes place |
//! |---|---|
//! | `status`, `garbage`, `reset`, `close_after_body`, `early_answer`, `refuse_early`, `hang_up`, `hang` | no |
//! | `stop_reading` | not before it is resumed |
//! | `delay`, `delay_answer`, `cut_body`, `drip`, `stall`, `lose_answer`, `replace_answer` | yes |
//!
//! The simulators are otherwise never wrong by chance: a rule hits the same requests each time.

mod broken;
mod control;
mod inject;
mod interrupted;
mod kinds;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

pub(crate) use control::control;
pub(crate) use inject::inject;
pub use kinds::{Fault, Garbage, Rest};

use crate::journal::covers;
pub use crate::serve::HangUp;

/// Which requests are hit, how often, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The end of the request's path, at a slash, or its operation: `file/info`, `upload`. `*` is every request.
    pub operation: String,
    /// How many requests are hit; without it, all.
    #[serde(default)]
    pub times: Option<u32>,
    /// How many requests pass unharmed first.
    #[serde(default)]
    pub after: u32,
    /// How they are hit.
    pub kind: Fault,
}

impl Rule {
    /// A rule that hits every request for an operation.
    pub fn new(operation: impl Into<String>, kind: Fault) -> Self {
        Self { operation: operation.into(), times: None, after: 0, kind }
    }

    /// The same rule, for so many requests only.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// The same rule, but letting so many requests pass first.
    #[must_use]
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    fn is_used_up(&self) -> bool {
        self.times == Some(0)
    }

    /// Counts a request that the rule is about, and says whether it is hit.
    fn hits(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.times = self.times.map(|left| left.saturating_sub(1));
        true
    }
}

/// The rules by which a simulator is broken. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
    resumed: Arc<Notify>,
}

impl Faults {
    /// Adds a rule. Of several that are about a request, the first that hits it counts.
    pub fn add(&self, rule: Rule) {
        self.locked().push(rule);
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        self.locked().clear();
    }

    /// The rules that may still hit something, with what is left of them.
    pub fn rules(&self) -> Vec<Rule> {
        self.locked().iter().filter(|rule| !rule.is_used_up()).cloned().collect()
    }

    /// Lets everything go on that stands still by `stop_reading` or `stall` at this moment.
    pub fn resume(&self) {
        self.resumed.notify_waiters();
    }

    /// Waits until what stands still is resumed.
    async fn resumed(&self) {
        self.resumed.notified().await;
    }

    /// The fault that hits a request, if one does.
    fn pick(&self, path: &str, operation: &str) -> Option<Fault> {
        let is_about = |rule: &Rule| rule.operation == "*" || covers(&rule.operation, path, operation);
        let mut rules = self.locked();
        let mut live = rules.iter_mut().filter(|rule| !rule.is_used_up() && is_about(rule));
        live.find_map(|rule| rule.hits().then(|| rule.kind.clone()))
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, Rule};

    #[test]
    fn a_rule_skips_then_hits_then_is_used_up() {
        let faults = Faults::default();
        faults.add(Rule::new("file/info", Fault::Hang).after(1).times(2));
        let hit = || faults.pick("/v1/file/info", "file/info").is_some();
        assert_eq!([hit(), hit(), hit(), hit()], [false, true, true, false]);
        assert!(faults.rules().is_empty());
    }

    #[test]
    fn a_rule_is_about_its_operation_alone_and_a_star_about_all() {
        let faults = Faults::default();
        faults.add(Rule::new("upload", Fault::Reset));
        assert_eq!(faults.pick("/v1/file/info", "file/info"), None);
        assert_eq!(faults.pick("/ul/x", "upload"), Some(Fault::Reset));
        faults.add(Rule::new("*", Fault::Hang));
        assert_eq!(faults.pick("/v1/file/info", "file/info"), Some(Fault::Hang));
    }

    #[test]
    fn rules_are_read_from_json() {
        let rule: Rule =
            serde_json::from_str(r#"{"operation": "*", "times": 1, "kind": {"delay": {"millis": 5}}}"#).unwrap();
        assert_eq!(rule, Rule::new("*", Fault::Delay { millis: 5 }).times(1));
        assert!(serde_json::from_str::<Rule>(r#"{"operation": "*", "kind": "reset", "often": true}"#).is_err());
    }
}
