//! Hints about circuits and slow-downs, which replicas share. So a replica needs no requests of its own to learn that a
//! site fails or is overloaded.
//!
//! - After the circuit of an address has opened at one replica, the first failure opens that of the others, too. A hint
//!   alone rejects nothing: a replica whose own network is broken must not cut off the others.
//! - A complaint of a site about too many requests slows its account down at all replicas.
//!
//! Hints are marks, which a background task adds and reads. No request waits for the store, and without the store each
//! replica continues with what it sees itself. A hint has times of the wall clock, because it may be read late: a
//! replica that starts reads the hints of an hour, and ignores those that are over.

mod complaints;
mod hint;

use std::sync::Arc;
use std::time::Duration;

use polyhost_domain::Origin;
use polyhost_state::{Marks, Patience};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;

use self::complaints::Complaints;
use self::hint::{Complaint, Hint, OpenCircuit, wall_clock};
use crate::addresses::Addresses;
use crate::circuit::Circuit;
use crate::pace::Pace;

/// The owner of the marks.
pub(crate) const OWNER: &str = "hints";
/// The interval at which the hints of the other replicas are read.
pub(crate) const READ_INTERVAL: Duration = Duration::from_millis(500);
/// The longest wait for hints. A new replica reads those of an hour.
const READ_LIMIT: Duration = Duration::from_secs(2);
/// The maximum number of hints that wait to be added. Further ones are dropped.
const MAX_WAITING: usize = 256;

/// The exchange of hints with the other replicas. If there are none, it does nothing. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Hints(Option<Arc<Exchange>>);

struct Exchange {
    waiting: mpsc::Sender<Hint>,
    complaints: Arc<Complaints>,
    /// Ends with the last client. It is no tracked task, because it would never end by itself.
    _task: AbortOnDropHandle<()>,
}

/// The background task.
struct Task {
    marks: Arc<dyn Marks>,
    /// The number of this replica, which its marks begin with. Its own marks must not be applied again.
    replica: String,
    addresses: Addresses,
    complaints: Arc<Complaints>,
}

impl Hints {
    /// Starts the exchange of hints about `addresses`. `marks` is `None` if no other process shares the state.
    ///
    /// # Panics
    /// With marks, outside of a tokio runtime.
    pub(crate) fn start(marks: Option<Arc<dyn Marks>>, addresses: Addresses) -> Self {
        Self(marks.map(|marks| {
            let (sender, waiting) = mpsc::channel(MAX_WAITING);
            let complaints = Arc::<Complaints>::default();
            let replica = format!("{:016x}", rand::random::<u64>());
            let task = Task { marks, replica, addresses, complaints: Arc::clone(&complaints) };
            let task = tokio::spawn(async move { tokio::join!(task.publish(waiting), task.read()).0 });
            Arc::new(Exchange { waiting: sender, complaints, _task: AbortOnDropHandle::new(task) })
        }))
    }

    /// Applies the complaints about an account's requests to its pace: those of the other replicas that are in force,
    /// and all later ones.
    pub(crate) fn follow(&self, origin: &Origin, pace: &Arc<Pace>) {
        if let Some(exchange) = &self.0 {
            exchange.complaints.follow(origin, pace);
        }
    }

    /// Informs the other replicas that a circuit is open for this time.
    pub(crate) fn circuit_opened(&self, circuit: &Circuit, open: Duration) {
        self.publish(|now| {
            let (provider, address) = (circuit.provider.clone(), circuit.address.clone());
            Hint::OpenCircuit(OpenCircuit { provider, address, until: now.saturating_add(open) })
        });
    }

    /// Informs the other replicas that a site has complained about an account's requests, and of the pause that it has
    /// requested.
    pub(crate) fn site_complained(&self, origin: &Origin, requested: Option<Duration>) {
        self.publish(|at| {
            let pause_end = requested.map(|requested| at.saturating_add(requested));
            Hint::Complaint(origin.clone(), Complaint { at, pause_end })
        });
    }

    fn publish(&self, hint: impl FnOnce(Duration) -> Hint) {
        if let Some(exchange) = &self.0
            && exchange.waiting.try_send(hint(wall_clock())).is_err()
        {
            tracing::debug!("too many hints for other replicas; one was dropped");
        }
    }
}

impl Task {
    /// Adds the waiting hints as marks, until the exchange ends.
    async fn publish(&self, mut waiting: mpsc::Receiver<Hint>) {
        while let Some(hint) = waiting.recv().await {
            if let Err(error) = self.marks.add(OWNER, &format!("{}/{hint}", self.replica)).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "other replicas do not get a hint");
            }
        }
    }

    /// Reads and applies the hints of the other replicas. Without the store, they are read later. Never returns.
    async fn read(&self) {
        let mut position = 0;
        loop {
            match Patience::of(READ_LIMIT).scope(self.marks.since(OWNER, position)).await {
                Ok((marks, next)) => {
                    marks.iter().for_each(|mark| self.apply(mark));
                    position = next;
                }
                Err(error) => {
                    tracing::debug!(error = &error as &dyn std::error::Error, "cannot read other replicas' hints");
                }
            }
            sleep(READ_INTERVAL).await;
        }
    }

    /// Applies a hint, unless it is over, this replica's own, or of a later version of the program.
    fn apply(&self, mark: &str) {
        let Some((_, text)) = mark.split_once('/').filter(|(replica, _)| *replica != self.replica) else { return };
        match Hint::parse(text) {
            Some(Hint::OpenCircuit(open)) => self.suspect(&open),
            Some(Hint::Complaint(origin, complaint)) => self.complaints.add(&origin, complaint.not_in_the_future()),
            None => {}
        }
    }

    fn suspect(&self, open: &OpenCircuit) {
        let OpenCircuit { provider, address, .. } = open;
        if let (Ok(url), Some(left)) = (address.parse(), open.left())
            && self.addresses.of(provider, &url).circuit.suspect(left)
        {
            tracing::debug!(%provider, address, ?left, "another replica's circuit is open: one failure opens this one");
        }
    }
}
