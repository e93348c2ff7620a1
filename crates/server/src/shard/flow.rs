//! A connection's life around its messages: accepted, drained when its socket has room, timed out,
//! closed without cutting off what it is still to read.

use std::net::Shutdown;
use std::rc::Rc;
use std::time::{Duration, Instant};

use socket2::SockRef;
use teahouse_core::{Action, ExitCause, Origin, RequestId};
use teahouse_wire::line::LineSession;
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, JoinSet};
use tracing::debug;

use super::connection::{Connection, Opening, Sink, Stage};
use super::outbox::Written;
use super::speaker::Speaker;
use super::{Handle, Key, Shard, intake};
use crate::gate::Permit;
use crate::inbox::Accepted;

/// How long a closed connection is read on, so that the reset which unread input causes does not
/// destroy what the peer has not read yet.
const LINGER: Duration = Duration::from_secs(2);
/// Bytes read and thrown away during that time.
const LINGER_BYTES_MAX: usize = 256 * 1024;
/// How long someone whose session is over may take nothing of what is still to come for them.
const OVER_DEADLINE: Duration = Duration::from_secs(10);
/// How often it is looked whether everyone has taken what was queued, when the house closes.
const FLUSH_LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long connections are read on when the house closes.
const CLOSE_LINGER: Duration = Duration::from_millis(250);
/// How often silent connections are looked for, when they are closed at all.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

impl Shard {
    pub(super) fn accept(&mut self, accepted: Accepted) {
        let Accepted { stream, peer, permit } = accepted;
        let stream = match TcpStream::from_std(stream) {
            Ok(stream) => Rc::new(stream),
            Err(error) => {
                debug!(%peer, %error, "cannot take a connection");
                return;
            }
        };
        let Some(me) = self.me.upgrade() else { return };
        if self.is_closing {
            return;
        }
        let speaker = Speaker::Line(LineSession::new(self.settings.first_room.clone()));
        let sink = Sink::Socket(Rc::clone(&stream));
        let origin = permit.origin();
        let key = self.insert((sink, origin, Some(permit)), (speaker, Stage::Sniffing));
        debug!(shard = self.index, serial = key.serial, %peer, "connected");
        let task = self.spawn(move || intake::run(me, key, stream));
        let connection = &mut self.connections[key.index];
        connection.intake = Some(task);
        connection.opening = Some(Box::new(Opening::new(Instant::now())));
        self.await_first_line(key);
    }

    /// Gives a connection its place.
    pub(super) fn insert(
        &mut self,
        from: (Sink, Origin, Option<Permit>),
        as_what: (Speaker, Stage),
    ) -> Key {
        self.serial += 1;
        let serial = self.serial;
        let name = (serial, self.session_id(serial));
        let index =
            self.connections.insert(Connection::new(name, from, as_what, self.steady_now()));
        Key { index, serial }
    }

    /// A person with nothing but lines comes in at once.
    pub(super) fn enter(&mut self, index: usize) {
        // The room that its lines go to, also when the settings have changed since it came.
        let room = self.connections[index].speaker.first_room();
        let action = Action::Enter { nick: None, room, seat: None };
        self.enter_with(index, RequestId::default(), action);
    }

    /// Somebody who has said nothing yet comes in and hears; the others do not know of it.
    pub(super) fn enter_unseen(&mut self, index: usize) {
        if let Some(room) = self.connections[index].speaker.first_room() {
            self.enter_with(index, RequestId::default(), Action::EnterUnseen { room });
        }
    }

    /// Begins a session: from here on the hub knows of it.
    pub(super) fn enter_with(&mut self, index: usize, request: RequestId, action: Action) {
        let connection = &mut self.connections[index];
        debug_assert!(matches!(connection.stage, Stage::Sniffing | Stage::Outside), "it had one");
        connection.stage = Stage::In;
        if !matches!(action, Action::EnterUnseen { .. }) {
            connection.count_as_member();
        }
        let session = connection.session;
        self.sessions.insert(session, index);
        // First, because telling may find the socket broken: then an exit is proposed, which must come after.
        self.propose(index, request, action);
        if let Some(notice) = self.waiting_notice() {
            self.tell(index, |speaker, out| speaker.render_notice(&notice, out));
        }
    }

    /// Asks for a session's end. The connection goes when the hub has said so.
    pub(super) fn leave(&mut self, index: usize, cause: ExitCause) {
        let connection = &mut self.connections[index];
        match connection.stage {
            Stage::Sniffing => self.remove(index),
            Stage::Outside => {
                self.connections[index].stage = Stage::Over;
                self.finish(index);
            }
            Stage::In => {
                connection.stage = Stage::Leaving;
                // A first line that comes late begins no session anew.
                connection.opening = None;
                self.propose(index, RequestId::default(), Action::Exit { cause });
            }
            // Whoever ends it or writes to it closes it.
            Stage::Leaving | Stage::Over => {}
        }
    }

    /// The socket is broken: nothing more is written to it or read from it.
    pub(super) fn lost(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        connection.is_broken = true;
        if let Some(outbox) = connection.outbox.take() {
            outbox.stop();
        }
        // Its seats stay until the hub takes it out, in order.
        if matches!(connection.stage, Stage::Sniffing | Stage::Outside | Stage::In) {
            self.leave(index, ExitCause::Lost);
        }
    }

    /// Closes a connection whose session is over, sooner or later.
    pub(super) fn finish(&mut self, index: usize) {
        let key = self.key(index);
        self.finish_if_done(index);
        if self.connection(key).is_some() {
            let me = self.me.clone();
            self.spawn(move || async move {
                let mut left = u64::MAX;
                loop {
                    tokio::time::sleep(OVER_DEADLINE).await;
                    let Some(shard) = me.upgrade() else { return };
                    let mut shard = shard.borrow_mut();
                    let over = shard.connection(key).filter(|c| c.stage == Stage::Over);
                    let Some(connection) = over else { return };
                    let still = connection.outstanding();
                    if still >= left {
                        return shard.remove(key.index);
                    }
                    left = still;
                }
            });
        }
    }

    /// Forgets a connection and closes its socket.
    pub(super) fn remove(&mut self, index: usize) {
        let mut connection = self.connections.remove(index);
        debug_assert!(connection.seats.is_empty(), "a room still writes to this place");
        debug_assert!(!self.sessions.contains_key(&connection.session), "it is still told things");
        self.half_said_bytes -= connection.speaker.half_said_bytes();
        debug!(shard = self.index, serial = connection.serial, "closed");
        connection.stop_tasks();
        if connection.is_broken {
            return;
        }
        let Connection { sink: Sink::Socket(stream), is_read_out, permit, .. } = connection else {
            return;
        };
        if SockRef::from(&*stream).shutdown(Shutdown::Write).is_ok() && !is_read_out {
            self.spawn(move || async move {
                let lingered = tokio::time::timeout(LINGER, read_out(&stream)).await;
                debug!(in_time = lingered.is_ok(), "lingered");
                drop(permit);
            });
        }
    }

    /// Starts the task that waits until a socket takes bytes again.
    pub(super) fn start_drain(&mut self, index: usize) -> Option<AbortHandle> {
        let key = self.key(index);
        let stream = Rc::clone(self.connections[index].socket()?);
        let me = self.me.clone();
        let task = self.spawn(move || async move {
            loop {
                let is_open = stream.writable().await.is_ok();
                let Some(shard) = me.upgrade() else { return };
                if !shard.borrow_mut().drain(key, is_open) {
                    return;
                }
            }
        });
        Some(task)
    }

    /// Writes what is queued; `false` when there is nothing more to wait for.
    fn drain(&mut self, key: Key, is_open: bool) -> bool {
        let now = self.steady_now();
        let Some(connection) = self.connection(key) else { return false };
        let (Some(outbox), Sink::Socket(stream)) = (&mut connection.outbox, &connection.sink)
        else {
            return false;
        };
        let before = outbox.bytes();
        let written = if is_open { outbox.drain(stream) } else { Written::Broken };
        if connection.speaker.is_asked() && outbox.bytes() < before {
            // Whoever takes bytes is there, though nothing is read from it until it has taken most of them.
            connection.heard_at = now;
        }
        match written {
            Written::Some(0) => {
                self.drained(key.index);
                false
            }
            Written::Some(_) => true,
            Written::Broken => {
                self.lost(key.index);
                if self.connection(key).is_some() {
                    self.finish_if_done(key.index);
                }
                false
            }
        }
    }

    /// Nothing is queued any more.
    pub(super) fn drained(&mut self, index: usize) {
        let connection = &mut self.connections[index];
        connection.outbox = None;
        connection.wake();
        self.catch_up(index);
        self.finish_if_done(index);
    }

    /// Starts looking for silent connections, if they are to be closed.
    pub(super) fn start_sweep(&mut self) {
        if self.is_sweeping || self.settings.limits.idle_s == 0 {
            return;
        }
        self.is_sweeping = true;
        let me = self.me.clone();
        self.spawn(move || async move {
            loop {
                tokio::time::sleep(SWEEP_EVERY).await;
                let Some(shard) = me.upgrade() else { return };
                if !shard.borrow_mut().sweep() {
                    return;
                }
            }
        });
    }

    fn sweep(&mut self) -> bool {
        let idle_ms = u64::from(self.settings.limits.idle_s) * 1000;
        self.is_sweeping = idle_ms > 0 && !self.is_closing;
        if !self.is_sweeping {
            return false;
        }
        let now = self.steady_now();
        let silent = |connection: &Connection| {
            // Who follows over HTTP has nothing to say.
            let can_speak = connection.socket().is_some();
            can_speak
                && connection.stage == Stage::In
                && now.ms_since(connection.heard_at) >= idle_ms
        };
        let silent: Vec<usize> =
            self.connections.iter().filter(|(_, c)| silent(c)).map(|(index, _)| index).collect();
        for index in silent {
            self.leave(index, ExitCause::Idle);
        }
        true
    }

    /// The house closes: what has been read is handed in, nothing more is read.
    pub(super) fn close(&mut self) {
        self.is_closing = true;
        let indexes: Vec<usize> = self.connections.iter().map(|(index, _)| index).collect();
        for index in indexes {
            match self.connections[index].stage {
                Stage::Sniffing => self.remove(index),
                Stage::Outside => {
                    let key = self.key(index);
                    self.tell(index, Speaker::render_closing);
                    if self.connection(key).is_some() {
                        self.leave(index, ExitCause::Closing);
                    }
                }
                Stage::In | Stage::Leaving | Stage::Over => self.release_all(index),
            }
        }
        self.notice("the house is closing");
        if let Some(pump) = self.pump.take() {
            pump.wake();
        }
    }

    /// Everything has been told that will be: the last of it, for those whose protocol has a word for that.
    pub(super) fn say_goodbye(&mut self) {
        let indexes: Vec<usize> = self.connections.iter().map(|(index, _)| index).collect();
        for index in indexes {
            if matches!(self.connections[index].stage, Stage::In | Stage::Leaving) {
                self.tell(index, Speaker::render_closing);
            }
        }
    }

    /// Waits until nothing is queued for anyone who still reads.
    pub(super) async fn flushed(shard: &Handle) {
        let is_queued = || {
            let shard = shard.borrow();
            let mut connections = shard.connections.iter();
            connections.any(|(_, connection)| connection.outbox.is_some())
        };
        while is_queued() {
            // The tasks that drain them run meanwhile.
            tokio::time::sleep(FLUSH_LOOK_EVERY).await;
        }
    }

    /// Ends our side of every connection, and reads on for a moment: what has arrived and is not read makes
    /// the system reset a connection, and destroys what the peer has not read yet.
    pub(super) async fn close_all(shard: &Handle) {
        let mut open = JoinSet::new();
        {
            let mut shard = shard.borrow_mut();
            for (_, connection) in &mut shard.connections {
                connection.stop_tasks();
                if let Some(stream) = connection.socket().cloned() {
                    if let Err(error) = SockRef::from(&*stream).shutdown(Shutdown::Write) {
                        debug!(%error, "was closed already");
                    }
                    open.spawn_local(async move { read_out(&stream).await });
                }
            }
            shard.connections.clear();
            shard.sessions.clear();
            shard.rooms.clear();
        }
        let all = async { while open.join_next().await.is_some() {} };
        if tokio::time::timeout(CLOSE_LINGER, all).await.is_err() {
            debug!("not everybody has closed their side");
        }
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
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
