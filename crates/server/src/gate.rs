//! Decides which connections are admitted: bounds on connections in total and per address, and one [`Account`] per
//! address for what the address has used. The table of accounts is read once per connection, never per message.

mod account;

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use teahouse_core::{Origin, SteadyTime, Verdict};

pub(crate) use account::{Account, Cost, WORK_WAIT_MS_MIN};

use crate::clock::SteadyClock;
use crate::settings::LimitSettings;
use account::Rates;

/// Accounts kept for addresses without a connection. Only an owner of whole networks can exceed this, and such an owner
/// can get fresh accounts anyway.
const IDLE_ACCOUNTS_MAX: usize = 16 * 1024;
/// The waiting time that a client gets when the server or its address has no free slot.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The counts and rates, shared by the listeners and all shards.
#[derive(Debug)]
pub(crate) struct Gate {
    clock: SteadyClock,
    rates: Arc<Rates>,
    /// Random for each process, so that an origin cannot be turned back into an address.
    origin_key: RandomState,
    /// How long a peer may accept no data that is sent to it, seconds; 0: forever.
    unread_s: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    connections_max: usize,
    connections_per_address_max: usize,
    not_entered_per_address_max: usize,
    connections: usize,
    accounts: HashMap<IpAddr, Arc<Account>>,
    /// Number of accounts at which unused ones are forgotten.
    accounts_max: usize,
}

/// The slot of one connection; dropping the permit frees the slot.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    account: Arc<Account>,
    has_entered: bool,
    is_connected: bool,
}

/// Why a connection is not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The server is full.
    Full {
        /// The limit of connections.
        max: usize,
    },
    /// The address has as many connections as it may.
    Address {
        /// The limit of connections from one address.
        max: usize,
    },
    /// The address has as many connections that have not entered as it may.
    NotEntered {
        /// The limit of such connections from one address.
        max: usize,
    },
    /// The address connects more often than it may.
    TooFast {
        /// Time until the address may connect again, milliseconds.
        wait_ms: u32,
    },
}

impl Refused {
    /// Time after which the client may try again, whole seconds, at least 1.
    pub(crate) fn retry_after_s(self) -> u64 {
        let wait = match self {
            Self::Full { .. } | Self::Address { .. } | Self::NotEntered { .. } => RETRY_AFTER,
            Self::TooFast { wait_ms } => Duration::from_millis(wait_ms.into()),
        };
        wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
    }
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
            Self::NotEntered { max } => write!(
                f,
                "too many connections from your address that have not come in (the limit is {max})"
            ),
            Self::TooFast { .. } => write!(
                f,
                "too many requests from your address; try again in {} s",
                self.retry_after_s()
            ),
        }
    }
}

impl Gate {
    /// A gate whose clock starts now.
    #[cfg(test)]
    pub(crate) fn started(limits: &LimitSettings, connections_max: usize) -> Arc<Self> {
        Self::new(limits, connections_max, SteadyClock::start())
    }

    pub(crate) fn new(
        limits: &LimitSettings,
        connections_max: usize,
        clock: SteadyClock,
    ) -> Arc<Self> {
        let state = State {
            connections_max: 0,
            connections_per_address_max: 0,
            not_entered_per_address_max: 0,
            connections: 0,
            accounts: HashMap::new(),
            accounts_max: IDLE_ACCOUNTS_MAX,
        };
        let gate = Arc::new(Self {
            clock,
            rates: Arc::default(),
            origin_key: RandomState::new(),
            unread_s: AtomicU32::new(0),
            state: Mutex::new(state),
        });
        gate.set_limits(limits, connections_max);
        gate
    }

    /// Admits a connection, or says why not. An address may connect at the same rate at which it may send requests.
    pub(crate) fn admit(self: &Arc<Self>, peer: IpAddr) -> Result<Permit, Refused> {
        let mut state = self.state();
        let account = self.account(&mut state, counted_as(peer));
        if state.connections >= state.connections_max {
            return Err(Refused::Full { max: state.connections_max });
        }
        let is_over = |count: usize, max: usize| max > 0 && count >= max;
        let max = state.connections_per_address_max;
        if is_over(account.connections.load(Ordering::Relaxed), max) {
            return Err(Refused::Address { max });
        }
        let max = state.not_entered_per_address_max;
        if is_over(account.not_entered.load(Ordering::Relaxed), max) {
            return Err(Refused::NotEntered { max });
        }
        if let Verdict::Wait { ms } = account.charge(self.clock.now(), Cost::CONNECTION) {
            return Err(Refused::TooFast { wait_ms: ms });
        }
        account.connections.fetch_add(1, Ordering::Relaxed);
        account.not_entered.fetch_add(1, Ordering::Relaxed);
        state.connections += 1;
        drop(state);
        Ok(Permit { gate: Arc::clone(self), account, has_entered: false, is_connected: true })
    }

    fn account(&self, state: &mut State, address: IpAddr) -> Arc<Account> {
        if let Some(account) = state.accounts.get(&address) {
            return Arc::clone(account);
        }
        if state.accounts.len() >= state.accounts_max {
            state.forget_idle(self.clock.now());
        }
        let account = Account::new(self.origin_of(address), Arc::clone(&self.rates));
        state.accounts.insert(address, Arc::clone(&account));
        account
    }

    /// The number by which the chat knows an address.
    fn origin_of(&self, address: IpAddr) -> Origin {
        match Origin(self.origin_key.hash_one(address)) {
            // The chat does not limit the server's own origin.
            Origin::SERVER => Origin(1),
            origin => origin,
        }
    }

    /// Changes the bounds. Connections that are already admitted stay.
    pub(crate) fn set_limits(&self, limits: &LimitSettings, connections_max: usize) {
        self.rates.set(limits);
        self.unread_s.store(limits.connections.unread_s, Ordering::Relaxed);
        let mut state = self.state();
        state.connections_max = connections_max;
        state.connections_per_address_max = limits.connections.connections_per_address_max;
        state.not_entered_per_address_max = limits.connections.newcomers_per_address_max;
    }

    /// How long a peer, accepted from now on, may accept no data that is sent to it; `None`: forever.
    pub(crate) fn unread_max(&self) -> Option<Duration> {
        let seconds = self.unread_s.load(Ordering::Relaxed);
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under this lock is complete in itself, so the state is sound even after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets accounts without connections: first those that owe nothing; if too many are left, all of them.
    fn forget_idle(&mut self, now: SteadyTime) {
        let is_used = |account: &Arc<Account>| Arc::strong_count(account) > 1;
        self.accounts.retain(|_, account| is_used(account) || !account.is_settled(now));
        let idle = self.accounts.values().filter(|account| !is_used(account)).count();
        if idle > IDLE_ACCOUNTS_MAX / 2 {
            self.accounts.retain(|_, account| is_used(account));
        }
        // The next cleaning comes after half as many new accounts.
        self.accounts_max = self.accounts.len() + IDLE_ACCOUNTS_MAX / 2;
    }
}

impl Permit {
    /// The account of the connection's address.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// The origin of the connection's requests.
    pub(crate) fn origin(&self) -> Origin {
        self.account.origin
    }

    /// Records that the connection has a session: it no longer counts as one that has not entered.
    pub(crate) fn come_in(&mut self) {
        if !std::mem::replace(&mut self.has_entered, true) {
            self.account.not_entered.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Permit {
    /// Records that the connection is closed and its session is suspended: the session keeps a slot of its address, but
    /// none of the server. Otherwise no client could reconnect after all connections of a full server broke at once.
    pub(crate) fn disconnect(&mut self) {
        if std::mem::replace(&mut self.is_connected, false) {
            let mut state = self.gate.state();
            state.connections = state.connections.saturating_sub(1);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.come_in();
        self.disconnect();
        self.account.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The address under which a peer is counted: a whole IPv4 address, or the /64 network of an IPv6 address.
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

    fn gate(connections_max: usize, change: impl FnOnce(&mut LimitSettings)) -> Arc<Gate> {
        let mut limits = LimitSettings::default();
        change(&mut limits);
        Gate::new(&limits, connections_max, SteadyClock::start())
    }

    #[test]
    fn a_suspended_session_keeps_a_slot_of_its_address_and_none_of_the_server() {
        let gate = gate(2, |limits| limits.connections.connections_per_address_max = 2);
        let mut here: Vec<Permit> =
            (0..2).map(|_| gate.admit(address("10.0.0.1")).unwrap()).collect();
        here.iter_mut().for_each(Permit::disconnect);
        assert_eq!(gate.admit(address("10.0.0.1")).unwrap_err(), Refused::Address { max: 2 });
        let elsewhere = gate.admit(address("10.0.0.2")).unwrap();
        // One session is resumed, which frees its old slot.
        here.pop();
        let back = gate.admit(address("10.0.0.1")).unwrap();
        assert_eq!(gate.admit(address("10.0.0.3")).unwrap_err(), Refused::Full { max: 2 });
        drop((elsewhere, back, here));
        assert_eq!(gate.state().connections, 0);
    }

    #[test]
    fn a_slot_is_free_again_when_its_permit_is_dropped() {
        let gate = gate(2, |_| {});
        let first = gate.admit(address("10.0.0.1")).unwrap();
        let _second = gate.admit(address("10.0.0.1")).unwrap();
        assert_eq!(gate.admit(address("10.0.0.2")).unwrap_err(), Refused::Full { max: 2 });
        drop(first);
        assert!(gate.admit(address("10.0.0.2")).is_ok());
    }

    #[test]
    fn one_address_is_bounded_and_an_ipv6_network_is_one_address() {
        let gate = gate(100, |limits| limits.connections.connections_per_address_max = 1);
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
    fn a_connection_that_has_entered_frees_a_slot_for_another_from_its_address() {
        let gate = gate(100, |limits| limits.connections.newcomers_per_address_max = 1);
        let mut first = gate.admit(address("10.0.0.1")).unwrap();
        assert_eq!(gate.admit(address("10.0.0.1")).unwrap_err(), Refused::NotEntered { max: 1 });
        first.come_in();
        let second = gate.admit(address("10.0.0.1")).unwrap();
        drop(second);
        assert!(gate.admit(address("10.0.0.1")).is_ok());
    }

    #[test]
    fn what_an_address_has_used_is_remembered_after_its_connection_closes() {
        let gate = gate(100, |limits| {
            limits.addresses.address_requests_burst = 3;
            limits.addresses.address_requests_per_second = 1;
        });
        for _ in 0..3 {
            drop(gate.admit(address("10.0.0.1")).unwrap());
        }
        let refused = gate.admit(address("10.0.0.1")).unwrap_err();
        assert!(matches!(refused, Refused::TooFast { wait_ms: 1..=1000 }), "{refused:?}");
        assert_eq!(refused.retry_after_s(), 1);
        assert!(gate.admit(address("10.0.0.2")).is_ok(), "another address is not affected");
    }

    #[test]
    fn new_connections_of_an_address_do_not_use_up_its_requests() {
        let gate = gate(100, |limits| {
            limits.addresses.address_requests_burst = 2;
            limits.addresses.address_requests_per_second = 1;
        });
        let first = gate.admit(address("10.0.0.1")).unwrap();
        let second = gate.admit(address("10.0.0.1")).unwrap();
        gate.admit(address("10.0.0.1")).unwrap_err();
        for permit in [first, second] {
            assert_eq!(permit.account().charge(gate.clock.now(), Cost::REQUEST), Verdict::Pass);
        }
    }

    #[test]
    fn accounts_without_connections_are_bounded() {
        let gate = gate(usize::MAX, |_| {});
        let kept = gate.admit(address("192.0.2.1")).unwrap();
        for number in 0..3 * IDLE_ACCOUNTS_MAX {
            let number = u32::try_from(number).unwrap();
            drop(gate.admit(IpAddr::V4((0x0A00_0000 + number).into())).unwrap());
        }
        assert!(gate.state().accounts.len() <= IDLE_ACCOUNTS_MAX + 1);
        assert!(gate.state().accounts.contains_key(&address("192.0.2.1")));
        drop(kept);
    }

    #[test]
    fn an_address_has_one_origin_in_a_process_and_another_in_the_next() {
        let server = gate(100, |_| {});
        let origin = |gate: &Arc<Gate>, peer| gate.admit(address(peer)).unwrap().origin();
        let first = origin(&server, "10.0.0.1");
        assert_eq!(origin(&server, "::ffff:10.0.0.1"), first);
        assert_ne!(origin(&server, "10.0.0.2"), first);
        assert_eq!(origin(&server, "2001:db8::1"), origin(&server, "2001:db8::2"));
        assert_ne!(origin(&server, "2001:db8::1"), origin(&server, "2001:db8:0:1::1"));
        assert_ne!(origin(&gate(100, |_| {}), "10.0.0.1"), first);
    }
}
