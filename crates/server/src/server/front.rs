//! What faces outside: the addresses people come to, who of them is let in, and where metrics are.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::clock::SteadyClock;
use crate::error::Fault;
use crate::gate::Gate;
use crate::inbox::Inbox;
use crate::listener::{Doors, accept, bind, bind_all};
use crate::open_files;
use crate::settings::{ADMIN_ADDRESS, AdminSetting, LimitSettings, Settings};

/// Where people come in.
pub(super) struct Front {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    gate: Arc<Gate>,
    /// How many connections there are files for.
    connections_possible: usize,
}

impl Front {
    /// Listens, and lets nobody in yet.
    pub(super) fn bind(
        settings: &Settings,
        shards: usize,
        clock: SteadyClock,
    ) -> Result<Self, Fault> {
        let listeners = bind_all(&settings.listen)?;
        let addresses = listeners.iter().filter_map(|l| l.local_addr().ok()).collect();
        let connections_possible = open_files::connections_possible(shards);
        let connections_max = connections_max(&settings.limits, connections_possible);
        let gate = Gate::new(&settings.limits, connections_max, clock);
        Ok(Self { listeners, addresses, gate, connections_possible })
    }

    /// Where it listens, with the ports that were chosen.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many connections there may be with these limits.
    pub(super) fn connections_max(&self, limits: &LimitSettings) -> usize {
        connections_max(limits, self.connections_possible)
    }

    /// Moves the bounds; who is in stays in.
    pub(super) fn set_limits(&self, limits: &LimitSettings) {
        self.gate.set_limits(limits, self.connections_max(limits));
    }

    /// Lets people in to these shards, for as long as the tasks run.
    pub(super) fn accept(
        &mut self,
        shards: &[mpsc::Sender<Inbox>],
        tasks: &mut JoinSet<()>,
    ) -> Result<(), Fault> {
        let doors = Doors { gate: Arc::clone(&self.gate), shards: shards.to_vec() };
        for (listener, address) in self.listeners.drain(..).zip(&self.addresses) {
            let listener = tokio::net::TcpListener::from_std(listener)
                .map_err(|why| Fault::Listen { address: *address, why })?;
            tasks.spawn(accept(listener, doors.clone()));
        }
        Ok(())
    }
}

/// As many as wished, if there are files for them.
fn connections_max(limits: &LimitSettings, possible: usize) -> usize {
    match limits.connections.connections_max {
        0 => possible,
        max => max.min(possible),
    }
}

/// Where metrics are.
pub(super) struct AdminDoor {
    pub(super) listener: Option<TcpListener>,
    /// Why they are not served at their usual address.
    pub(super) missing: Option<Fault>,
}

impl AdminDoor {
    /// The usual address for metrics is passed over when it is taken: another server may have it. One that was
    /// asked for must be free.
    pub(super) fn bind(admin: AdminSetting) -> Result<Self, Fault> {
        let (listener, missing) = match admin {
            AdminSetting::Off => (None, None),
            AdminSetting::At(address) => (Some(bind(address)?), None),
            AdminSetting::Auto => match bind(ADMIN_ADDRESS) {
                Ok(listener) => (Some(listener), None),
                Err(why) => (None, Some(why)),
            },
        };
        Ok(Self { listener, missing })
    }

    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.listener.as_ref().and_then(|listener| listener.local_addr().ok())
    }
}
