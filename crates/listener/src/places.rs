//! The places for connections. A caller that has shown a good key keeps its place. Strangers have a share of all places,
//! and each address a share of theirs. A connection beyond that is in surplus: it is let in to show a key, ends first
//! when places run out, and is refused with its first request without a good key.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::Peer;

/// How many connections in surplus an address may have in any case. A caller that shows its key at once has a place for
/// a moment only.
const SURPLUS: usize = 64;

/// All places of a listener.
#[derive(Debug, Clone)]
pub(crate) struct Places(Arc<Mutex<Book>>);

/// A connection's place, given back when this is dropped.
#[derive(Debug)]
pub struct Place {
    id: u64,
    places: Places,
    /// Whether a good key was shown, so that most requests need not take the lock.
    has_key: AtomicBool,
    ended: CancellationToken,
    refused: CancellationToken,
}

#[derive(Debug)]
struct Book {
    most: Most,
    next: u64,
    holders: HashMap<u64, Holder>,
    /// The connections in surplus, the oldest first.
    surplus: BTreeSet<u64>,
    strangers: usize,
    addresses: HashMap<Peer, Address>,
}

/// How many there may be.
#[derive(Debug, Clone, Copy)]
struct Most {
    all: usize,
    strangers: usize,
    strangers_of_address: usize,
    surplus_of_address: usize,
}

#[derive(Debug)]
struct Holder {
    peer: Peer,
    kind: Kind,
    ended: CancellationToken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Client,
    Stranger,
    Surplus,
}

/// The connections of an address without a good key.
#[derive(Debug, Default)]
struct Address {
    strangers: usize,
    surplus: BTreeSet<u64>,
}

impl Places {
    /// So many places, a quarter of which is for callers with keys.
    pub(crate) fn new(all: usize, of_address: usize) -> Self {
        let reserved = all / 4;
        let strangers = all - reserved;
        let most = Most {
            all,
            strangers,
            strangers_of_address: of_address.min(strangers),
            surplus_of_address: (reserved / 2).max(SURPLUS),
        };
        Self(Arc::new(Mutex::new(Book {
            most,
            next: 0,
            holders: HashMap::new(),
            surplus: BTreeSet::new(),
            strangers: 0,
            addresses: HashMap::new(),
        })))
    }

    /// A place for a new connection. `None` where all are taken, and none by a connection in surplus.
    pub(crate) fn admit(&self, peer: Peer) -> Option<Arc<Place>> {
        let mut book = self.book();
        if book.holders.len() >= book.most.all {
            let oldest = book.surplus.first().copied()?;
            book.evict(oldest);
        }
        let kind = if book.has_room_for_stranger(peer) { Kind::Stranger } else { Kind::Surplus };
        if kind == Kind::Surplus
            && let Some(address) = book.addresses.get(&peer)
            && address.surplus.len() >= book.most.surplus_of_address
            && let Some(oldest) = address.surplus.first().copied()
        {
            book.evict(oldest);
        }
        let (id, ended) = (book.next, CancellationToken::new());
        book.next += 1;
        book.enter(id, Holder { peer, kind, ended: ended.clone() });
        Some(Arc::new(Place {
            id,
            places: self.clone(),
            has_key: AtomicBool::new(false),
            ended,
            refused: CancellationToken::new(),
        }))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Book {
    fn has_room_for_stranger(&self, peer: Peer) -> bool {
        let of_address = self.addresses.get(&peer).map_or(0, |address| address.strangers);
        self.strangers < self.most.strangers && of_address < self.most.strangers_of_address
    }

    fn enter(&mut self, id: u64, holder: Holder) {
        match holder.kind {
            Kind::Client => {}
            Kind::Stranger => {
                self.strangers += 1;
                self.addresses.entry(holder.peer).or_default().strangers += 1;
            }
            Kind::Surplus => {
                self.surplus.insert(id);
                self.addresses.entry(holder.peer).or_default().surplus.insert(id);
            }
        }
        self.holders.insert(id, holder);
    }

    fn leave(&mut self, id: u64) -> Option<Holder> {
        let holder = self.holders.remove(&id)?;
        if let Some(address) = self.addresses.get_mut(&holder.peer) {
            match holder.kind {
                Kind::Client => {}
                Kind::Stranger => {
                    self.strangers -= 1;
                    address.strangers -= 1;
                }
                Kind::Surplus => {
                    self.surplus.remove(&id);
                    address.surplus.remove(&id);
                }
            }
            if address.strangers == 0 && address.surplus.is_empty() {
                self.addresses.remove(&holder.peer);
            }
        }
        Some(holder)
    }

    fn evict(&mut self, id: u64) {
        if let Some(holder) = self.leave(id) {
            holder.ended.cancel();
        }
    }

    /// Changes what a holder counts as.
    fn become_kind(&mut self, id: u64, kind: Kind) {
        if let Some(holder) = self.leave(id) {
            self.enter(id, Holder { kind, ..holder });
        }
    }
}

impl Place {
    /// Notes that the caller has shown a good key.
    pub fn show_key(&self) {
        if !self.has_key.swap(true, Ordering::Relaxed) {
            self.places.book().become_kind(self.id, Kind::Client);
        }
    }

    /// Whether a request without a good key may be answered here. Where it may not, the connection ends behind the
    /// answers that are under way.
    #[must_use]
    pub fn takes_stranger(&self) -> bool {
        if self.has_key.load(Ordering::Relaxed) {
            return true;
        }
        let mut book = self.places.book();
        let Some(holder) = book.holders.get(&self.id) else { return false };
        if holder.kind != Kind::Surplus {
            return true;
        }
        let has_room = book.has_room_for_stranger(holder.peer);
        if has_room {
            book.become_kind(self.id, Kind::Stranger);
        } else {
            self.refused.cancel();
        }
        has_room
    }

    /// Resolves when the connection has to end at once, because its place went to another.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Resolves when a request was refused for want of a place.
    pub(crate) async fn refused(&self) {
        self.refused.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.book().leave(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> Peer {
        Peer::at([192, 0, 2, last].into())
    }

    #[test]
    fn strangers_leave_places_for_clients() {
        let places = Places::new(8, 100);
        let strangers: Vec<_> = (0..6).map(|last| places.admit(peer(last)).unwrap()).collect();
        assert!(strangers.iter().all(|place| place.takes_stranger()));
        let surplus = [places.admit(peer(7)).unwrap(), places.admit(peer(8)).unwrap()];
        assert!(!surplus[0].takes_stranger());
        // All places are taken: the oldest in surplus gives way.
        let client = places.admit(peer(1)).unwrap();
        assert!(surplus[0].ended.is_cancelled() && !surplus[1].ended.is_cancelled());
        client.show_key();
        assert!(client.takes_stranger());
        surplus[1].show_key();
        assert!(places.admit(peer(9)).is_none());
        drop(surplus);
        assert!(!places.admit(peer(9)).unwrap().takes_stranger());
        drop(strangers);
        assert!(places.admit(peer(9)).unwrap().takes_stranger());
    }

    #[test]
    fn an_address_has_a_share_of_the_strangers_places() {
        let places = Places::new(100, 2);
        let [one, two, three] = [(); 3].map(|()| places.admit(peer(1)).unwrap());
        assert!(one.takes_stranger() && two.takes_stranger() && !three.takes_stranger());
        assert!(places.admit(peer(2)).unwrap().takes_stranger());
        // A client is not counted.
        one.show_key();
        assert!(three.takes_stranger());
    }

    #[test]
    fn an_address_has_so_many_connections_in_surplus() {
        let places = Places::new(1000, 1);
        let all: Vec<_> = (0..200).map(|_| places.admit(peer(1)).unwrap()).collect();
        let ended = all.iter().filter(|place| place.ended.is_cancelled()).count();
        assert_eq!(ended, 200 - 1 - 125);
        drop(all);
        let book = places.book();
        assert!(book.holders.is_empty() && book.surplus.is_empty() && book.addresses.is_empty());
        assert_eq!(book.strangers, 0);
    }
}
