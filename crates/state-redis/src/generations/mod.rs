//! Generations in Redis, with a memory of those that were read in the last second.

mod owed;
mod poll;
mod proofs;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use polyhost_state::{Consistency, GenerationList, Generations, Port, ScopeKey, StateError};
use redis::{Script, ScriptInvocation};
use tokio::time::Instant;

use self::owed::{Debt, Owed};
use self::proofs::{Proofs, Writes};
use crate::failure::Failure;
use crate::link::{Link, Session};

/// The [`Generations`] that replicas share.
pub(crate) struct RedisGenerations {
    link: Arc<Link>,
    script: Script,
    prefix: String,
    consistency: Consistency,
    proofs: Proofs,
    owed: Owed,
    /// The number of the last session.
    era: AtomicU64,
    /// The greatest number that was returned.
    highest: AtomicU64,
}

/// The answer of the script: the owner's number `w`, then the generation of each scope.
type Answer = Vec<u64>;

impl RedisGenerations {
    pub(crate) fn new(link: Arc<Link>, prefix: &str, consistency: Consistency) -> Self {
        Self {
            link,
            script: Script::new(include_str!("generations.lua")),
            prefix: format!("{prefix}:g"),
            consistency,
            proofs: Proofs::default(),
            owed: Owed::default(),
            era: AtomicU64::new(0),
            highest: AtomicU64::new(0),
        }
    }

    /// Returns the lower bound of all generations in a session that begins at `now`, in microseconds of the server's
    /// time. It exceeds all generations of earlier sessions, so cache entries of before the outage are out of date.
    pub(crate) fn floor_at(&self, now: u64) -> u64 {
        now.max(self.highest.load(Ordering::SeqCst) + 1)
    }

    /// Begins a session: nothing that was read in an earlier one is proven any more.
    pub(crate) fn begin(&self, session: &Session) {
        self.era.store(session.era, Ordering::SeqCst);
    }

    /// Waits until a raise is owed.
    pub(crate) async fn owes(&self) {
        self.owed.added().await;
    }

    /// Sends the owed raises of all owners, until there are none.
    pub(crate) async fn replay(&self, session: &Session, limit: Duration) -> Result<(), Failure> {
        while let Some(owner) = self.owed.owner() {
            let Some(debt) = self.owed.of(&owner) else { continue };
            let sent_at = Instant::now();
            let answer: Answer = session.call(&self.payment(session, &owner, &debt), limit).await?;
            self.note(session, &owner, &[], sent_at, &answer);
            self.owed.settle(&owner, &debt);
        }
        Ok(())
    }

    /// Sends the owed raises of one owner within a request.
    async fn pay(&self, session: &Arc<Session>, owner: &str, debt: &Debt) -> Result<(), Failure> {
        let sent_at = Instant::now();
        let answer: Answer = self.link.call_in(session, &self.payment(session, owner, debt)).await?;
        self.note(session, owner, &[], sent_at, &answer);
        self.owed.settle(owner, debt);
        Ok(())
    }

    fn payment(&self, session: &Session, owner: &str, debt: &Debt) -> ScriptInvocation<'_> {
        let action = if debt.scopes.is_some() { "raise" } else { "raise-all" };
        self.invocation(session, owner, action, debt.scopes.iter().flatten().copied())
    }

    async fn read(&self, session: &Arc<Session>, owner: &str, scopes: &[&ScopeKey]) -> Result<Answer, Failure> {
        // Until its own raises are confirmed, this replica must not read the generations of before them.
        if let Some(debt) = self.owed.of(owner) {
            self.pay(session, owner, &debt).await?;
        }
        self.run(session, owner, "read", scopes).await
    }

    async fn run(
        &self,
        session: &Arc<Session>,
        owner: &str,
        action: &str,
        scopes: &[&ScopeKey],
    ) -> Result<Answer, Failure> {
        let numbers = scopes.iter().map(|scope| scope.number());
        let sent_at = Instant::now();
        let answer: Answer = self.link.call_in(session, &self.invocation(session, owner, action, numbers)).await?;
        if answer.len() != scopes.len() + 1 {
            return Err(Failure::unknown_answer());
        }
        self.note(session, owner, scopes, sent_at, &answer);
        Ok(answer)
    }

    fn invocation(
        &self,
        session: &Session,
        owner: &str,
        action: &str,
        scopes: impl Iterator<Item = u64>,
    ) -> ScriptInvocation<'_> {
        let mut invocation = self.script.key(self.name(owner));
        invocation.arg(&session.run_id).arg(session.floor).arg(action);
        for number in scopes {
            invocation.arg(number);
        }
        invocation
    }

    /// Remembers an answer.
    fn note(&self, session: &Session, owner: &str, scopes: &[&ScopeKey], sent_at: Instant, answer: &[u64]) {
        let Some((number, generations)) = answer.split_first() else { return };
        for number in answer {
            self.highest.fetch_max(*number, Ordering::SeqCst);
        }
        let writes = Writes { era: session.era, number: *number };
        self.proofs.learn(owner, writes, sent_at, scopes.iter().copied().zip(generations.iter().copied()));
    }

    /// Returns the key of an owner's hash. The owner selects the slot of a cluster.
    fn name(&self, owner: &str) -> String {
        format!("{}:{{{owner}}}", self.prefix)
    }
}

#[async_trait]
impl Generations for RedisGenerations {
    fn known(&self, scopes: &[ScopeKey]) -> Option<GenerationList> {
        if self.consistency == Consistency::Strict || scopes.iter().any(|scope| self.owed.includes(scope.owner())) {
            return None;
        }
        self.proofs.known(self.era.load(Ordering::SeqCst), scopes)
    }

    async fn current(&self, scopes: &[ScopeKey]) -> Result<GenerationList, StateError> {
        let mut generations = GenerationList::from_elem(0, scopes.len());
        if scopes.is_empty() {
            return Ok(generations);
        }
        let session = self.link.session().map_err(unavailable)?;
        for (owner, places) in by_owner(scopes) {
            let wanted: Vec<_> = places.iter().map(|place| &scopes[*place]).collect();
            let answer = self.read(&session, owner, &wanted).await.map_err(unavailable)?;
            for (place, generation) in places.into_iter().zip(&answer[1..]) {
                generations[place] = *generation;
            }
        }
        Ok(generations)
    }

    async fn raise(&self, scopes: &[ScopeKey]) -> Result<(), StateError> {
        let mut outcome = Ok(());
        for (owner, places) in by_owner(scopes) {
            let mut raise = Raise {
                owed: &self.owed,
                owner,
                scopes: places.into_iter().map(|place| &scopes[place]).collect(),
                is_confirmed: false,
            };
            let sent = match self.link.session() {
                Ok(session) => self.run(&session, owner, "raise", &raise.scopes).await.map(drop),
                Err(failure) => Err(failure),
            };
            raise.is_confirmed = sent.is_ok();
            outcome = outcome.and(sent.map_err(unavailable));
        }
        outcome
    }
}

/// A raise that is being sent. If its caller is cancelled, or it fails, it is owed.
struct Raise<'a> {
    owed: &'a Owed,
    owner: &'a str,
    scopes: Vec<&'a ScopeKey>,
    is_confirmed: bool,
}

impl Drop for Raise<'_> {
    fn drop(&mut self) {
        if !self.is_confirmed {
            self.owed.add(self.owner, &self.scopes);
        }
    }
}

/// Returns the owners of scopes, and the places of each one's scopes.
fn by_owner(scopes: &[ScopeKey]) -> Vec<(&str, Vec<usize>)> {
    let mut owners: Vec<(&str, Vec<usize>)> = Vec::new();
    for (place, scope) in scopes.iter().enumerate() {
        match owners.iter_mut().find(|(owner, _)| *owner == scope.owner()) {
            Some((_, places)) => places.push(place),
            None => owners.push((scope.owner(), vec![place])),
        }
    }
    owners
}

fn unavailable(failure: Failure) -> StateError {
    failure.into_error(Port::Generations)
}
