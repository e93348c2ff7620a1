//! The task of one connection, from its first byte to its last: it waits until its socket can be read or takes
//! bytes again, goes on with HTTP where that is spoken, and with a WebSocket where HTTP becomes one. An idle
//! connection holds no buffer.

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

/// How long a closed connection is read on, so that the reset which unread input causes does not
/// destroy what the peer has not read yet.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes read and thrown away during that time.
const LINGER_BYTES_MAX: usize = 256 * 1024;
/// Reads of one connection that may find something one after the other before the shard's other tasks have a turn.
/// Waiting for bytes that are there already is no turn. With one, each message would cost a turn more.
const READS_IN_A_ROW_MAX: u32 = 4;
/// How long connections are read on when the server stops.
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
enum Turned {
    /// It speaks HTTP.
    Http,
    /// It is closed.
    Closed,
    /// It has read enough for one turn, and there is probably more.
    Paused,
}

/// Serves a connection until it is closed. What few connections need stands in boxes of its own: most of an idle
/// connection is this task.
pub(super) async fn serve(reactor: Handle, mut key: Key, stream: Arc<TcpStream>) {
    loop {
        match poll_fn(|context| poll(&reactor, key, &stream, context)).await {
            // Behind everyone whose socket is ready by then: a task that woke itself would have the next turns of this
            // thread as well.
            Turned::Paused => tokio::task::yield_now().await,
            Turned::Closed => return Box::pin(close(reactor, key, stream)).await,
            Turned::Http => match Box::pin(speak_http(&reactor, key, &stream)).await {
                Some(websocket) => key = websocket,
                None => return,
            },
        }
    }
}

/// Serves a connection that speaks HTTP; gives it back where it has become a WebSocket.
async fn speak_http(reactor: &Handle, key: Key, stream: &Arc<TcpStream>) -> Option<Key> {
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

/// Takes out a connection that is closed, and closes its socket without cutting off what its peer is still to
/// read.
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
        let lingered = tokio::time::timeout(LINGER, read_out(&stream)).await;
        debug!(in_time = lingered.is_ok(), "lingered");
    }
}

/// Drives a connection until it has to wait.
fn poll(reactor: &Handle, key: Key, stream: &TcpStream, context: &mut Context<'_>) -> Poll<Turned> {
    let mut reads = 0;
    loop {
        let mut reactor = reactor.borrow_mut();
        let (read, write) = match reactor.shard.interest(key, context.waker()) {
            Interest::Closed => return Poll::Ready(Turned::Closed),
            Interest::Http => return Poll::Ready(Turned::Http),
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
            Reading::Kept => Poll::Ready(Ok(())),
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
                // Whoever sends as fast as it is read would have this thread for itself otherwise.
                ReadOutcome::Some | ReadOutcome::Full => return Poll::Ready(Turned::Paused),
            }
            continue;
        }
        return Poll::Pending;
    }
}

/// Ends our side of every connection, and reads on for a moment: what has arrived and is not read makes
/// the system reset a connection, and destroys what the peer has not read yet.
pub(super) async fn close_all(reactor: &Handle) {
    let mut open = JoinSet::new();
    let sockets: Vec<Arc<TcpStream>> = reactor.borrow().shard.sockets().map(Arc::clone).collect();
    for stream in sockets {
        if let Err(error) = SockRef::from(&*stream).shutdown(Shutdown::Write) {
            debug!(%error, "was closed already");
        }
        open.spawn_local(async move { read_out(&stream).await });
    }
    let all = async { while open.join_next().await.is_some() {} };
    if tokio::time::timeout(CLOSE_LINGER, all).await.is_err() {
        debug!("not everybody has closed their side");
    }
}

/// Reads until the peer closes, within bounds.
async fn read_out(stream: &TcpStream) {
    let mut thrown = 0;
    let mut buffer = [0; 1024];
    while thrown < LINGER_BYTES_MAX && stream.readable().await.is_ok() {
        match stream.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => thrown += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
