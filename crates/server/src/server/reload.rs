//! Settings that change while the server is open.

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

/// New settings, with those that need a restart as they are; says which would have changed.
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
        warn!(settings, "changed, and take effect only with a restart");
    }
    new.listen.clone_from(&old.listen);
    new.data.clone_from(&old.data);
    new.admin = old.admin;
    new.durability = old.durability;
    new.shards = old.shards;
    new
}

/// The task that hands new settings to every thread: it waits for threads that may be stalled. It ends with this.
#[derive(Default)]
pub(super) struct HandingOut(Option<AbortHandle>);

impl HandingOut {
    /// Hands these out; what earlier ones have not reached yet is out of date.
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
            warn!("a shard is gone");
        }
    }
    let limits = Box::new(settings.chat_limits());
    let proposal = Proposal::of_server(Action::Configure { limits });
    if log.send(vec![Entry::Proposal(proposal)], Work::default()).await.is_err() {
        warn!("the hub is gone");
    }
    info!("settings reloaded");
}
