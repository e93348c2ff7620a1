//! The messages to a shard, in one bounded queue, so that a shard acts in the order of the hub's decisions. Pages of
//! history have a queue of their own ([`crate::history`]): a page may arrive at any time after its request.

use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use tokio::sync::oneshot;

use crate::credits::Decided;
use crate::figures::Figures;
use crate::gate::Permit;
use crate::settings::Settings;
use crate::space::LowSpace;

/// Messages queued for one shard. Most are new connections: the hub keeps few batches here ([`crate::credits`]).
pub(crate) const INBOX_MAX: usize = 32;

/// One message to a shard.
pub(crate) enum Inbox {
    /// Committed batches.
    Batches(Vec<Decided>),
    /// A new connection.
    Accepted(Accepted),
    /// New settings.
    Reload(Arc<Settings>),
    /// The reason why messages cannot be stored and wait; `None` when they are stored again.
    NotStoring(Option<Arc<str>>),
    /// The disk is nearly full, or (`None`) has enough free space again.
    Space(Option<LowSpace>),
    /// A notice of the server to every session.
    Notice(Arc<str>),
    /// A request for the shard's figures.
    Measure(oneshot::Sender<Box<Figures>>),
    /// The server is closing: stop reading from sockets, and hand in the requests that were read.
    Close,
    /// The hub has handed out its last batch: flush the outboxes and end.
    Finished,
}

/// A connection on its way to its shard.
pub(crate) struct Accepted {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) permit: Permit,
}
