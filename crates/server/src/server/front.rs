//! The listeners: the addresses for clients with the gate that admits them, and the address for metrics.

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

/// The listeners for clients, and the gate.
pub(super) struct Front {
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    gate: Arc<Gate>,
    /// The number of connections that the open-file limit allows.
    connections_possible: usize,
}

impl Front {
    /// Binds the addresses, without accepting connections yet.
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

    /// The bound addresses, with the ports that the system chose.
    pub(super) fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The number of connections that these limits and the open-file limit allow.
    pub(super) fn connections_max(&self, limits: &LimitSettings) -> usize {
        connections_max(limits, self.connections_possible)
    }

    /// Changes the bounds. Connections that are already admitted stay.
    pub(super) fn set_limits(&self, limits: &LimitSettings) {
        self.gate.set_limits(limits, self.connections_max(limits));
    }

    /// Spawns tasks that accept connections and hand them to these shards.
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

/// The limit of connections, at most what the open-file limit allows.
fn connections_max(limits: &LimitSettings, possible: usize) -> usize {
    match limits.connections.connections_max {
        0 => possible,
        max => max.min(possible),
    }
}

/// The listener for metrics.
pub(super) struct AdminDoor {
    pub(super) listener: Option<TcpListener>,
    /// Why metrics are not served at the default address.
    pub(super) missing: Option<Fault>,
}

impl AdminDoor {
    /// Binds the address for metrics. A default address that is taken is no error, because another server may have it;
    /// an address from the settings must be free.
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
