//! Following a room over HTTP: a response whose body goes on for as long as the room is followed. The
//! follower has a seat like everyone; its bytes wait in its outbox until the body fetches them, so it is
//! bounded and refilled from history as every slow reader is.
//!
//! The end of what a follower says is not the end of its interest (RFC 9112, section 9.6), and nothing tells one
//! that has gone from one that has only closed its side, but writing to it: so whoever has closed its side is
//! written to at once, shortly after, and every [`PING_S`] seconds.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::{Rc, Weak};
use std::sync;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};
use teahouse_core::{Action, ExitCause, Origin, RequestId, RoomName, Visit};
use tokio::net::TcpStream;

use super::super::connection::{Sink, Stage};
use super::super::pings::PING_S;
use super::super::speaker::{Follower, Speaker};
use super::super::{Handle, Key, Shard};
use crate::gate::Permit;

/// When somebody who has closed its side is written to for the second time: the first makes a system answer that
/// knows the connection no more, the second finds that answer.
const SECOND_AFTER: Duration = Duration::from_secs(1);

/// The body of a response that follows a room.
pub(super) struct FollowBody {
    shard: Weak<RefCell<Shard>>,
    key: Key,
}

impl FollowBody {
    /// Follows a room, and makes it (`create`) if there is none of that name.
    pub(super) fn open(
        shard: &Handle,
        (origin, permit, socket): (Origin, Option<Permit>, sync::Weak<TcpStream>),
        (room, create): (RoomName, bool),
        follower: Follower,
    ) -> Self {
        let mut me = shard.borrow_mut();
        let speaker = Speaker::Follower(follower);
        let key = me.insert((Sink::Body(None), origin, permit), (speaker, Stage::Outside));
        let follow = Action::Visit(Visit::Follow { room, create });
        me.enter_with(key.index, RequestId::default(), follow);
        if follower.is_stream {
            me.watch(key);
        }
        let shard_again = me.me.clone();
        let notice = me.spawn(move || notice_end(shard_again, key, socket));
        me.connections[key.index].intake = Some(notice);
        Self { shard: Rc::downgrade(shard), key }
    }
}

/// Waits until a follower says no more, and then finds out now and then whether it has gone.
async fn notice_end(shard: Weak<RefCell<Shard>>, key: Key, socket: sync::Weak<TcpStream>) {
    let Some(stream) = socket.upgrade() else { return };
    // Bytes of a next request hide the end, so who has sent some is written to as well.
    let is_broken = stream.peek(&mut [0]).await.is_err();
    drop(stream);
    if is_broken {
        if let Some(shard) = shard.upgrade()
            && shard.borrow_mut().connection(key).is_some()
        {
            shard.borrow_mut().lost(key.index);
        }
        return;
    }
    let regularly = std::iter::repeat(Duration::from_secs(PING_S.into()));
    for pause in [Duration::ZERO, SECOND_AFTER].into_iter().chain(regularly) {
        tokio::time::sleep(pause).await;
        let Some(shard) = shard.upgrade() else { return };
        let mut shard = shard.borrow_mut();
        if shard.connection(key).is_none() {
            return;
        }
        shard.tell(key.index, Speaker::render_ping);
    }
}

impl Body for FollowBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(shard) = self.shard.upgrade() else { return Poll::Ready(None) };
        let mut shard = shard.borrow_mut();
        let polled = shard.fetch(self.key, context);
        polled.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }
}

impl Drop for FollowBody {
    fn drop(&mut self) {
        let Some(shard) = self.shard.upgrade() else { return };
        // Held only while the shard itself ends, and then there is nobody to tell.
        if let Ok(mut shard) = shard.try_borrow_mut()
            && shard.connection(self.key).is_some()
        {
            shard.lost(self.key.index);
        }
    }
}

impl Shard {
    /// The next bytes for a follower; `None` when it hears nothing more.
    fn fetch(&mut self, key: Key, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let Some(connection) = self.connection(key) else { return Poll::Ready(None) };
        if connection.is_broken {
            // It did not read, or it is over: there is nothing after this.
            self.leave(key.index, ExitCause::Unread);
            return Poll::Ready(None);
        }
        let next = connection.outbox.as_mut().and_then(|outbox| outbox.pop());
        if let Sink::Body(waker) = &mut connection.sink {
            *waker = Some(context.waker().clone());
        }
        let is_empty = connection.outbox.as_ref().is_none_or(|outbox| outbox.bytes() == 0);
        if is_empty && connection.outbox.is_some() {
            self.drained(key.index);
        }
        match next {
            Some(bytes) => Poll::Ready(Some(bytes)),
            None if self.connection(key).is_none() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}
