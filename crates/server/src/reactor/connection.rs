//! The task of one connection, from its first byte to its last. It waits until the socket is readable or writable, and
//! serves HTTP and WebSockets when the connection speaks them. An idle connection holds no buffer.

use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::net::Shutdown;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use teahouse_wire::api::ApiSession;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tracing::debug;

use super::driven::Handle;
use super::http;
use crate::key::Key;
use crate::shard::{Interest, ReadOutcome, Reading, Socket};

/// How long a closed connection is read on. Unread input would make the system reset it, which would destroy output
/// that the peer has not read.
const LINGER: Duration = Duration::from_secs(2);
/// The most bytes read and discarded during that time.
const LINGER_BYTES_MAX: usize = 256 * 1024;
/// The most successful reads of one connection in a row before other tasks have a turn. More than one is allowed,
/// because a wait for bytes that are already there costs no turn, and with one read each message would cost an extra
/// turn.
const READS_IN_A_ROW_MAX: u32 = 4;
/// How long connections are read on when the server is closing.
const CLOSE_LINGER: Duration = Duration::from_millis(250);

impl Socket for Arc<TcpStream> {
    fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        TcpStream::try_read(self, buffer)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        TcpStream::try_write(self, bytes)
    }

    fn try_write_vectored(&self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        TcpStream::try_write_vectored(self, pieces)
    }
}

/// Why the task of a connection pauses or ends.
enum TurnEnd {
    /// It speaks HTTP.
    Http,
    /// It is closed.
    Closed,
    /// It has read enough for one turn, and there is probably more.
    Paused,
}

/// Serves a connection until it is closed. Futures that few connections need are boxed, because most of the memory of
/// an idle connection is this task.
pub(super) async fn serve(reactor: Handle, mut key: Key, stream: Arc<TcpStream>) {
    loop {
        match poll_fn(|context| poll_connection(&reactor, key, &stream, context)).await {
            // Yields behind every task whose socket is ready. A task that woke itself would have the next turns of this
            // thread as well.
            TurnEnd::Paused => tokio::task::yield_now().await,
            TurnEnd::Closed => return Box::pin(close(reactor, key, stream)).await,
            TurnEnd::Http => match Box::pin(serve_http(&reactor, key, &stream)).await {
                Some(websocket) => key = websocket,
                None => return,
            },
        }
    }
}

/// Serves a connection that speaks HTTP; returns the key of the WebSocket if it was upgraded to one.
async fn serve_http(reactor: &Handle, key: Key, stream: &Arc<TcpStream>) -> Option<Key> {
    let (connection, first) = reactor.borrow_mut().step(|shard| shard.take_http(key))?;
    let upgraded = http::serve(reactor, connection.into_peer(), stream, first).await?;
    let http::Upgraded { peer, takes_deflate, first } = upgraded;
    let mut reactor = reactor.borrow_mut();
    if reactor.shard.context().is_closing() {
        return None;
    }
    let socket = Arc::clone(stream);
    let api = Box::new(ApiSession::new(takes_deflate));
    Some(reactor.step(|shard| shard.accept_as(api, socket, peer, &first)))
}

/// Removes a closed connection, and closes its socket without destroying what its peer has not read.
async fn close(reactor: Handle, key: Key, stream: Arc<TcpStream>) {
    let removed = reactor.borrow_mut().step(|shard| shard.remove(key));
    let Some(connection) = removed else { return };
    debug!(?key, "closed");
    if connection.is_broken() {
        return;
    }
    let lingers = connection.lingers();
    // Held until the socket is closed.
    let (_, _permit) = connection.into_peer();
    if SockRef::from(&*stream).shutdown(Shutdown::Write).is_ok() && lingers {
        let lingered = tokio::time::timeout(LINGER, discard_input(&stream)).await;
        debug!(in_time = lingered.is_ok(), "lingered");
    }
}

/// Drives a connection until it has to wait.
fn poll_connection(
    reactor: &Handle,
    key: Key,
    stream: &TcpStream,
    context: &mut Context<'_>,
) -> Poll<TurnEnd> {
    let mut reads = 0;
    loop {
        let mut reactor = reactor.borrow_mut();
        let (read, write) = match reactor.shard.interest(key, context.waker()) {
            Interest::Closed => return Poll::Ready(TurnEnd::Closed),
            Interest::Http => return Poll::Ready(TurnEnd::Http),
            Interest::Ready { read, write } => (read, write),
        };
        if write && let Poll::Ready(ready) = stream.poll_write_ready(context) {
            reactor.step(|shard| match ready {
                Ok(()) => shard.handle_writable(key),
                Err(_) => shard.handle_broken(key),
            });
            continue;
        }
        let readable = match read {
            Reading::No => Poll::Pending,
            Reading::Socket => stream.poll_read_ready(context),
            Reading::Leftover => Poll::Ready(Ok(())),
        };
        if let Poll::Ready(ready) = readable {
            let outcome = reactor.step(|shard| match ready {
                Ok(()) => shard.handle_readable(key),
                Err(_) => {
                    shard.handle_broken(key);
                    ReadOutcome::Nothing
                }
            });
            match outcome {
                ReadOutcome::Nothing => {}
                ReadOutcome::Some if reads < READS_IN_A_ROW_MAX => reads += 1,
                // A peer that sends as fast as it is read would otherwise occupy this thread alone.
                ReadOutcome::Some | ReadOutcome::Full => return Poll::Ready(TurnEnd::Paused),
            }
            continue;
        }
        return Poll::Pending;
    }
}

/// Closes our side of every connection, and reads on for a moment. Input that has arrived and is not read makes the
/// system reset a connection, which would destroy output that the peer has not read.
pub(super) async fn close_all(reactor: &Handle) {
    let mut open = JoinSet::new();
    let sockets: Vec<Arc<TcpStream>> = reactor.borrow().shard.sockets().map(Arc::clone).collect();
    for stream in sockets {
        if let Err(error) = SockRef::from(&*stream).shutdown(Shutdown::Write) {
            debug!(%error, "was closed already");
        }
        open.spawn_local(async move { discard_input(&stream).await });
    }
    let all = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(CLOSE_LINGER, all).await.is_err() {
        debug!("not everybody has closed their side");
    }
}

/// Reads and discards until the peer closes, within bounds.
async fn discard_input(stream: &TcpStream) {
    let mut discarded = 0;
    let mut buffer = [0; 1024];
    while discarded < LINGER_BYTES_MAX && stream.readable().await.is_ok() {
        match stream.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => discarded += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
