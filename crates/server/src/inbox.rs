//! What a shard is told, through one bounded queue, so that the order in which the hub decided is the order in which a
//! shard acts. Pages of history have a queue of their own ([`crate::history`]): they may come at any time after they
//! were asked for.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::credits::Decided;
use crate::figures::Figures;
use crate::gate::Permit;
use crate::settings::Settings;
use crate::space::LowSpace;

/// Messages waiting for one shard, most of them new connections: of what it decides, the hub has few in here
/// ([`crate::credits`]).
pub(crate) const INBOX_MAX: usize = 32;

/// One message to a shard.
pub(crate) enum Inbox {
    /// What happened, committed.
    Batches(Vec<Decided>),
    /// A new connection.
    Accepted(Accepted),
    /// New settings.
    Reload(Arc<Settings>),
    /// Why messages are not stored and wait until they can be; `None` when they are stored again.
    NotStoring(Option<Arc<str>>),
    /// The disk is nearly full, or has room again.
    Space(Option<LowSpace>),
    /// Something the server tells everyone.
    Notice(Arc<str>),
    /// Somebody wants to know how the shard is.
    Measure(oneshot::Sender<Box<Figures>>),
    /// The server closes: read no more, hand in what was read.
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
