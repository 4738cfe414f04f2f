//! A session: the parts that all steps of one command share.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Mutex;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::hint;
use crate::interrupt::Interrupt;
use crate::location::Location;
use crate::report::{Output, Report, Subject};

/// The gateway, the output and the interrupt of one command.
#[derive(Debug)]
pub struct Session {
    pub(crate) gateway: Gateway,
    pub(crate) interrupt: Interrupt,
    pub(crate) report: Report,
    abilities: Mutex<HashMap<String, Arc<Abilities>>>,
}

/// The capabilities of an account. Those of a client without the scope `read` are unknown.
#[derive(Debug, Default)]
pub(crate) struct Abilities(Option<Value>);

impl Session {
    /// Creates the session of a command.
    #[must_use]
    pub fn new(gateway: Gateway, output: Output, interrupt: Interrupt) -> Self {
        let report = Report::new(output);
        gateway.waits().show_on(report.progress());
        if gateway.target().exposes_key() {
            let address = gateway.address();
            report.say(&format!("polyhost: The key goes to {address} unencrypted; others on the network can read it."));
        }
        Self { gateway, interrupt, report, abilities: Mutex::default() }
    }

    /// Runs the work of a command, reports its failure, and returns the exit.
    pub(crate) async fn run(&self, work: impl Future<Output = Result<(), Failure>>) -> Exit {
        let outcome = self.interrupt.unless(work).await;
        if let Err(failure) = outcome.unwrap_or_else(|| Err(Failure::interrupted("The command is not complete."))) {
            self.failed(&Subject::default(), failure).await;
        }
        self.report.exit()
    }

    /// Reports a failure, with a hint if there is one.
    pub(crate) async fn failed(&self, subject: &Subject, failure: Failure) {
        self.report.failed(subject, &hint::add(&self.gateway, failure).await);
    }

    /// Works on each location. A failure does not stop the work on the others, unless it would hit them too.
    pub(crate) async fn each(
        &self,
        locations: &[Location],
        work: impl AsyncFn(&Location) -> Result<(), Failure>,
    ) -> Exit {
        let work_on_all = async {
            for location in locations {
                match work(location).await {
                    Err(failure) if !failure.ends_command() => {
                        self.failed(&Subject::path(location.to_string()), failure).await;
                    }
                    done => done?,
                }
            }
            Ok(())
        };
        self.run(work_on_all).await
    }

    /// Returns the capabilities of an account.
    ///
    /// # Errors
    /// If the gateway cannot be reached, or rejects the key or the account.
    pub(crate) async fn abilities(&self, account: &str) -> Result<Arc<Abilities>, Failure> {
        let mut known = self.abilities.lock().await;
        if let Some(abilities) = known.get(account) {
            return Ok(Arc::clone(abilities));
        }
        let abilities = match self.gateway.read(&["accounts", account, "capabilities"], &[]).await {
            // A client with the scope `write` may lack the scope `read`.
            Err(failure) if failure.problem().code() == "forbidden" => Abilities(None),
            answer => Abilities(Some(answer?)),
        };
        let abilities = Arc::new(abilities);
        known.insert(account.to_owned(), Arc::clone(&abilities));
        Ok(abilities)
    }

    /// Checks that an account has a capability. Otherwise the gateway would reject each of many files.
    ///
    /// # Errors
    /// If it lacks the capability. `action` completes the sentence "The account cannot …".
    pub(crate) async fn require(&self, account: &str, capability: &str, action: &str) -> Result<(), Failure> {
        if self.abilities(account).await?.lacks(capability) {
            let detail = format!("The site of account \"{account}\" cannot {action} ({capability}).");
            return Err(Failure::from_client("capability_unsupported", "The site does not support this", detail));
        }
        Ok(())
    }
}

impl Abilities {
    /// Returns whether the account is known to lack a capability.
    pub(crate) fn lacks(&self, capability: &str) -> bool {
        self.0.as_ref().is_some_and(|answer| answer["capabilities"][capability] == "unsupported")
    }

    /// Returns the largest size of an upload.
    pub(crate) fn max_upload(&self) -> Option<u64> {
        self.0.as_ref()?["max_upload_bytes"].as_u64()
    }
}
