//! What a shard is told, all of it through one bounded queue, so that the order in which the hub decided
//! is the order in which a shard acts.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use teahouse_core::Effect;
use tokio::sync::oneshot;

use crate::figures::Figures;
use crate::gate::Permit;
use crate::history::Page;
use crate::settings::Settings;
use crate::space::LowSpace;

/// Messages waiting for one shard. The hub waits when a shard has this many unread: a shard that
/// cannot keep up slows the house rather than filling its memory. A batch holds at most 4 MiB of text.
pub(crate) const INBOX_MAX: usize = 32;

/// One message to a shard.
pub(crate) enum Inbox {
    /// What happened, committed.
    Batch(Arc<Vec<Effect>>),
    /// A new connection.
    Accepted(Accepted),
    /// What a reader found in history for one connection.
    Page(Page),
    /// New settings.
    Reload(Arc<Settings>),
    /// Why messages are not stored and wait until they can be; `None` when they are stored again.
    NotStoring(Option<Arc<str>>),
    /// The disk is nearly full, or has room again.
    Space(Option<LowSpace>),
    /// Something the house tells everyone.
    Notice(Arc<str>),
    /// Somebody wants to know how the shard is.
    Measure(oneshot::Sender<Box<Figures>>),
    /// The house closes: read no more, hand in what was read.
    Close,
    /// The hub has handed out everything: flush and end.
    Finished,
}

/// A connection on its way to its shard.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) permit: Permit,
}
