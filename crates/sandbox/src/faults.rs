//! Broken answers and connections on demand, for every known failure of sites and networks. A rule contains a fault,
//! the requests that it applies to, and the number of times.
//!
//! A client cannot know whether the site still performed the operation. This table shows it for each fault:
//!
//! | fault | the operation is performed |
//! |---|---|
//! | `status`, `garbage`, `reset`, `close_after_body`, `early_answer`, `refuse_early`, `hang_up`, `hang` | no |
//! | `stop_reading` | not before it is resumed |
//! | `delay`, `delay_answer`, `cut_body`, `drip`, `stall`, `lose_answer`, `replace_answer` | yes |
//!
//! The simulators never fail at random: a rule applies to the same requests each time.

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

/// A fault, with the requests that it applies to and the number of times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The last segments of the request's path, or its operation: `file/info`, `upload`. `*` is every request.
    pub operation: String,
    /// The number of requests that fail. If it is absent, all of them fail.
    #[serde(default)]
    pub times: Option<u32>,
    /// The number of requests that are served normally before the first one fails.
    #[serde(default)]
    pub after: u32,
    /// The fault.
    pub kind: Fault,
}

impl Rule {
    /// Creates a rule that applies to every request for an operation.
    pub fn new(operation: impl Into<String>, kind: Fault) -> Self {
        Self { operation: operation.into(), times: None, after: 0, kind }
    }

    /// Limits the rule to this many requests.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Lets this many requests be served normally first.
    #[must_use]
    pub fn after(self, after: u32) -> Self {
        Self { after, ..self }
    }

    fn is_used_up(&self) -> bool {
        self.times == Some(0)
    }

    /// Counts a request that the rule covers, and returns whether it fails.
    fn applies(&mut self) -> bool {
        if self.after > 0 {
            self.after -= 1;
            return false;
        }
        self.times = self.times.map(|left| left.saturating_sub(1));
        true
    }
}

/// The rules of a simulator. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    rules: Arc<Mutex<Vec<Rule>>>,
    resumed: Arc<Notify>,
}

impl Faults {
    /// Adds a rule. If several rules cover a request, the first that applies decides.
    pub fn add(&self, rule: Rule) {
        self.locked().push(rule);
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.locked().clear();
    }

    /// Returns the rules that can still apply, with their remaining counts.
    pub fn rules(&self) -> Vec<Rule> {
        self.locked().iter().filter(|rule| !rule.is_used_up()).cloned().collect()
    }

    /// Resumes every body that `stop_reading` or `stall` holds at this moment.
    pub fn resume(&self) {
        self.resumed.notify_waiters();
    }

    /// Waits for the next [`resume`](Self::resume).
    async fn resumed(&self) {
        self.resumed.notified().await;
    }

    /// Returns the fault for a request, if a rule applies to it.
    fn pick(&self, path: &str, operation: &str) -> Option<Fault> {
        let covers_request = |rule: &Rule| rule.operation == "*" || covers(&rule.operation, path, operation);
        let mut rules = self.locked();
        let mut live = rules.iter_mut().filter(|rule| !rule.is_used_up() && covers_request(rule));
        live.find_map(|rule| rule.applies().then(|| rule.kind.clone()))
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, Rule};

    #[test]
    fn rule_skips_then_applies_then_is_used_up() {
        let faults = Faults::default();
        faults.add(Rule::new("file/info", Fault::Hang).after(1).times(2));
        let fails = || faults.pick("/v1/file/info", "file/info").is_some();
        assert_eq!([fails(), fails(), fails(), fails()], [false, true, true, false]);
        assert!(faults.rules().is_empty());
    }

    #[test]
    fn rule_covers_its_operation_and_star_covers_all() {
        let faults = Faults::default();
        faults.add(Rule::new("upload", Fault::Reset));
        assert_eq!(faults.pick("/v1/file/info", "file/info"), None);
        assert_eq!(faults.pick("/ul/x", "upload"), Some(Fault::Reset));
        faults.add(Rule::new("*", Fault::Hang));
        assert_eq!(faults.pick("/v1/file/info", "file/info"), Some(Fault::Hang));
    }

    #[test]
    fn rule_is_read_from_json() {
        let rule: Rule =
            serde_json::from_str(r#"{"operation": "*", "times": 1, "kind": {"delay": {"millis": 5}}}"#).unwrap();
        assert_eq!(rule, Rule::new("*", Fault::Delay { millis: 5 }).times(1));
        assert!(serde_json::from_str::<Rule>(r#"{"operation": "*", "kind": "reset", "often": true}"#).is_err());
    }
}
