//! Who may connect: bounds on connections, in all and per address. Asked once per connection, never
//! on the way of a message.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use teahouse_core::Origin;

/// The counts of all shards and the listener.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    /// Drawn for this process: an origin cannot be turned back into an address.
    origin_key: RandomState,
}

#[derive(Debug)]
struct State {
    connections_max: usize,
    per_address_max: usize,
    connections: usize,
    per_address: HashMap<IpAddr, usize>,
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    address: IpAddr,
    origin: Origin,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The house is full.
    Full {
        /// Connections it takes.
        max: usize,
    },
    /// That address has as many as one may.
    Address {
        /// Connections it takes from one address.
        max: usize,
    },
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { max } => {
                write!(f, "the house is full ({max} connections); please try again later")
            }
            Self::Address { max } => {
                write!(f, "too many connections from your address (the limit is {max})")
            }
        }
    }
}

impl Gate {
    pub(crate) fn new(connections_max: usize, per_address_max: usize) -> Arc<Self> {
        let state =
            State { connections_max, per_address_max, connections: 0, per_address: HashMap::new() };
        Arc::new(Self { state: Mutex::new(state), origin_key: RandomState::new() })
    }

    /// Takes a place, or says why there is none.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Permit, Refused> {
        let address = counted_as(peer);
        let mut state = self.state();
        if state.connections >= state.connections_max {
            return Err(Refused::Full { max: state.connections_max });
        }
        let max = state.per_address_max;
        let count = state.per_address.entry(address).or_default();
        if max > 0 && *count >= max {
            return Err(Refused::Address { max });
        }
        *count += 1;
        state.connections += 1;
        drop(state);
        Ok(Permit { gate: Arc::clone(self), address, origin: self.origin_of(address) })
    }

    /// What the chat knows of an address.
    fn origin_of(&self, address: IpAddr) -> Origin {
        match Origin(self.origin_key.hash_one(address)) {
            // That one is not limited.
            Origin::HOUSE => Origin(1),
            origin => origin,
        }
    }

    /// Moves the bounds; who is in stays in.
    pub(crate) fn set_limits(&self, connections_max: usize, per_address_max: usize) {
        let mut state = self.state();
        state.connections_max = connections_max;
        state.per_address_max = per_address_max;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below is complete in itself, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit {
    /// Whose doing is what comes over this connection.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        state.connections = state.connections.saturating_sub(1);
        if let Some(count) = state.per_address.get_mut(&self.address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                state.per_address.remove(&self.address);
            }
        }
    }
}

/// One person has one IPv4 address or one IPv6 /64.
fn counted_as(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_is_free_again_when_its_permit_goes() {
        let gate = Gate::new(2, 0);
        let first = gate.admit(address("10.0.0.1")).unwrap();
        let _second = gate.admit(address("10.0.0.1")).unwrap();
        assert_eq!(gate.admit(address("10.0.0.2")).unwrap_err(), Refused::Full { max: 2 });
        drop(first);
        assert!(gate.admit(address("10.0.0.2")).is_ok());
    }

    #[test]
    fn one_address_is_bounded_and_an_ipv6_network_is_one_address() {
        let gate = Gate::new(100, 1);
        let _v4 = gate.admit(address("10.0.0.1")).unwrap();
        assert_eq!(
            gate.admit(address("::ffff:10.0.0.1")).unwrap_err(),
            Refused::Address { max: 1 }
        );
        let _v6 = gate.admit(address("2001:db8::1")).unwrap();
        assert!(gate.admit(address("2001:db8::2")).is_err());
        assert!(gate.admit(address("2001:db8:0:1::2")).is_ok());
    }

    #[test]
    fn whoever_reconnects_has_the_same_origin_in_this_process_and_another_in_the_next() {
        let gate = Gate::new(100, 0);
        let origin = |gate: &Arc<Gate>, peer| gate.admit(address(peer)).unwrap().origin();
        let first = origin(&gate, "10.0.0.1");
        assert_eq!(origin(&gate, "::ffff:10.0.0.1"), first);
        assert_ne!(origin(&gate, "10.0.0.2"), first);
        assert_eq!(origin(&gate, "2001:db8::1"), origin(&gate, "2001:db8::2"));
        assert_ne!(origin(&gate, "2001:db8::1"), origin(&gate, "2001:db8:0:1::1"));
        assert_ne!(origin(&Gate::new(100, 0), "10.0.0.1"), first);
    }
}
