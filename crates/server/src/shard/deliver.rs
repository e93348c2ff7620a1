//! What the hub decided, on its way to the sockets.
//!
//! Room messages of a whole round are encoded into the room's [`Pending`] and leave in one write per
//! member. Anything that is for one connection, or moves a member, first flushes what came before it.

use teahouse_core::{
    Answer, Effect, Event, ExitCause, NickKey, Position, RoomId, RoomName, SessionId,
};
use teahouse_wire::line;
use tracing::debug;

use super::Shard;
use super::connection::{Behind, Connection, Ignored, Seat, Stage};
use super::outbox::{Outbox, Shared, Written, write};
use super::room::{Member, PIECE_BYTES, Pending, RoomHere, is_seen_as_typed};
use crate::history::{Job, Wanted};

/// What became of bytes meant for a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// Written or queued.
    Taken,
    /// The queue is past its soft bound: the member is behind.
    Behind,
    /// The socket is broken.
    Broken,
}

impl Shard {
    pub(super) fn handle_effect(&mut self, effect: &Effect) {
        match effect {
            Effect::Founded { .. } => {}
            Effect::Event(event) => self.with_pending(event.room, |pending, name, with_key| {
                pending.push_event(event, name, with_key);
            }),
            Effect::Presence { room, except, presence } => {
                self.with_pending(*room, |pending, name, _| {
                    pending.push_presence(presence, *except, name);
                });
            }
            Effect::Joined { session, room, name, at, members, topic } => {
                if let Some(index) = self.sessions.get(session).copied() {
                    self.flush_all();
                    self.joined(index, *room, name, *at);
                    self.tell(index, |out| {
                        line::render_joined(name, *members, topic.as_ref(), out);
                    });
                    self.catch_up(index);
                }
            }
            Effect::Parted { session, room, name } => {
                if let Some(index) = self.sessions.get(session).copied() {
                    self.flush_all();
                    self.parted(index, *room, name);
                }
            }
            Effect::Answer { session, answer } => {
                if let Some(index) = self.sessions.get(session).copied() {
                    self.flush_all();
                    self.answer(index, answer);
                }
            }
            Effect::Ended { session, cause } => {
                if let Some(index) = self.sessions.remove(session) {
                    self.flush_all();
                    self.ended(index, *cause);
                }
            }
        }
    }

    /// Adds to what is about to be written to a room, if it has members here.
    fn with_pending(&mut self, id: RoomId, add: impl FnOnce(&mut Pending, &RoomName, bool)) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if room.pending.is_none() {
            self.dirty.push(id);
        }
        let spare = &mut self.spare;
        let pending = room.pending.get_or_insert_with(|| spare.pop().unwrap_or_default());
        add(pending, &room.name, room.ignoring > 0);
        if pending.plain.len() >= PIECE_BYTES {
            self.flush_all();
        }
    }

    /// Writes what is pending to the members of every room.
    pub(super) fn flush_all(&mut self) {
        while let Some(id) = self.dirty.pop() {
            self.flush(id);
        }
    }

    /// The hot path: the same bytes to every member, one direct write each.
    fn flush(&mut self, id: RoomId) {
        let Some(mut room) = self.rooms.remove(&id) else { return };
        let Some(mut pending) = room.pending.take() else {
            self.rooms.insert(id, room);
            return;
        };
        self.mark_authors(&pending, true);
        let mut plain = Shared::new(&pending.plain);
        let mut named = Shared::new(&pending.named);
        let before = room.head;
        for member in &mut room.members {
            let index = member.connection;
            let connection = &mut self.connections[index];
            let is_current = connection.line.is_current(id);
            let sent = if !member.is_live {
                self.send_presence(index, is_current, &pending);
                continue;
            } else if connection.skips_some() {
                self.send_picked(index, is_current, &pending)
            } else {
                self.send(index, if is_current { &mut plain } else { &mut named })
            };
            match sent {
                Sent::Taken => {}
                Sent::Behind => {
                    member.is_live = false;
                    if let Some(seat) = self.connections[index].seat(id) {
                        seat.behind = Some(Behind { cursor: before, wants_tail: false });
                    }
                }
                Sent::Broken => self.lost(index),
            }
        }
        self.mark_authors(&pending, false);
        room.head = pending.head.unwrap_or(before);
        pending.clear();
        if self.spare.len() < super::SPARE_PENDING_MAX {
            self.spare.push(pending);
        }
        self.rooms.insert(id, room);
    }

    fn mark_authors(&mut self, pending: &Pending, is_author: bool) {
        for session in pending.segments.iter().filter_map(|segment| segment.except) {
            if let Some(index) = self.sessions.get(&session) {
                self.connections[*index].is_author = is_author;
            }
        }
    }

    /// To a member that wrote some of it or ignores somebody: the rest.
    fn send_picked(&mut self, index: usize, is_current: bool, pending: &Pending) -> Sent {
        let mut picked = std::mem::take(&mut self.scratch);
        let connection = &self.connections[index];
        pending.pick(is_current, &mut picked, |segment| {
            segment.except != Some(connection.session)
                && segment
                    .author
                    .as_ref()
                    .is_none_or(|author| !connection.ignores(author.session, author.key.as_ref()))
        });
        let sent = if picked.is_empty() {
            Sent::Taken
        } else {
            self.send(index, &mut Shared::new(&picked))
        };
        picked.clear();
        self.scratch = picked;
        sent
    }

    /// To a member that is about to be given the events from history: who came and went meanwhile,
    /// which history does not have. One that is not reading misses it.
    fn send_presence(&mut self, index: usize, is_current: bool, pending: &Pending) {
        let connection = &self.connections[index];
        if !pending.has_presence || connection.outbox.is_some() || connection.is_broken {
            return;
        }
        let session = connection.session;
        let mut picked = std::mem::take(&mut self.scratch);
        pending.pick(is_current, &mut picked, |segment| {
            segment.author.is_none() && segment.except != Some(session)
        });
        if !picked.is_empty() && self.send(index, &mut Shared::new(&picked)) == Sent::Broken {
            self.lost(index);
        }
        picked.clear();
        self.scratch = picked;
    }

    /// Writes directly if nothing is queued; queues what is not taken.
    fn send(&mut self, index: usize, shared: &mut Shared<'_>) -> Sent {
        let connection = &mut self.connections[index];
        if connection.is_broken {
            return Sent::Taken;
        }
        match &mut connection.outbox {
            None => match write(&connection.stream, shared.bytes()) {
                Written::Broken => Sent::Broken,
                Written::Some(count) if count == shared.bytes().len() => Sent::Taken,
                Written::Some(count) => {
                    let rest = shared.rest(count);
                    let drain = self.start_drain(index);
                    self.connections[index].outbox = Some(Outbox::new(rest, drain));
                    Sent::Taken
                }
            },
            Some(outbox) if outbox.bytes() > self.settings.limits.queue_soft_bytes => Sent::Behind,
            Some(outbox) => {
                outbox.push(shared.rest(0));
                Sent::Taken
            }
        }
    }

    /// To one connection only. Past the hard bound it is let go: what it is told is not in history.
    pub(super) fn tell(&mut self, index: usize, render: impl FnOnce(&mut Vec<u8>)) {
        let mut out = std::mem::take(&mut self.scratch);
        render(&mut out);
        if !out.is_empty() {
            self.tell_bytes(index, &out);
        }
        out.clear();
        self.scratch = out;
    }

    pub(super) fn tell_bytes(&mut self, index: usize, bytes: &[u8]) {
        let connection = &mut self.connections[index];
        let queued = connection.queued();
        if connection.is_broken {
            return;
        }
        if queued > 0 && queued + bytes.len() > self.settings.limits.queue_hard_bytes {
            debug!(session = connection.session.0, queued, "does not read: closed");
            connection.is_broken = true;
            return self.leave(index, ExitCause::Unread);
        }
        let mut shared = Shared::new(bytes);
        if let Some(outbox) = &mut connection.outbox {
            outbox.push(shared.rest(0));
        } else if self.send(index, &mut shared) == Sent::Broken {
            self.lost(index);
        }
    }

    pub(super) fn notice(&mut self, text: &str) {
        let mut bytes = Vec::new();
        line::render_notice(text, &mut bytes);
        let indexes: Vec<usize> = self.connections.iter().map(|(index, _)| index).collect();
        for index in indexes {
            if self.connections[index].stage != Stage::Sniffing {
                self.tell_bytes(index, &bytes);
            }
        }
    }

    fn joined(&mut self, index: usize, id: RoomId, name: &RoomName, at: Position) {
        let wants_tail = at > Position::START && self.settings.history_shown > 0;
        let room = self.rooms.entry(id).or_insert_with(|| RoomHere::new(name.clone(), at));
        let connection = &mut self.connections[index];
        let behind = wants_tail.then_some(Behind { cursor: at, wants_tail });
        // Most people are in one room: no room is kept for more.
        connection.seats.reserve_exact(1);
        connection.seats.push(Seat { room: id, member: room.members.len(), behind });
        connection.line.handle_joined(id, name);
        room.members.push(Member { connection: index, is_live: !wants_tail });
        room.ignoring += usize::from(connection.ignored.is_some());
    }

    fn parted(&mut self, index: usize, id: RoomId, name: &RoomName) {
        self.unseat(index, id);
        let connection = &mut self.connections[index];
        connection.line.handle_parted(id);
        if connection.stage == Stage::In {
            let current = connection.line.current().cloned();
            self.tell(index, |out| line::render_parted(name, current.as_ref(), out));
        }
    }

    /// Takes a member out of a room's list; the last one moves into its place.
    fn unseat(&mut self, index: usize, id: RoomId) {
        let connection = &mut self.connections[index];
        let Some(at) = connection.seats.iter().position(|seat| seat.room == id) else { return };
        let seat = connection.seats.swap_remove(at);
        let is_ignoring = connection.ignored.is_some();
        let Some(room) = self.rooms.get_mut(&id) else { return };
        room.members.swap_remove(seat.member);
        room.ignoring -= usize::from(is_ignoring);
        let moved = room.members.get(seat.member).map(|member| member.connection);
        if room.members.is_empty() {
            self.rooms.remove(&id);
        }
        if let Some(moved) = moved
            && let Some(other) = self.connections[moved].seat(id)
        {
            other.member = seat.member;
        }
    }

    fn answer(&mut self, index: usize, answer: &Answer) {
        match answer {
            Answer::Granted(granted) => {
                self.connections[index].asked.push(granted.clone());
                return self.catch_up(index);
            }
            Answer::AlreadyIn { room, name } => {
                self.connections[index].line.handle_already_in(*room, name);
            }
            Answer::Refused(refusal) => self.connections[index].line.handle_refused(refusal),
            Answer::Ignoring { known_by, .. } => self.ignore(index, known_by),
            Answer::Welcome { .. }
            | Answer::Renamed { .. }
            | Answer::Told(_)
            | Answer::Delivered { .. }
            | Answer::Duplicate { .. }
            | Answer::Topic { .. }
            | Answer::Members { .. }
            | Answer::Rooms { .. } => {}
        }
        self.tell(index, |out| line::render_answer(answer, out));
    }

    fn ignore(&mut self, index: usize, known_by: &[(NickKey, Option<SessionId>)]) {
        let connection = &mut self.connections[index];
        let was = connection.ignored.is_some();
        connection.ignored =
            (!known_by.is_empty()).then(|| Box::new(Ignored { known_by: known_by.to_vec() }));
        let is = connection.ignored.is_some();
        for seat in &connection.seats {
            if let Some(room) = self.rooms.get_mut(&seat.room) {
                room.ignoring = room.ignoring + usize::from(is) - usize::from(was);
            }
        }
    }

    fn ended(&mut self, index: usize, cause: ExitCause) {
        self.connections[index].stage = Stage::Over;
        self.tell(index, |out| line::render_goodbye(cause, out));
        self.finish(index);
    }

    /// Asks a reading thread.
    pub(super) fn read_history(&mut self, index: usize, wanted: Wanted) {
        let job = Job { shard: self.index, connection: self.key(index), wanted };
        if self.jobs.send(job).is_err() {
            debug!("the readers are gone");
        }
    }
}

/// Whether a member that is refilled hears this event: as in [`Shard::send_picked`], not what it typed
/// itself and nobody it ignores.
pub(super) fn is_wanted(connection: &Connection, event: &Event) -> bool {
    let is_own = event.session == connection.session && is_seen_as_typed(event.kind);
    let is_ignored =
        connection.ignored.is_some() && connection.ignores(event.session, Some(&event.nick.key()));
    !is_own && !is_ignored
}
