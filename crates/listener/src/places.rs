//! The places for connections. A connection whose caller has sent a valid key keeps its place. Unauthenticated
//! connections have a share of all places, and each address has a share of theirs. A connection above these shares is a
//! surplus connection: it is accepted so that the caller can send a key, and rejected with its first request without a
//! valid key. It is closed first when places run out.
//!
//! A trusted proxy carries the requests of many callers. Its connections count as those of callers with a valid key.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::{AddressBlock, Peer};

/// The minimum limit of surplus connections from one address. A caller that sends its key at once is a surplus
/// connection only for a moment.
const MIN_SURPLUS_OF_ADDRESS: usize = 64;

/// All places of a listener.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Mutex<Registry>>);

/// The place of a connection. Dropping it releases the place.
#[derive(Debug)]
pub struct Place {
    id: u64,
    places: Places,
    /// Whether a valid key was sent. Most requests then need no lock.
    has_key: AtomicBool,
    ended: CancellationToken,
    refused: CancellationToken,
}

#[derive(Debug)]
struct Registry {
    maximum: Maximum,
    next: u64,
    entries: HashMap<u64, Entry>,
    /// The surplus connections, the oldest first.
    surplus: BTreeSet<u64>,
    unauthenticated: usize,
    addresses: HashMap<AddressBlock, Address>,
}

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
struct Maximum {
    all: usize,
    unauthenticated: usize,
    unauthenticated_of_address: usize,
    surplus_of_address: usize,
}

#[derive(Debug)]
struct Entry {
    block: AddressBlock,
    kind: Kind,
    ended: CancellationToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Client,
    Unauthenticated,
    Surplus,
}

/// The connections of an address that have not sent a valid key.
#[derive(Debug, Default)]
struct Address {
    unauthenticated: usize,
    surplus: BTreeSet<u64>,
}

impl Places {
    /// Creates `all` places; a quarter is reserved for callers with keys.
    pub(crate) fn new(all: usize, of_address: usize) -> Self {
        let reserved = all / 4;
        let unauthenticated = all - reserved;
        let maximum = Maximum {
            all,
            unauthenticated,
            unauthenticated_of_address: of_address.min(unauthenticated),
            surplus_of_address: (reserved / 2).max(MIN_SURPLUS_OF_ADDRESS),
        };
        Self(Arc::new(Mutex::new(Registry {
            maximum,
            next: 0,
            entries: HashMap::new(),
            surplus: BTreeSet::new(),
            unauthenticated: 0,
            addresses: HashMap::new(),
        })))
    }

    /// Returns a place for a new connection. `None` if all are taken, and none by a surplus connection.
    pub(crate) fn admit(&self, peer: Peer) -> Option<Arc<Place>> {
        let mut registry = self.registry();
        if registry.entries.len() >= registry.maximum.all {
            let oldest = registry.surplus.first().copied()?;
            registry.evict(oldest);
        }
        let block = AddressBlock::of(peer.address);
        let kind = match registry.has_room_for_unauthenticated(block) {
            // Its connections carry the requests of many callers.
            _ if peer.is_trusted_proxy => Kind::Client,
            true => Kind::Unauthenticated,
            false => Kind::Surplus,
        };
        if kind == Kind::Surplus
            && let Some(address) = registry.addresses.get(&block)
            && address.surplus.len() >= registry.maximum.surplus_of_address
            && let Some(oldest) = address.surplus.first().copied()
        {
            registry.evict(oldest);
        }
        let (id, ended) = (registry.next, CancellationToken::new());
        registry.next += 1;
        registry.enter(id, Entry { block, kind, ended: ended.clone() });
        Some(Arc::new(Place {
            id,
            places: self.clone(),
            has_key: AtomicBool::new(false),
            ended,
            refused: CancellationToken::new(),
        }))
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    fn has_room_for_unauthenticated(&self, block: AddressBlock) -> bool {
        let of_address = self.addresses.get(&block).map_or(0, |address| address.unauthenticated);
        self.unauthenticated < self.maximum.unauthenticated && of_address < self.maximum.unauthenticated_of_address
    }

    fn enter(&mut self, id: u64, entry: Entry) {
        match entry.kind {
            Kind::Client => {}
            Kind::Unauthenticated => {
                self.unauthenticated += 1;
                self.addresses.entry(entry.block).or_default().unauthenticated += 1;
            }
            Kind::Surplus => {
                self.surplus.insert(id);
                self.addresses.entry(entry.block).or_default().surplus.insert(id);
            }
        }
        self.entries.insert(id, entry);
    }

    fn leave(&mut self, id: u64) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        if let Some(address) = self.addresses.get_mut(&entry.block) {
            match entry.kind {
                Kind::Client => {}
                Kind::Unauthenticated => {
                    self.unauthenticated -= 1;
                    address.unauthenticated -= 1;
                }
                Kind::Surplus => {
                    self.surplus.remove(&id);
                    address.surplus.remove(&id);
                }
            }
            if address.unauthenticated == 0 && address.surplus.is_empty() {
                self.addresses.remove(&entry.block);
            }
        }
        Some(entry)
    }

    fn evict(&mut self, id: u64) {
        if let Some(entry) = self.leave(id) {
            entry.ended.cancel();
        }
    }

    /// Changes the kind of a connection.
    fn become_kind(&mut self, id: u64, kind: Kind) {
        if let Some(entry) = self.leave(id) {
            self.enter(id, Entry { kind, ..entry });
        }
    }
}

impl Place {
    /// Records that the caller has sent a valid key.
    pub fn show_key(&self) {
        if !self.has_key.swap(true, Ordering::Relaxed) {
            self.places.registry().become_kind(self.id, Kind::Client);
        }
    }

    /// Returns whether a request without a valid key may be answered on this connection. If not, the connection is
    /// closed after the answers under way.
    #[must_use]
    pub fn admits_unauthenticated(&self) -> bool {
        if self.has_key.load(Ordering::Relaxed) {
            return true;
        }
        let mut registry = self.places.registry();
        let Some(entry) = registry.entries.get(&self.id) else { return false };
        if entry.kind != Kind::Surplus {
            return true;
        }
        let has_room = registry.has_room_for_unauthenticated(entry.block);
        if has_room {
            registry.become_kind(self.id, Kind::Unauthenticated);
        } else {
            self.refused.cancel();
        }
        has_room
    }

    /// Resolves when the connection must be closed at once, because another connection took its place.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Resolves when a request was rejected for lack of a place.
    pub(crate) async fn refused(&self) {
        self.refused.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.registry().leave(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Peer::new([192, 0, 2, last].into(), &[])
    }

    #[test]
    fn unauthenticated_connections_leave_places_for_clients() {
        let places = Places::new(8, 100);
        let unauthenticated: Vec<_> = (0..6).map(|last| places.admit(peer(last)).unwrap()).collect();
        assert!(unauthenticated.iter().all(|place| place.admits_unauthenticated()));
        let surplus = [places.admit(peer(7)).unwrap(), places.admit(peer(8)).unwrap()];
        assert!(!surplus[0].admits_unauthenticated());
        // All places are taken: the oldest surplus connection is closed.
        let client = places.admit(peer(1)).unwrap();
        assert!(surplus[0].ended.is_cancelled() && !surplus[1].ended.is_cancelled());
        client.show_key();
        assert!(client.admits_unauthenticated());
        surplus[1].show_key();
        assert!(places.admit(peer(9)).is_none());
        drop(surplus);
        assert!(!places.admit(peer(9)).unwrap().admits_unauthenticated());
        drop(unauthenticated);
        assert!(places.admit(peer(9)).unwrap().admits_unauthenticated());
    }

    #[test]
    fn unauthenticated_connections_of_an_address_are_limited() {
        let places = Places::new(100, 2);
        let [one, two, three] = [(); 3].map(|()| places.admit(peer(1)).unwrap());
        assert!(one.admits_unauthenticated() && two.admits_unauthenticated() && !three.admits_unauthenticated());
        assert!(places.admit(peer(2)).unwrap().admits_unauthenticated());
        // Connections of clients do not count.
        one.show_key();
        assert!(three.admits_unauthenticated());
    }

    #[test]
    fn connections_of_a_trusted_proxy_are_not_limited_by_address() {
        let places = Places::new(10, 1);
        let proxy = Peer { is_trusted_proxy: true, ..peer(1) };
        let all: Vec<_> = (0..10).map(|_| places.admit(proxy).unwrap()).collect();
        assert!(all.iter().all(|place| place.admits_unauthenticated()));
        assert!(places.admit(proxy).is_none());
    }

    #[test]
    fn surplus_connections_of_an_address_are_limited() {
        let places = Places::new(1000, 1);
        let all: Vec<_> = (0..200).map(|_| places.admit(peer(1)).unwrap()).collect();
        let ended = all.iter().filter(|place| place.ended.is_cancelled()).count();
        assert_eq!(ended, 200 - 1 - 125);
        drop(all);
        let registry = places.registry();
        assert!(registry.entries.is_empty() && registry.surplus.is_empty() && registry.addresses.is_empty());
        assert_eq!(registry.unauthenticated, 0);
    }
}
