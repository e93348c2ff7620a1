//! The whole server: opened in an order that changes nothing on disk until everything else is known to
//! work, run until it is told to stop, closed so that what was taken is kept and who is in is told.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::tz::TimeZone;
use teahouse_core::{Action, Chat, Proposal, Text};
use teahouse_wire::api;
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;
use tokio::time::MissedTickBehavior;
use tracing::{error, info, warn};

use crate::browsers::Browsers;
use crate::clock::SteadyClock;
use crate::error::Fault;
use crate::gate::Gate;
use crate::hub::Hub;
use crate::inbox::{INBOX_MAX, Inbox};
use crate::listener::{Doors, accept, bind, bind_all};
use crate::log::LogSender;
use crate::metrics::{HubMetrics, Metrics};
use crate::reactor::{self, Parts};
use crate::settings::{ADMIN_ADDRESS, AdminSetting, LimitSettings, Settings, SettingsError};
use crate::shard::{self, Place};
use crate::space::{LOOK_EVERY, LowSpace, News, Space};
use crate::store::{Loaded, Store};
use crate::{history, log, open_files};

/// How long everything may take to end once the house closes.
const CLOSE_DEADLINE: Duration = Duration::from_millis(4500);
/// Bytes of stack of a shard or the hub: their futures are on the heap.
const STACK_BYTES: usize = 1024 * 1024;

/// What the outside asks of a running house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Close.
    Stop,
    /// Read the settings again.
    Reload,
}

/// A house that listens; [`House::run`] lets people in.
pub struct House {
    settings: Settings,
    listeners: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    database: Option<PathBuf>,
    connections_possible: usize,
    gate: Arc<Gate>,
    inboxes: Vec<mpsc::Sender<Inbox>>,
    log: LogSender,
    closing: watch::Sender<bool>,
    ended: mpsc::UnboundedReceiver<&'static str>,
    hub: JoinHandle<Result<(), Fault>>,
    shards: Vec<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
    admin: Option<TcpListener>,
    /// Why metrics are not served at their usual address.
    admin_missing: Option<Fault>,
    metrics: Metrics,
}

/// Tells the house that a thread has ended, however it ended. At most one message a thread.
struct EndNotice {
    what: &'static str,
    ended: mpsc::UnboundedSender<&'static str>,
}

impl Drop for EndNotice {
    fn drop(&mut self) {
        // Nobody listens any more when the house itself is gone.
        self.ended.send(self.what).ok();
    }
}

impl House {
    /// Binds the addresses, opens the history, starts the threads.
    ///
    /// # Errors
    /// When an address is taken, the data directory cannot be used, or the database is not sound.
    /// Nothing on disk is changed then.
    pub fn open(settings: Settings) -> Result<Self, Fault> {
        let listeners = bind_all(&settings.listen)?;
        let addresses = listeners.iter().filter_map(|l| l.local_addr().ok()).collect();
        let (admin, admin_missing) = bind_admin(settings.admin)?;
        let shard_count = shard_count(&settings);
        let connections_possible = open_files::connections_possible(shard_count);
        let database = settings.database()?;
        let directory = database.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let opened = Store::open(directory, settings.durability, history::READERS)?;
        let boot = opened.loaded.boot;
        if boot > shard::BOOTS_MAX {
            return Err(Fault::OpenedTooOften);
        }
        let Loaded { last_room, rooms, .. } = opened.loaded;
        let chat = Chat::restore(settings.chat_limits(), last_room, rooms);

        let this = Arc::new(api::House {
            epoch: api::Epoch::of(opened.loaded.epoch),
            server: env!("CARGO_PKG_VERSION").to_owned(),
            first_room: settings.first_room.clone(),
            ping_s: shard::PING_S,
            grace_s: settings.limits.seats.grace_s,
        });
        let hub_metrics = HubMetrics::default();
        let (log_sender, log) = log::open();
        let (closing, is_closing) = watch::channel(false);
        let (end_notices, ended) = mpsc::unbounded_channel();
        let (inboxes, receivers): (Vec<_>, Vec<_>) =
            (0..shard_count).map(|_| mpsc::channel(INBOX_MAX)).unzip();
        let start = |what| move |source| Fault::Start { what, source };
        let to_shards = inboxes.clone();
        let reply: history::Reply = Arc::new(move |shard: usize, page| {
            let shard = to_shards.get(shard);
            shard.is_some_and(|shard| shard.blocking_send(Inbox::Page(page)).is_ok())
        });
        let (jobs, readers) =
            history::start(opened.readers, &reply).map_err(start("reading threads"))?;
        let hub = Hub {
            chat,
            store: opened.store,
            log,
            shards: inboxes.clone(),
            metrics: hub_metrics.clone(),
            closing: is_closing,
        };
        let notice = EndNotice { what: "hub", ended: end_notices.clone() };
        let hub = spawn("hub", move |runtime| {
            let _notice = notice;
            runtime.block_on(hub.run())
        })?;
        let shared = Arc::new(settings.clone());
        let browsers = Arc::new(Browsers::default());
        let clock = SteadyClock::start();
        let mut shards = Vec::with_capacity(shard_count);
        for (index, inbox) in receivers.into_iter().enumerate() {
            let settings = Arc::clone(&shared);
            let (log, jobs) = (log_sender.clone(), jobs.clone());
            let house = Arc::clone(&this);
            let browsers = Arc::clone(&browsers);
            let zone = TimeZone::system();
            let place = Place { index, boot, house, settings, browsers, zone };
            let parts = Parts { place, clock, inbox, log, jobs };
            let notice = EndNotice { what: "shard", ended: end_notices.clone() };
            shards.push(spawn("shard", move |runtime| {
                let _notice = notice;
                LocalSet::new().block_on(&runtime, reactor::run(parts));
            })?);
        }
        let gate =
            Gate::new(&settings.limits, connections_max(&settings.limits, connections_possible));
        let metrics = Metrics::new(hub_metrics, inboxes.clone());
        metrics.set_hosts(settings.hosts.clone());
        Ok(Self {
            settings,
            listeners,
            addresses,
            database,
            connections_possible,
            gate,
            inboxes,
            log: log_sender,
            closing,
            ended,
            hub,
            shards,
            readers,
            admin,
            admin_missing,
            metrics,
        })
    }

    /// Where it listens, with the ports that were chosen.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Where metrics are, if they are served.
    #[must_use]
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// The database file; `None` when nothing is kept.
    #[must_use]
    pub fn database(&self) -> Option<&Path> {
        self.database.as_deref()
    }

    /// What it was opened with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Lets people in until told to stop. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When a part of the house fails: the history cannot be written, or a thread ends by itself.
    pub async fn run(
        mut self,
        mut signals: mpsc::Receiver<Signal>,
        reload: impl Fn() -> Result<Settings, SettingsError>,
    ) -> Result<(), Fault> {
        let doors = Doors { gate: Arc::clone(&self.gate), shards: self.inboxes.clone() };
        let mut accepting = Vec::new();
        for (listener, address) in
            std::mem::take(&mut self.listeners).into_iter().zip(&self.addresses)
        {
            let listener = tokio::net::TcpListener::from_std(listener)
                .map_err(|why| Fault::Listen { address: *address, why })?;
            accepting.push(tokio::spawn(accept(listener, doors.clone())));
        }
        self.log_opening();
        if let Some(why) = &self.admin_missing {
            warn!(%why, "no metrics are served; choose where with --admin, or --admin off");
        }
        if let Some(admin) = self.admin.take() {
            accepting.push(tokio::spawn(self.metrics.clone().serve(admin)));
        }
        // Handing out settings waits for threads that may be stalled: never here, where signals are heard.
        let mut handing_out: Option<tokio::task::JoinHandle<()>> = None;
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut space = Space::of(self.database.as_deref());
        let ended = loop {
            tokio::select! {
                _ = look.tick() => self.look_at(&mut space),
                what = self.ended.recv() => break Some(what.unwrap_or("house")),
                signal = signals.recv() => match signal {
                    Some(Signal::Stop) | None => break None,
                    Some(Signal::Reload) => if let Some(settings) = self.reload(&reload) {
                        // What an earlier one has not handed out yet is out of date.
                        if let Some(earlier) = handing_out.take() {
                            earlier.abort();
                        }
                        let (inboxes, log) = (self.inboxes.clone(), self.log.clone());
                        let task = tokio::spawn(hand_out(settings, inboxes, log));
                        handing_out = Some(task);
                    },
                },
            }
        };
        if let Some(task) = handing_out {
            task.abort();
        }
        if let Some(what) = ended {
            error!(what, "ended unexpectedly");
        }
        for task in &accepting {
            task.abort();
        }
        drop(doors);
        self.close(ended).await
    }

    /// What one wants to know of a house when reading its log later.
    fn log_opening(&self) {
        let Settings { limits, durability, .. } = &self.settings;
        let admin = self.admin();
        info!(
            version = env!("CARGO_PKG_VERSION"),
            listen = ?self.addresses,
            metrics = admin.map(tracing::field::display),
            database = self.database().map(|path| tracing::field::display(path.display())),
            ?durability,
            shards = self.shards.len(),
            "open"
        );
        info!(
            connections = connections_max(limits, self.connections_possible),
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

    /// New settings, with those that need a restart as they are; says which would have changed.
    fn keep_fixed(&self, mut new: Settings) -> Settings {
        let old = &self.settings;
        let changed = [
            ("listen", new.listen != old.listen),
            ("admin", new.admin != old.admin),
            ("data", new.data != old.data),
            ("durability", new.durability != old.durability),
            ("shards", new.shards != old.shards),
        ];
        let changed = changed.into_iter().filter(|(_, is_changed)| *is_changed);
        let changed: Vec<&str> = changed.map(|(name, _)| name).collect();
        if !changed.is_empty() {
            let settings = changed.join(", ");
            warn!(settings, "changed, and take effect only with a restart");
        }
        new.listen.clone_from(&old.listen);
        new.data.clone_from(&old.data);
        new.admin = old.admin;
        new.durability = old.durability;
        new.shards = old.shards;
        new
    }

    /// Reads the settings again; gives what shards and the hub are to be told.
    fn reload(
        &mut self,
        read: &impl Fn() -> Result<Settings, SettingsError>,
    ) -> Option<Arc<Settings>> {
        let settings = match read() {
            Ok(settings) => settings,
            Err(error) => {
                warn!(%error, hint = error.hint(), "settings not reloaded");
                return None;
            }
        };
        let settings = self.keep_fixed(settings);
        self.settings = settings;
        self.metrics.set_hosts(self.settings.hosts.clone());
        let limits = &self.settings.limits;
        self.gate.set_limits(limits, connections_max(limits, self.connections_possible));
        Some(Arc::new(self.settings.clone()))
    }

    /// Tells the shards when the disk is nearly full, how full, and when it has room again. It never waits for them: a
    /// house whose storage stalls must still hear that it is to close.
    fn look_at(&self, space: &mut Space) {
        let Some(News { low, has_turned }) = space.look(&self.settings) else { return };
        self.metrics.set_low_space(low);
        let told = self.inboxes.iter().filter(|inbox| inbox.try_send(Inbox::Space(low)).is_ok());
        if told.count() < self.inboxes.len() {
            return space.tell_again();
        }
        if !has_turned {
            return;
        }
        match low {
            Some(LowSpace { free_mib, min_mib }) => {
                error!(
                    free_mib,
                    min_mib, "the disk is nearly full: nothing can be said until there is room"
                );
            }
            None => info!("there is room on the disk again"),
        }
    }

    async fn close(mut self, ended: Option<&'static str>) -> Result<(), Fault> {
        info!("closing");
        let mut running = 1 + self.shards.len() - usize::from(ended.is_some());
        self.closing.send_replace(true);
        let Self { inboxes, log, metrics, .. } = self;
        drop(metrics);
        drop(log);
        let all = async {
            for inbox in inboxes {
                if inbox.send(Inbox::Close).await.is_err() {
                    warn!("a shard is gone");
                }
            }
            while running > 0 && self.ended.recv().await.is_some() {
                running -= 1;
            }
        };
        if tokio::time::timeout(CLOSE_DEADLINE, all).await.is_err() {
            warn!(running, "not everything ended in time");
            return if self.hub.is_finished() { join_hub(self.hub) } else { Err(Fault::Late) };
        }
        for shard in self.shards {
            if shard.join().is_err() {
                return Err(Fault::Ended("shard"));
            }
        }
        // They only read: one in the middle of a search ends with the process, and nobody waits for it.
        for reader in self.readers.into_iter().filter(JoinHandle::is_finished) {
            if reader.join().is_err() {
                return Err(Fault::Ended("reading thread"));
            }
        }
        join_hub(self.hub)
    }
}

/// Tells every shard and the hub of new settings.
async fn hand_out(settings: Arc<Settings>, inboxes: Vec<mpsc::Sender<Inbox>>, log: LogSender) {
    for inbox in &inboxes {
        if inbox.send(Inbox::Reload(Arc::clone(&settings))).await.is_err() {
            warn!("a shard is gone");
        }
    }
    let limits = Box::new(settings.chat_limits());
    let proposal = Proposal::of_house(Action::Configure { limits });
    if log.send(vec![proposal]).await.is_err() {
        warn!("the hub is gone");
    }
    info!("settings reloaded");
}

/// The usual address for metrics is passed over when it is taken: another house may have it. One that was
/// asked for must be free.
fn bind_admin(admin: AdminSetting) -> Result<(Option<TcpListener>, Option<Fault>), Fault> {
    match admin {
        AdminSetting::Off => Ok((None, None)),
        AdminSetting::At(address) => Ok((Some(bind(address)?), None)),
        AdminSetting::Auto => Ok(match bind(ADMIN_ADDRESS) {
            Ok(listener) => (Some(listener), None),
            Err(why) => (None, Some(why)),
        }),
    }
}

fn join_hub(hub: JoinHandle<Result<(), Fault>>) -> Result<(), Fault> {
    hub.join().unwrap_or(Err(Fault::Ended("hub")))
}

/// How many connections there may be: as many as wished, if there are files for them.
fn connections_max(limits: &LimitSettings, possible: usize) -> usize {
    match limits.connections.connections_max {
        0 => possible,
        max => max.min(possible),
    }
}

fn shard_count(settings: &Settings) -> usize {
    match settings.shards {
        // The hub needs a core as well: with a shard on each, they take turns in the middle of their
        // rounds, rounds carry fewer messages, and a delivery costs twice as much (docs/performance.md).
        0 => {
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            cores.saturating_sub(1).clamp(1, crate::SHARDS_MAX)
        }
        count => count,
    }
}

fn spawn<T: Send + 'static>(
    what: &'static str,
    run: impl FnOnce(tokio::runtime::Runtime) -> T + Send + 'static,
) -> Result<JoinHandle<T>, Fault> {
    let start = |source| Fault::Start { what, source };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
    std::thread::Builder::new()
        .name(what.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || run(runtime))
        .map_err(start)
}
