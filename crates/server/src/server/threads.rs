//! The threads of a server: the reading threads, the hub and the shards. The hub and each shard report when they end,
//! whether they return or panic.

use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::tz::TimeZone;
use teahouse_core::{Chat, History};
use teahouse_wire::{ServerFacts, api};
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;
use tracing::warn;

use crate::boot;
use crate::browsers::Browsers;
use crate::clock::SteadyClock;
use crate::delivery::{Delivery, Progress};
use crate::error::Fault;
use crate::history::{self, Jobs, PAGES_MAX, Page};
use crate::hub::Hub;
use crate::inbox::{INBOX_MAX, Inbox};
use crate::log::{self, LogSender};
use crate::metrics::HubMetrics;
use crate::reactor::{self, Parts};
use crate::settings::Settings;
use crate::shard::{self, ShardSetup};
use crate::store::{Loaded, Opened, Reader};

/// How long all threads may take to end when the server closes.
const CLOSE_DEADLINE: Duration = Duration::from_millis(4500);
/// How long recording the start may take. Another program that writes to the database may block it; the operator needs
/// to know soon that the server cannot start.
const OPENING_MAX: Duration = Duration::from_secs(5);
/// Stack of a shard or the hub, bytes: their futures are on the heap.
const STACK_BYTES: usize = 1024 * 1024;

/// The running threads, and the channels to them.
pub(super) struct Threads {
    readers: Vec<JoinHandle<()>>,
    hub: JoinHandle<Result<(), Fault>>,
    shards: Vec<JoinHandle<()>>,
    /// The inbox of each shard.
    inboxes: Vec<mpsc::Sender<Inbox>>,
    log: LogSender,
    closing: watch::Sender<bool>,
    ended: mpsc::UnboundedReceiver<&'static str>,
}

impl Threads {
    /// Starts the reading threads, then the hub, then, when the hub has a boot, the shards.
    pub(super) fn start(
        settings: &Settings,
        shard_count: usize,
        history: Opened,
        (metrics, clock): (&HubMetrics, SteadyClock),
    ) -> Result<Self, Fault> {
        let Opened { store, loaded, readers } = history;
        let Loaded { epoch, last_boot, position, last_room, rooms } = loaded;
        let (end_notices, ended) = mpsc::unbounded_channel();
        let (inboxes, receivers): (Vec<_>, Vec<_>) =
            (0..shard_count).map(|_| mpsc::channel(INBOX_MAX)).unzip();
        let (to_shards, pages): (Vec<_>, Vec<_>) =
            (0..shard_count).map(|_| mpsc::channel(PAGES_MAX)).unzip();
        let (jobs, readers) = start_readers(readers, to_shards)?;
        let progress = Progress::new(shard_count);
        let chat = Chat::from_history(History { last_boot, last_room, rooms });
        let (log, proposed) = log::open(position, chat.moment());
        log.begin(boot::proposals(&chat, settings.chat_limits()));
        let (boot_sender, boot) = boot::channel();
        let (closing, is_closing) = watch::channel(false);
        let hub = Hub {
            chat,
            store,
            log: proposed,
            delivery: Delivery::new(inboxes.clone(), Arc::clone(&progress), metrics.clone()),
            metrics: metrics.clone(),
            boot: Some(boot_sender),
            closing: is_closing,
        };
        let hub = spawn("hub", &end_notices, move |runtime| runtime.block_on(hub.run()))?;
        let boot = match boot.wait(OPENING_MAX) {
            Ok(Some(boot)) => boot,
            not_given => {
                drop(log);
                closing.send_replace(true);
                let has_ended = boot.wait_for_end(CLOSE_DEADLINE);
                let ended = if has_ended { join_hub(hub) } else { Err(Fault::NotOpened(None)) };
                return Err(why_not_opened(not_given, ended));
            }
        };
        let setup = ShardSetup {
            index: 0,
            boot,
            server: Arc::new(server_facts(settings, epoch)),
            settings: Arc::new(settings.clone()),
            browsers: Arc::new(Browsers::default()),
            zone: TimeZone::system(),
        };
        let mut shards = Vec::with_capacity(shard_count);
        for (index, (inbox, pages)) in receivers.into_iter().zip(pages).enumerate() {
            let setup = ShardSetup { index, ..setup.clone() };
            let report = progress.report_of(index);
            let (log, jobs) = (log.clone(), jobs.clone());
            let parts = Parts { setup, clock, inbox, pages, report, log, jobs };
            shards.push(spawn("shard", &end_notices, |runtime| {
                LocalSet::new().block_on(&runtime, reactor::run(parts));
            })?);
        }
        Ok(Self { readers, hub, shards, inboxes, log, closing, ended })
    }

    /// The inboxes of the shards.
    pub(super) fn inboxes(&self) -> &[mpsc::Sender<Inbox>] {
        &self.inboxes
    }

    /// The log, which leads to the hub.
    pub(super) fn log(&self) -> &LogSender {
        &self.log
    }

    /// Waits until a thread ends by itself; returns its name.
    pub(super) async fn ended(&mut self) -> &'static str {
        self.ended.recv().await.unwrap_or("server")
    }

    /// Ends the threads; `ended` names one that has already ended by itself. The shards notify their connections and
    /// hand in their gathered requests; then the hub, which has no sender left, commits the rest. The caller must have
    /// dropped every other sender to a shard or to the hub.
    pub(super) async fn close(mut self, ended: Option<&'static str>) -> Result<(), Fault> {
        let mut running = 1 + self.shards.len() - usize::from(ended.is_some());
        self.closing.send_replace(true);
        drop(self.log);
        let all = async {
            for inbox in self.inboxes {
                if inbox.send(Inbox::Close).await.is_err() {
                    warn!("a shard has ended before the server closed");
                }
            }
            while running > 0 && self.ended.recv().await.is_some() {
                running -= 1;
            }
        };
        if tokio::time::timeout(CLOSE_DEADLINE, all).await.is_err() {
            warn!(running, "some threads did not end in time");
            return if self.hub.is_finished() { join_hub(self.hub) } else { Err(Fault::Late) };
        }
        for shard in self.shards {
            shard.join().map_err(|_| Fault::Ended("shard"))?;
        }
        // Reading threads only read: one in the middle of a search ends with the process.
        for reader in self.readers.into_iter().filter(JoinHandle::is_finished) {
            reader.join().map_err(|_| Fault::Ended("reading thread"))?;
        }
        join_hub(self.hub)
    }
}

/// Why a server has no boot, from the result of the wait and that of the hub.
fn why_not_opened(given: Result<Option<u32>, RecvTimeoutError>, ended: Result<(), Fault>) -> Fault {
    match (given, ended) {
        (Ok(_), _) => Fault::OpenedTooOften,
        (Err(_), Err(Fault::Unstored { source, .. })) => Fault::NotOpened(Some(source)),
        (Err(_), Err(fault)) => fault,
        // The start was recorded, but too late.
        (Err(RecvTimeoutError::Timeout), Ok(())) => Fault::NotOpened(None),
        (Err(RecvTimeoutError::Disconnected), Ok(())) => Fault::Ended("hub"),
    }
}

/// The facts about this server that protocols send to programs.
fn server_facts(settings: &Settings, epoch: [u8; 16]) -> ServerFacts {
    ServerFacts {
        epoch: api::Epoch::of(epoch),
        server: env!("CARGO_PKG_VERSION").to_owned(),
        first_room: settings.first_room.clone(),
        ping_s: shard::PING_S,
        grace_s: settings.limits.seats.grace_s,
    }
}

/// Starts the reading threads, which send each result to the shard that asked.
fn start_readers(
    readers: Vec<Reader>,
    shards: Vec<mpsc::Sender<Page>>,
) -> Result<(Jobs, Vec<JoinHandle<()>>), Fault> {
    let reply: history::Reply = Arc::new(move |shard: usize, page| {
        shards.get(shard).is_some_and(|shard| shard.blocking_send(page).is_ok())
    });
    let fault = |source| Fault::Start { what: "reading threads", source };
    history::start(readers, &reply).map_err(fault)
}

fn join_hub(hub: JoinHandle<Result<(), Fault>>) -> Result<(), Fault> {
    hub.join().unwrap_or(Err(Fault::Ended("hub")))
}

/// Tells the server, when dropped, that a thread has ended: one message per thread.
struct EndNotice {
    what: &'static str,
    ended: mpsc::UnboundedSender<&'static str>,
}

impl Drop for EndNotice {
    fn drop(&mut self) {
        // The receiver is gone when the server itself has ended.
        self.ended.send(self.what).ok();
    }
}

fn spawn<T: Send + 'static>(
    what: &'static str,
    end_notices: &mpsc::UnboundedSender<&'static str>,
    run: impl FnOnce(tokio::runtime::Runtime) -> T + Send + 'static,
) -> Result<JoinHandle<T>, Fault> {
    let start = |source| Fault::Start { what, source };
    let notice = EndNotice { what, ended: end_notices.clone() };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start)?;
    std::thread::Builder::new()
        .name(what.to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || {
            let _notice = notice;
            run(runtime)
        })
        .map_err(start)
}
