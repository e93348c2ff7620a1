//! The whole server. It opens in an order that changes nothing on disk until everything else works, runs until it is
//! told to stop, and closes so that accepted messages are stored and connected people are told.
//!
//! That order is [`Server::open`] and [`Server::run`]. The parts: the listeners ([`front`]), the threads that do all
//! the work ([`threads`]), and settings that change while the server runs ([`reload`]).

mod front;
mod reload;
mod threads;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use teahouse_core::{SessionId, Text};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tracing::{error, info, warn};

use crate::clock::SteadyClock;
use crate::error::Fault;
use crate::history;
use crate::inbox::Inbox;
use crate::metrics::{HubMetrics, Metrics};
use crate::settings::{Settings, SettingsError};
use crate::space::{CHECK_EVERY, LowSpace, Space, SpaceChange};
use crate::store::Store;
use front::{AdminDoor, Front};
use reload::HandingOut;
use threads::Threads;

/// A command to a running server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Close the server.
    Stop,
    /// Read the settings again.
    Reload,
}

/// A server that is bound to its addresses; [`Server::run`] accepts connections.
pub struct Server {
    settings: Settings,
    front: Front,
    admin: AdminDoor,
    database: Option<PathBuf>,
    threads: Threads,
    metrics: Metrics,
}

impl Server {
    /// Binds the addresses, opens the history and starts the threads. Waits until the start is recorded in the history.
    ///
    /// # Errors
    /// When an address is taken, the data directory cannot be used, or the database is not sound. Then nothing on disk
    /// has changed.
    pub fn open(settings: Settings) -> Result<Self, Fault> {
        let shard_count = shard_count(&settings);
        let clock = SteadyClock::start();
        let front = Front::bind(&settings, shard_count, clock)?;
        let admin = AdminDoor::bind(settings.admin)?;
        let database = settings.database()?;
        let directory = database.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let opened = Store::open(directory, settings.durability, history::READERS, drawn_epoch())?;
        if opened.loaded.last_boot >= SessionId::BOOTS_MAX {
            return Err(Fault::OpenedTooOften);
        }
        let hub_metrics = HubMetrics::default();
        let threads = Threads::start(&settings, shard_count, opened, (&hub_metrics, clock))?;
        let metrics = Metrics::new(hub_metrics, threads.inboxes().to_vec());
        metrics.set_hosts(settings.hosts.clone());
        Ok(Self { settings, front, admin, database, threads, metrics })
    }

    /// The bound addresses, with the ports that the system chose.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.front.addresses()
    }

    /// The address of the metrics, if they are served.
    #[must_use]
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.address()
    }

    /// The database file; `None` if the history is only in memory.
    #[must_use]
    pub fn database(&self) -> Option<&Path> {
        self.database.as_deref()
    }

    /// The settings in use.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Accepts connections until told to stop. Must be called in a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When a part of the server fails: the history cannot be written, or a thread ends by itself.
    pub async fn run(
        mut self,
        signals: mpsc::Receiver<Signal>,
        reload: impl Fn() -> Result<Settings, SettingsError>,
    ) -> Result<(), Fault> {
        // Dropping or shutting down the set ends its tasks.
        let mut accepting = JoinSet::new();
        self.front.accept(self.threads.inboxes(), &mut accepting)?;
        self.log_opening();
        if let Some(why) = &self.admin.missing {
            warn!(%why, "no metrics are served; choose another address with --admin, or --admin off");
        }
        if let Some(listener) = self.admin.listener.take() {
            accepting.spawn(self.metrics.clone().serve(listener));
        }
        let ended = self.wait(signals, reload).await;
        if let Some(what) = ended {
            error!(what, "a part of the server ended unexpectedly");
        }
        info!("closing");
        accepting.shutdown().await;
        drop(self.metrics);
        self.threads.close(ended).await
    }

    /// Runs until told to stop (`None`) or until a thread ends by itself (its name). Checks the disk meanwhile, and
    /// reloads the settings on request.
    async fn wait(
        &mut self,
        mut signals: mpsc::Receiver<Signal>,
        reload: impl Fn() -> Result<Settings, SettingsError>,
    ) -> Option<&'static str> {
        let mut handing_out = HandingOut::default();
        let mut look = tokio::time::interval(CHECK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut space = Space::of(self.database.as_deref());
        loop {
            tokio::select! {
                _ = look.tick() => self.check_space(&mut space),
                what = self.threads.ended() => break Some(what),
                signal = signals.recv() => match signal {
                    Some(Signal::Stop) | None => break None,
                    Some(Signal::Reload) => match reload() {
                        Ok(settings) => {
                            self.change(settings);
                            handing_out.begin(&self.settings, &self.threads);
                        }
                        Err(error) => {
                            warn!(%error, hint = error.hint(), "settings not reloaded");
                        }
                    },
                },
            }
        }
    }

    /// Applies new settings to the parts that are not in a thread.
    fn change(&mut self, settings: Settings) {
        self.settings = reload::keep_fixed(&self.settings, settings);
        self.metrics.set_hosts(self.settings.hosts.clone());
        self.front.set_limits(&self.settings.limits);
    }

    /// Tells the shards when the disk is nearly full, its figures, and when it has enough space again. It never waits
    /// for them: a server whose storage stalls must still react to signals.
    fn check_space(&self, space: &mut Space) {
        let Some(SpaceChange { low, has_turned }) = space.check(&self.settings) else { return };
        self.metrics.set_low_space(low);
        let inboxes = self.threads.inboxes();
        let sent = inboxes.iter().filter(|inbox| inbox.try_send(Inbox::Space(low)).is_ok());
        if sent.count() < inboxes.len() {
            return space.send_again();
        }
        if !has_turned {
            return;
        }
        match low {
            Some(LowSpace { free_mib, min_mib }) => {
                error!(
                    free_mib,
                    min_mib, "the disk is nearly full: new messages are refused until more is free"
                );
            }
            None => info!("the disk has enough free space again"),
        }
    }

    /// Logs the facts that a reader of the log needs later.
    fn log_opening(&self) {
        let Settings { limits, durability, .. } = &self.settings;
        info!(
            version = env!("CARGO_PKG_VERSION"),
            listen = ?self.addresses(),
            metrics = self.admin().map(tracing::field::display),
            database = self.database().map(|path| tracing::field::display(path.display())),
            ?durability,
            shards = self.threads.inboxes().len(),
            "open"
        );
        info!(
            connections = self.front.connections_max(limits),
            newcomers_per_address = limits.connections.newcomers_per_address_max,
            address_requests_per_second = limits.addresses.address_requests_per_second,
            connections_per_address = limits.connections.connections_per_address_max,
            flood_burst = limits.flood.flood_burst,
            flood_per_second = limits.flood.flood_per_second,
            rooms = limits.rooms.rooms_max,
            message_bytes = Text::BYTES_MAX,
            "limits (0: none)"
        );
    }
}

/// The epoch of a history that begins: 16 random bytes from the system.
fn drawn_epoch() -> [u8; 16] {
    let mut epoch = [0; 16];
    getrandom::fill(&mut epoch).expect("every system we run on gives random bytes");
    epoch
}

fn shard_count(settings: &Settings) -> usize {
    match settings.shards {
        // The hub needs a core as well. With a shard on every core, the threads interrupt each other within rounds,
        // rounds carry fewer messages, and a delivery costs twice as much (docs/performance.md).
        0 => {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            cores.saturating_sub(1).clamp(1, crate::SHARDS_MAX)
        }
        count => count,
    }
}

#[cfg(test)]
mod tests;
