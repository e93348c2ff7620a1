//! Listening sockets: accept, ask the gate, hand to a shard. A connection that cannot be taken is told
//! why in one line.

use std::io::{ErrorKind, Write};
use std::net::{Shutdown, SocketAddr, TcpListener as StdListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc};
use tracing::{debug, warn};

use crate::error::Fault;
use crate::gate::Gate;
use crate::inbox::{Accepted, Inbox};
use crate::settings::ListenSetting;

/// Connections the kernel keeps for us until we accept them.
const BACKLOG: i32 = 4096;
/// How long to wait when the system has no file or memory for another connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);
/// Connections turned away that are still read, so that the reset which unread input causes does not
/// destroy the line that says why; in a storm of them the rest go without.
const LINGERING_MAX: usize = 16;
/// How long, and how many bytes of each.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES_MAX: u64 = 64 * 1024;
/// A peer that is silent for this long is asked by TCP whether it is there; one that vanished is
/// noticed after another [`KEEPALIVE_PROBES`] intervals.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(15);
#[cfg(not(windows))]
const KEEPALIVE_PROBES: u32 = 4;

/// Opens a listening socket.
pub(crate) fn bind(address: SocketAddr) -> Result<StdListener, Fault> {
    let open = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        #[cfg(not(windows))]
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        socket.set_nonblocking(true)?;
        Ok(StdListener::from(socket))
    };
    open().map_err(|why| Fault::Listen { address, why })
}

/// Opens what the settings name: one socket for each family of addresses, so that everybody is seen under the
/// address they have. A place that stands for both families needs one of them to be there.
pub(crate) fn bind_all(places: &[ListenSetting]) -> Result<Vec<StdListener>, Fault> {
    let mut listeners = Vec::new();
    let mut bound: Vec<SocketAddr> = Vec::new();
    for place in places {
        let mut missing = None;
        let mut count = 0;
        for mut address in place.addresses() {
            let same = bound.last().filter(|_| count > 0).map(SocketAddr::port);
            if address.port() == 0 {
                // Both families have the port that was chosen for the first.
                address.set_port(same.unwrap_or_default());
            } else if bound.contains(&address) {
                count += 1;
                continue;
            }
            match bind(address) {
                Ok(listener) => {
                    let local =
                        listener.local_addr().map_err(|why| Fault::Listen { address, why })?;
                    bound.push(local);
                    listeners.push(listener);
                    count += 1;
                }
                Err(Fault::Listen { why, .. }) if is_family_missing(&why) => {
                    missing = Some(Fault::Listen { address, why });
                }
                Err(fault) => return Err(fault),
            }
        }
        if let Some(missing) = missing.filter(|_| count == 0) {
            return Err(missing);
        }
    }
    Ok(listeners)
}

/// Whether the machine has no addresses of that family.
fn is_family_missing(why: &std::io::Error) -> bool {
    #[cfg(unix)]
    let is_unknown = why.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error());
    #[cfg(not(unix))]
    let is_unknown = false;
    is_unknown || matches!(why.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported)
}

/// Where connections go.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) gate: Arc<Gate>,
    pub(crate) shards: Vec<mpsc::Sender<Inbox>>,
}

/// Accepts until dropped.
pub(crate) async fn accept(listener: TcpListener, doors: Doors) {
    let lingering = Arc::new(Semaphore::new(LINGERING_MAX));
    for shard in (0..doors.shards.len()).cycle() {
        let (stream, peer) = next(&listener).await;
        if let Some(accepted) = admit(stream, peer, &doors.gate, &lingering)
            && doors.shards[shard].send(Inbox::Accepted(accepted)).await.is_err()
        {
            return;
        }
    }
}

async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        let error = match listener.accept().await {
            Ok((stream, peer)) => match stream.into_std() {
                Ok(stream) => return (stream, peer),
                Err(error) => error,
            },
            Err(error) => error,
        };
        let is_gone = matches!(
            error.kind(),
            ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
        );
        if is_gone {
            debug!(%error, "a connection ended before it was accepted");
        } else {
            warn!(%error, "cannot accept a connection");
            tokio::time::sleep(EXHAUSTED_PAUSE).await;
        }
    }
}

fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    gate: &Arc<Gate>,
    lingering: &Arc<Semaphore>,
) -> Option<Accepted> {
    let permit = match gate.admit(peer.ip()) {
        Ok(permit) => permit,
        Err(refused) => {
            debug!(%peer, %refused, "turned away");
            // A fresh socket takes one line at once or is of no use to anyone.
            let line = format!("-- error: {refused}\n");
            match (&stream).write_all(line.as_bytes()).and_then(|()| linger(stream, lingering)) {
                Ok(()) => {}
                Err(error) => debug!(%peer, %error, "could not be told"),
            }
            return None;
        }
    };
    if let Err(error) = prepare(&stream) {
        debug!(%peer, %error, "a connection ended before it was taken");
        return None;
    }
    Some(Accepted { stream, peer, permit })
}

/// Ends our side, and reads on for a moment if there is a place for that.
fn linger(stream: TcpStream, lingering: &Arc<Semaphore>) -> std::io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    let Ok(place) = Arc::clone(lingering).try_acquire_owned() else { return Ok(()) };
    let stream = tokio::net::TcpStream::from_std(stream)?;
    tokio::spawn(async move {
        let mut thrown = stream.take(LINGER_BYTES_MAX);
        let mut nowhere = tokio::io::sink();
        let read = tokio::io::copy(&mut thrown, &mut nowhere);
        if tokio::time::timeout(LINGER, read).await.is_err() {
            debug!("a connection that was turned away is still open");
        }
        drop(place);
    });
    Ok(())
}

fn prepare(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    #[cfg(not(windows))]
    let keepalive = keepalive.with_retries(KEEPALIVE_PROBES);
    socket2::SockRef::from(stream).set_tcp_keepalive(&keepalive)
}
