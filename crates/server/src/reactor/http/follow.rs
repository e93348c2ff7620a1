//! Following a room over HTTP: a response whose body lasts as long as the client follows the room. A follower has a
//! membership like any session. Its bytes wait in its outbox until the body fetches them, so it is bounded, and
//! refilled from history, as every slow reader is.
//!
//! A follower that closes its side may still want to receive (RFC 9112, section 9.6). Only a write can tell such a
//! follower from one that is gone. So a follower that has closed its side is written to at once, shortly after, and
//! every [`PING_S`] seconds.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use teahouse_core::{Origin, RoomName};
use teahouse_wire::ProtocolSession;
use tokio::net::TcpStream;

use super::super::driven::Handle;
use crate::gate::Permit;
use crate::key::Key;
use crate::shard::{Interest, PING_S};

/// How long after the first write the second follows. The first makes a system that has forgotten the connection answer
/// with a reset, and the second finds that reset.
const SECOND_AFTER: Duration = Duration::from_secs(1);

/// The body of a response that follows a room.
pub(super) struct FollowBody {
    reactor: Handle,
    key: Key,
}

impl FollowBody {
    /// Follows a room. With `create`, the room is created if none has that name.
    pub(super) fn open(
        handle: &Handle,
        peer: (Origin, Option<Permit>),
        socket: Arc<TcpStream>,
        room: (RoomName, bool),
        follower: Box<dyn ProtocolSession>,
    ) -> Self {
        let mut reactor = handle.borrow_mut();
        let key = reactor.step(|shard| shard.accept_follower(peer, room, follower));
        let handle_again = Rc::clone(handle);
        reactor.tasks.spawn(move || attend(handle_again, key, socket));
        Self { reactor: Rc::clone(handle), key }
    }
}

/// The task of a follower: notices when the follower is gone, and removes it at the end.
async fn attend(reactor: Handle, key: Key, socket: Arc<TcpStream>) {
    let closed =
        poll_fn(|context| match reactor.borrow_mut().shard.interest(key, context.waker()) {
            Interest::Closed => Poll::Ready(()),
            Interest::Ready { .. } | Interest::Http => Poll::Pending,
        });
    tokio::select! {
        () = closed => {}
        () = notice_end(&reactor, key, &socket) => {}
    }
    drop(socket);
    reactor.borrow_mut().step(|shard| shard.remove(key));
}

/// Waits until a follower closes its side, and then checks regularly whether it is gone.
async fn notice_end(reactor: &Handle, key: Key, socket: &TcpStream) {
    // The bytes of a next request hide the end of input, so a follower that has sent some is written to as well.
    if socket.peek(&mut [0]).await.is_err() {
        reactor.borrow_mut().step(|shard| shard.handle_broken(key));
        return std::future::pending().await;
    }
    let regularly = std::iter::repeat(Duration::from_secs(PING_S.into()));
    for pause in [Duration::ZERO, SECOND_AFTER].into_iter().chain(regularly) {
        tokio::time::sleep(pause).await;
        reactor.borrow_mut().step(|shard| shard.ping(key));
    }
}

impl Body for FollowBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let mut reactor = self.reactor.borrow_mut();
        let polled = reactor.step(|shard| shard.poll_fetch(self.key, context.waker()));
        polled.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl Drop for FollowBody {
    fn drop(&mut self) {
        // The borrow fails only while the reactor itself ends, and then nobody needs this.
        if let Ok(mut reactor) = self.reactor.try_borrow_mut() {
            reactor.step(|shard| shard.handle_broken(self.key));
        }
    }
}
