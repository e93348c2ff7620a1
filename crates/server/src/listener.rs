//! Listening sockets: accept a connection, ask the gate, hand the connection to a shard. A connection that is not
//! admitted is told why ([`crate::rejection`]).

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener as StdListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tracing::{debug, warn};

use crate::error::Fault;
use crate::gate::Gate;
use crate::inbox::{Accepted, Inbox};
use crate::rejection::Rejections;
use crate::settings::ListenSetting;

/// Connections that the kernel queues until we accept them.
const BACKLOG: i32 = 4096;
/// Pause when the system has no file or memory for another connection.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);
/// TCP probes a peer that is silent for this long. A peer that vanished is detected after another [`KEEPALIVE_PROBES`]
/// intervals: within a minute, in every protocol.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(20);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
#[cfg(not(windows))]
const KEEPALIVE_PROBES: u32 = 3;
/// Requested size of the system's send buffer, bytes; Linux doubles it for its own needs. Without this setting the
/// buffer grows to megabytes for a peer that does not read. One write of a room's messages fits.
const SEND_BUFFER_BYTES: usize = 96 * 1024;
/// The largest value of `TCP_USER_TIMEOUT`: the system counts milliseconds in a C `int`.
#[cfg(target_os = "linux")]
const USER_TIMEOUT_MAX: Duration = Duration::from_millis(i32::MAX as u64);

/// Attempts to find a port that is free in both families, when the system chooses the port.
const PORT_TRIES: u32 = 16;

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

/// Opens the sockets of the setting `listen`: one for each address family, so that every peer is seen with its real
/// address. An entry for both families needs at least one of them.
pub(crate) fn bind_all(places: &[ListenSetting]) -> Result<Vec<StdListener>, Fault> {
    let mut listeners: Vec<StdListener> = Vec::new();
    let mut bound: Vec<SocketAddr> = Vec::new();
    for place in places {
        let mut tries = PORT_TRIES;
        let opened = loop {
            tries -= 1;
            match bind_place(place, &bound) {
                // The port that the system chose in one family is taken in the other.
                Err(Fault::Listen { why, .. })
                    if why.kind() == ErrorKind::AddrInUse
                        && place.addresses().iter().all(|address| address.port() == 0)
                        && tries > 0 => {}
                opened => break opened?,
            }
        };
        for (address, listener) in opened {
            bound.push(address);
            listeners.push(listener);
        }
    }
    Ok(listeners)
}

/// Opens one entry in each of its families that the machine has, unless it is already open.
fn bind_place(
    place: &ListenSetting,
    bound: &[SocketAddr],
) -> Result<Vec<(SocketAddr, StdListener)>, Fault> {
    let mut opened: Vec<(SocketAddr, StdListener)> = Vec::new();
    let (mut missing, mut is_open) = (None, false);
    for mut address in place.addresses() {
        if address.port() == 0 {
            // Both families have the port that was chosen for the first.
            address.set_port(opened.last().map_or(0, |(first, _)| first.port()));
        } else if bound.contains(&address) {
            is_open = true;
            continue;
        }
        match bind(address) {
            Ok(listener) => {
                let local = listener.local_addr().map_err(|why| Fault::Listen { address, why })?;
                opened.push((local, listener));
            }
            Err(Fault::Listen { why, .. }) if is_family_missing(&why) => {
                missing = Some(Fault::Listen { address, why });
            }
            Err(fault) => return Err(fault),
        }
    }
    match missing.filter(|_| opened.is_empty() && !is_open) {
        Some(missing) => Err(missing),
        None => Ok(opened),
    }
}

/// Whether the machine lacks that address family.
fn is_family_missing(why: &std::io::Error) -> bool {
    #[cfg(unix)]
    let is_unknown = why.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error());
    #[cfg(not(unix))]
    let is_unknown = false;
    is_unknown || matches!(why.kind(), ErrorKind::AddrNotAvailable | ErrorKind::Unsupported)
}

/// The gate and the shards, to which accepted connections go.
#[derive(Clone)]
pub(crate) struct Doors {
    pub(crate) gate: Arc<Gate>,
    pub(crate) shards: Vec<mpsc::Sender<Inbox>>,
}

/// Accepts until dropped.
pub(crate) async fn accept(listener: TcpListener, doors: Doors) {
    let rejection = Rejections::new();
    for shard in (0..doors.shards.len()).cycle() {
        let (stream, peer) = next(&listener).await;
        if let Some(accepted) = admit(stream, peer, &doors.gate, &rejection)
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
    rejection: &Rejections,
) -> Option<Accepted> {
    let permit = match gate.admit(peer.ip()) {
        Ok(permit) => permit,
        Err(refused) => {
            debug!(%peer, %refused, "rejected a connection");
            rejection.reject(stream, refused);
            return None;
        }
    };
    if let Err(error) = prepare(&stream, gate.unread_max()) {
        debug!(%peer, %error, "a connection ended before a shard got it");
        return None;
    }
    Some(Accepted { stream, peer, permit })
}

/// Sets the socket options of a connection: messages leave at once, and the connection ends when the peer is gone. TCP
/// keepalive probes a silent peer, but not one with unacknowledged data; then `TCP_USER_TIMEOUT` (RFC 5482) ends the
/// connection, also when the peer exists and accepts no data.
fn prepare(stream: &TcpStream, unread_max: Option<Duration>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    #[cfg(not(windows))]
    let keepalive = keepalive.with_retries(KEEPALIVE_PROBES);
    let socket = SockRef::from(stream);
    socket.set_tcp_keepalive(&keepalive)?;
    give_up_unread(&socket, unread_max)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)
}

#[cfg(target_os = "linux")]
fn give_up_unread(socket: &SockRef<'_>, unread_max: Option<Duration>) -> std::io::Result<()> {
    socket.set_tcp_user_timeout(unread_max.map(|time| time.min(USER_TIMEOUT_MAX)))
}

/// Other systems use their own timeout.
#[cfg(not(target_os = "linux"))]
fn give_up_unread(_: &SockRef<'_>, _: Option<Duration>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use crate::clock::SteadyClock;

    #[test]
    fn a_peer_that_vanished_is_detected_within_a_minute_and_its_send_buffer_is_small() {
        let listener = StdListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().unwrap();
        let limits = crate::settings::LimitSettings::default();
        prepare(&stream, Gate::new(&limits, 1, SteadyClock::start()).unread_max()).unwrap();
        let socket = SockRef::from(&stream);
        let minute = Duration::from_secs(60);
        let asked = socket.tcp_keepalive_time().unwrap()
            + socket.tcp_keepalive_interval().unwrap() * socket.tcp_keepalive_retries().unwrap();
        assert!(socket.keepalive().unwrap() && asked < minute, "silent: {asked:?}");
        let owed = socket.tcp_user_timeout().unwrap().unwrap();
        assert!(owed < minute, "with something on its way: {owed:?}");
        assert!(socket.send_buffer_size().unwrap() <= 2 * SEND_BUFFER_BYTES);
        prepare(&stream, Some(Duration::from_secs(u32::MAX.into()))).expect("however long");
    }
}
