//! Who may connect: bounds on connections, in all and per address, and one [`Account`] for each address of what
//! it has used. The table of accounts is asked once per connection, never on the way of a message.

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

/// Addresses without a connection whose accounts are kept. One has fewer unless somebody owns whole networks,
/// and then a fresh account is nothing new to them.
const IDLE_ACCOUNTS_MAX: usize = 16 * 1024;
/// How long somebody who finds no place is asked to wait.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The counts of all shards and the listener.
#[derive(Debug)]
pub(crate) struct Gate {
    clock: SteadyClock,
    rates: Arc<Rates>,
    /// Drawn for this process: an origin cannot be turned back into an address.
    origin_key: RandomState,
    /// How long a peer may take nothing of what it is sent, seconds; 0 for ever.
    unread_s: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    connections_max: usize,
    connections_per_address_max: usize,
    newcomers_per_address_max: usize,
    connections: usize,
    accounts: HashMap<IpAddr, Arc<Account>>,
    /// Accounts there may be until those are forgotten that nobody uses.
    accounts_max: usize,
}

/// One connection's place; given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    account: Arc<Account>,
    has_come_in: bool,
    is_connected: bool,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The server is full.
    Full {
        /// Connections it takes.
        max: usize,
    },
    /// That address has as many as one may.
    Address {
        /// Connections it takes from one address.
        max: usize,
    },
    /// That address has as many that have not come in as one may.
    NotEntered {
        /// Such connections it takes from one address.
        max: usize,
    },
    /// That address asks for more than one may in this time.
    TooFast {
        /// How long until it may ask again, milliseconds.
        wait_ms: u32,
    },
}

impl Refused {
    /// When to try again, whole seconds and at least one.
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
    /// One whose clock begins now.
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
            newcomers_per_address_max: 0,
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

    /// Takes a place, or says why there is none. An address may come as often as it may ask.
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
        let max = state.newcomers_per_address_max;
        if is_over(account.newcomers.load(Ordering::Relaxed), max) {
            return Err(Refused::NotEntered { max });
        }
        if let Verdict::Wait { ms } = account.charge(self.clock.now(), Cost::CONNECTION) {
            return Err(Refused::TooFast { wait_ms: ms });
        }
        account.connections.fetch_add(1, Ordering::Relaxed);
        account.newcomers.fetch_add(1, Ordering::Relaxed);
        state.connections += 1;
        drop(state);
        Ok(Permit { gate: Arc::clone(self), account, has_come_in: false, is_connected: true })
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

    /// What the chat knows of an address.
    fn origin_of(&self, address: IpAddr) -> Origin {
        match Origin(self.origin_key.hash_one(address)) {
            // That one is not limited.
            Origin::SERVER => Origin(1),
            origin => origin,
        }
    }

    /// Moves the bounds; who is in stays in.
    pub(crate) fn set_limits(&self, limits: &LimitSettings, connections_max: usize) {
        self.rates.set(limits);
        self.unread_s.store(limits.connections.unread_s, Ordering::Relaxed);
        let mut state = self.state();
        state.connections_max = connections_max;
        state.connections_per_address_max = limits.connections.connections_per_address_max;
        state.newcomers_per_address_max = limits.connections.newcomers_per_address_max;
    }

    /// How long a peer that is accepted from here on may take nothing of what it is sent.
    pub(crate) fn unread_max(&self) -> Option<Duration> {
        let seconds = self.unread_s.load(Ordering::Relaxed);
        (seconds > 0).then(|| Duration::from_secs(seconds.into()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change below is complete in itself, so a panic elsewhere leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Forgets accounts that nobody uses: first those that owe nothing, and all of them if those were few.
    fn forget_idle(&mut self, now: SteadyTime) {
        let is_used = |account: &Arc<Account>| Arc::strong_count(account) > 1;
        self.accounts.retain(|_, account| is_used(account) || !account.is_settled(now));
        let idle = self.accounts.values().filter(|account| !is_used(account)).count();
        if idle > IDLE_ACCOUNTS_MAX / 2 {
            self.accounts.retain(|_, account| is_used(account));
        }
        // So that the next time is as far away as half of them.
        self.accounts_max = self.accounts.len() + IDLE_ACCOUNTS_MAX / 2;
    }
}

impl Permit {
    /// What its address has used.
    pub(crate) fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Whose doing is what comes over this connection.
    pub(crate) fn origin(&self) -> Origin {
        self.account.origin
    }

    /// Its connection has a session: it counts as a member.
    pub(crate) fn come_in(&mut self) {
        if !std::mem::replace(&mut self.has_come_in, true) {
            self.account.newcomers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Permit {
    /// Its connection is closed and its session is kept: it costs its address a place, and the server none.
    /// Otherwise nobody could come back to a server where all connections broke at once.
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

    fn gate(connections_max: usize, change: impl FnOnce(&mut LimitSettings)) -> Arc<Gate> {
        let mut limits = LimitSettings::default();
        change(&mut limits);
        Gate::new(&limits, connections_max, SteadyClock::start())
    }

    #[test]
    fn a_kept_session_costs_its_address_a_place_and_the_server_none() {
        let gate = gate(2, |limits| limits.connections.connections_per_address_max = 2);
        let mut here: Vec<Permit> =
            (0..2).map(|_| gate.admit(address("10.0.0.1")).unwrap()).collect();
        here.iter_mut().for_each(Permit::disconnect);
        assert_eq!(gate.admit(address("10.0.0.1")).unwrap_err(), Refused::Address { max: 2 });
        let elsewhere = gate.admit(address("10.0.0.2")).unwrap();
        // One is resumed: what it held is free.
        here.pop();
        let back = gate.admit(address("10.0.0.1")).unwrap();
        assert_eq!(gate.admit(address("10.0.0.3")).unwrap_err(), Refused::Full { max: 2 });
        drop((elsewhere, back, here));
        assert_eq!(gate.state().connections, 0);
    }

    #[test]
    fn a_place_is_free_again_when_its_permit_goes() {
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
    fn whoever_has_come_in_makes_room_for_a_newcomer_of_the_same_address() {
        let gate = gate(100, |limits| limits.connections.newcomers_per_address_max = 1);
        let mut first = gate.admit(address("10.0.0.1")).unwrap();
        assert_eq!(gate.admit(address("10.0.0.1")).unwrap_err(), Refused::NotEntered { max: 1 });
        first.come_in();
        let second = gate.admit(address("10.0.0.1")).unwrap();
        drop(second);
        assert!(gate.admit(address("10.0.0.1")).is_ok());
    }

    #[test]
    fn what_an_address_has_used_is_remembered_after_its_connection() {
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
        assert!(gate.admit(address("10.0.0.2")).is_ok(), "the neighbour pays for nobody");
    }

    #[test]
    fn whoever_connects_all_the_time_takes_no_request_from_those_who_are_in() {
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
    fn whoever_reconnects_has_the_same_origin_in_this_process_and_another_in_the_next() {
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
