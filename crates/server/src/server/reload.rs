//! Settings that change while the server runs.

use std::sync::Arc;

use teahouse_core::{Action, Proposal};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tracing::{info, warn};

use super::threads::Threads;
use crate::credits::Work;
use crate::inbox::Inbox;
use crate::log::{Entry, LogSender};
use crate::settings::Settings;

/// The new settings, with the old values for those that need a restart; logs which of these would have changed.
pub(super) fn keep_fixed(old: &Settings, mut new: Settings) -> Settings {
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
        warn!(settings, "these settings have changed, but take effect only after a restart");
    }
    new.listen.clone_from(&old.listen);
    new.data.clone_from(&old.data);
    new.admin = old.admin;
    new.durability = old.durability;
    new.shards = old.shards;
    new
}

/// The task that hands new settings to every thread. It may wait for a stalled thread; dropping this ends it.
#[derive(Default)]
pub(super) struct HandingOut(Option<AbortHandle>);

impl HandingOut {
    /// Starts to hand out these settings, and stops the task of earlier, outdated ones.
    pub(super) fn begin(&mut self, settings: &Settings, threads: &Threads) {
        self.end();
        let settings = Arc::new(settings.clone());
        let task = hand_out(settings, threads.inboxes().to_vec(), threads.log().clone());
        self.0 = Some(tokio::spawn(task).abort_handle());
    }

    fn end(&mut self) {
        if let Some(task) = self.0.take() {
            task.abort();
        }
    }
}

impl Drop for HandingOut {
    fn drop(&mut self) {
        self.end();
    }
}

async fn hand_out(settings: Arc<Settings>, inboxes: Vec<mpsc::Sender<Inbox>>, log: LogSender) {
    for inbox in &inboxes {
        if inbox.send(Inbox::Reload(Arc::clone(&settings))).await.is_err() {
            warn!("a shard has ended and does not get the new settings");
        }
    }
    let limits = Box::new(settings.chat_limits());
    let proposal = Proposal::of_server(Action::Configure { limits });
    if log.send(vec![Entry::Proposal(proposal)], Work::default()).await.is_err() {
        warn!("the hub has ended and does not get the new settings");
    }
    info!("settings reloaded");
}
