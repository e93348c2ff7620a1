//! What the hub decided, on its way to the sockets.
//!
//! Room messages of a whole round are gathered in the room's [`Pending`], encoded once per format when they
//! are written, and leave in one write per member. Anything that is for one connection, or moves a member,
//! first flushes what came before it in that connection's rooms.

use teahouse_core::{Answer, Effect, Event, ExitCause, Ignored, RequestId, RoomId};
use tracing::debug;

use super::connection::{Behind, Connection, Sink, Stage};
use super::outbox::{Outbox, Shared, What, Written, write};
use super::room::{Author, Item, Pending, Round, is_typed};
use super::speaker::{Entered, Format};
use super::{Key, Shard};
use crate::history::{Asker, Job, NotTaken, Wanted};

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
    /// One effect of a batch of this round.
    pub(super) fn handle_effect(&mut self, batch: usize, index: usize) {
        let round = std::mem::take(&mut self.round);
        match &round[batch][index] {
            // Nobody is in a room that is removed.
            Effect::Founded { .. } | Effect::RoomRemoved { .. } => {}
            Effect::SessionForgotten { session } => drop(self.suspended.remove(session)),
            Effect::Event(event) => self.add_pending(event.room, &round, batch, index),
            Effect::Presence { room, .. } => self.add_pending(*room, &round, batch, index),
            effect @ (Effect::Joined { .. }
            | Effect::Parted { .. }
            | Effect::Ignores { .. }
            | Effect::Answer { .. }
            | Effect::Ended { .. }) => self.handle_personal(effect, &round),
        }
        self.round = round;
    }

    /// What is for one session: only if it is here.
    fn handle_personal(&mut self, effect: &Effect, round: &Round) {
        match effect {
            Effect::Joined { session, request, room, name, at, members, topic } => {
                if let Some(index) = self.sessions.get(session).copied() {
                    self.flush_rooms_of(index, round);
                    // Whoever comes in is not given what was said before that.
                    self.flush(*room, round);
                    let told = Entered {
                        request: *request,
                        room: name,
                        at: *at,
                        is_complete: false,
                        members: *members,
                        topic: topic.as_ref(),
                    };
                    self.joined(index, *room, &told);
                    self.catch_up(index);
                }
            }
            Effect::Parted { session, request, room, name } => {
                if let Some(index) = self.sessions.get(session).copied() {
                    self.flush_rooms_of(index, round);
                    self.parted(index, *request, (*room, name));
                }
            }
            Effect::Ignores { session, ignored } => {
                if let Some(index) = self.sessions.get(session).copied() {
                    self.flush_rooms_of(index, round);
                    self.ignore(index, ignored);
                }
            }
            Effect::Answer { session, request, answer } => {
                if let Some(index) = self.sessions.get(session).copied() {
                    self.flush_rooms_of(index, round);
                    self.answer(index, *request, answer);
                } else {
                    self.answer_visitor(*session, answer);
                }
            }
            Effect::Ended { session, cause, is_suspended } => {
                if let Some(index) = self.sessions.remove(session) {
                    self.flush_rooms_of(index, round);
                    if *is_suspended && let Some(mut permit) = self.connections[index].permit.take()
                    {
                        permit.disconnect();
                        self.suspended.insert(*session, permit);
                    }
                    self.ended(index, *cause);
                }
            }
            Effect::Founded { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Event(_)
            | Effect::Presence { .. }
            | Effect::SessionForgotten { .. } => {}
        }
    }

    /// Adds to what is about to be written to a room, if it has members here.
    fn add_pending(&mut self, id: RoomId, round: &Round, batch: usize, index: usize) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        if room.pending.is_none() {
            self.dirty.push(id);
        }
        let spare = &mut self.spare;
        let pending = room.pending.get_or_insert_with(|| spare.pop().unwrap_or_default());
        pending.push(round, batch, index, room.ignoring > 0);
        if pending.is_full() {
            self.flush(id, round);
        }
    }

    /// Writes what is pending to the members of every room.
    pub(super) fn flush_all(&mut self) {
        if self.dirty.is_empty() {
            return;
        }
        let round = std::mem::take(&mut self.round);
        self.flush_all_of(&round);
        self.round = round;
    }

    fn flush_all_of(&mut self, round: &Round) {
        while let Some(id) = self.dirty.pop() {
            self.flush(id, round);
        }
    }

    /// Writes what is pending to the rooms of one connection: it hears everything in the order in which it was
    /// decided, and nobody else's rooms are written in small pieces for that.
    fn flush_rooms_of(&mut self, index: usize, round: &Round) {
        if self.dirty.is_empty() {
            return;
        }
        for seat in 0..self.connections[index].seats.len() {
            let room = self.connections[index].seats[seat].room;
            self.flush(room, round);
        }
    }

    /// The hot path: the same bytes to every member, one direct write each.
    fn flush(&mut self, id: RoomId, round: &Round) {
        let pending = self.rooms.get_mut(&id).and_then(|room| room.pending.take());
        let Some(mut pending) = pending else { return };
        let Some(mut room) = self.rooms.remove(&id) else { return };
        self.mark_authors(&pending, round, true);
        let mut shared = Pending::shared();
        let before = room.head;
        for member in &mut room.members {
            let index = member.connection;
            let connection = &self.connections[index];
            let format = connection.speaker.format(id);
            if !member.is_live && !pending.has_presence {
                continue;
            }
            pending.encode(format, round, &room.name, &mut self.encoder);
            let sent = if !member.is_live {
                self.send_presence(index, id, format, &pending);
                continue;
            } else if connection.skips_some() {
                self.send_picked(index, format, &pending)
            } else {
                self.send(index, pending.bytes(format), What::Room, &mut shared[format.index()])
            };
            match sent {
                Sent::Taken => self.counts.deliveries += pending.items.len() as u64,
                Sent::Behind => {
                    member.is_live = false;
                    if let Some(seat) = self.connections[index].seat(id) {
                        seat.behind = Some(Behind { cursor: before, wants_tail: false });
                    }
                }
                Sent::Broken => self.lost(index),
            }
        }
        self.mark_authors(&pending, round, false);
        room.head = pending.head.unwrap_or(before);
        pending.clear();
        if self.spare.len() < super::SPARE_PENDING_MAX {
            self.spare.push(pending);
        }
        self.rooms.insert(id, room);
    }

    fn mark_authors(&mut self, pending: &Pending, round: &Round, is_author: bool) {
        for item in &pending.items {
            let Some(index) = item.about.and_then(|session| self.sessions.get(&session)) else {
                continue;
            };
            let connection = &mut self.connections[*index];
            connection.is_author = is_author;
            if is_author && let Effect::Event(event) = &round[item.batch][item.effect] {
                connection.speaker.handle_own_event(event);
                // It may have waited with its next request for this.
                connection.wake();
            }
        }
    }

    /// To a member that wrote some of it or ignores somebody: the rest.
    fn send_picked(&mut self, index: usize, format: Format, pending: &Pending) -> Sent {
        let mut picked = std::mem::take(&mut self.scratch);
        let connection = &self.connections[index];
        pending.pick(format, &mut picked, |item| {
            !is_about_itself(connection, item)
                && item.author.as_ref().is_none_or(|Author { session, author, key }| {
                    !connection.ignores(*session, *author, key.as_ref())
                })
        });
        let sent = if picked.is_empty() {
            Sent::Taken
        } else {
            self.send(index, &picked, What::Room, &mut Shared::default())
        };
        picked.clear();
        self.scratch = picked;
        sent
    }

    /// To a member that is about to be given the events from history: who came and went meanwhile,
    /// which history does not have. One that is not reading misses it.
    fn send_presence(&mut self, index: usize, id: RoomId, format: Format, pending: &Pending) {
        let connection = &self.connections[index];
        let is_told = connection.seats.iter().any(|seat| seat.room == id && seat.check.is_none());
        if connection.outbox.is_some() || connection.is_broken || !is_told {
            return;
        }
        let session = connection.session;
        let mut picked = std::mem::take(&mut self.scratch);
        pending
            .pick(format, &mut picked, |item| item.author.is_none() && item.about != Some(session));
        if !picked.is_empty()
            && self.send(index, &picked, What::Room, &mut Shared::default()) == Sent::Broken
        {
            self.lost(index);
        }
        picked.clear();
        self.scratch = picked;
    }

    /// Writes directly if nothing is queued; queues what is not taken.
    fn send(&mut self, index: usize, bytes: &[u8], what: What, shared: &mut Shared) -> Sent {
        let connection = &mut self.connections[index];
        if connection.is_broken {
            return Sent::Taken;
        }
        match (&mut connection.outbox, &connection.sink) {
            (Some(outbox), _) if outbox.bytes() > self.settings.limits.queue_soft_bytes => {
                return Sent::Behind;
            }
            (Some(outbox), _) => outbox.push(shared.rest(bytes, 0), what),
            (None, Sink::Body(_)) => {
                connection.outbox = Some(Outbox::new(shared.rest(bytes, 0), what, None));
            }
            (None, Sink::Socket(stream)) => match write(stream, bytes) {
                Written::Broken => return Sent::Broken,
                Written::Some(count) if count == bytes.len() => {}
                Written::Some(count) => {
                    let rest = shared.rest(bytes, count);
                    let drain = self.start_drain(index);
                    self.connections[index].outbox = Some(Outbox::new(rest, what, drain));
                }
            },
        }
        self.counts.bytes += bytes.len() as u64;
        self.connections[index].wake_body();
        Sent::Taken
    }

    /// To one connection only. Past the hard bound it is let go: what it is told is not in history.
    pub(super) fn tell(
        &mut self,
        index: usize,
        render: impl FnOnce(&mut super::speaker::Speaker, &mut Vec<u8>),
    ) {
        let mut out = std::mem::take(&mut self.scratch);
        render(&mut self.connections[index].speaker, &mut out);
        if !out.is_empty() {
            self.tell_bytes(index, &out);
        }
        out.clear();
        self.scratch = out;
    }

    pub(super) fn tell_bytes(&mut self, index: usize, bytes: &[u8]) {
        self.give(index, bytes, What::Answer);
    }

    /// Gives bytes to one connection, whatever else is queued for it.
    pub(super) fn give(&mut self, index: usize, bytes: &[u8], what: What) {
        let connection = &mut self.connections[index];
        let queued = connection.queued();
        if connection.is_broken {
            return;
        }
        if queued > 0 && queued + bytes.len() > self.settings.limits.queue_hard_bytes {
            debug!(session = connection.session.0, queued, "does not read: closed");
            connection.is_broken = true;
            connection.wake_body();
            return self.leave(index, ExitCause::Unread);
        }
        let mut shared = Shared::default();
        if let Some(outbox) = &mut connection.outbox {
            outbox.push(shared.rest(bytes, 0), what);
        } else if self.send(index, bytes, what, &mut shared) == Sent::Broken {
            self.lost(index);
        }
    }

    pub(super) fn notice(&mut self, text: &str) {
        let indexes: Vec<usize> = self.connections.iter().map(|(index, _)| index).collect();
        for index in indexes {
            if matches!(self.connections[index].stage, Stage::In | Stage::Leaving) {
                self.tell(index, |speaker, out| speaker.render_notice(text, out));
            }
        }
    }

    fn answer(&mut self, index: usize, request: RequestId, answer: &Answer) {
        match answer {
            Answer::Granted(granted) => {
                self.connections[index].asked.push(request, granted.clone());
                return self.catch_up(index);
            }
            Answer::Refused(refusal) => self.counts.refused(refusal),
            Answer::Welcome { .. }
            | Answer::AlreadyIn { .. }
            | Answer::Renamed { .. }
            | Answer::Told(_)
            | Answer::Delivered { .. }
            | Answer::Duplicate { .. }
            | Answer::Posted { .. }
            | Answer::Topic { .. }
            | Answer::Members { .. }
            | Answer::Rooms { .. }
            | Answer::Ignoring { .. } => {}
        }
        let house = std::sync::Arc::clone(&self.house);
        self.tell(index, |speaker, out| speaker.render_answer(request, answer, &house, out));
        let connection = &mut self.connections[index];
        connection.wake();
        // A visitor that may not follow has nothing more to hear.
        if matches!(answer, Answer::Refused(_)) && matches!(connection.sink, Sink::Body(_)) {
            self.sessions.remove(&connection.session);
            connection.stage = Stage::Over;
            self.finish(index);
        }
    }

    fn ignore(&mut self, index: usize, ignored: &[Ignored]) {
        let connection = &mut self.connections[index];
        let was = connection.ignored.is_some();
        connection.ignored = (!ignored.is_empty()).then(|| Box::new(ignored.to_vec()));
        let is = connection.ignored.is_some();
        for seat in &connection.seats {
            if let Some(room) = self.rooms.get_mut(&seat.room) {
                room.ignoring = room.ignoring + usize::from(is) - usize::from(was);
            }
        }
    }

    fn ended(&mut self, index: usize, cause: ExitCause) {
        let connection = &mut self.connections[index];
        connection.stage = Stage::Over;
        connection.opening = None;
        if !connection.is_refused {
            self.tell(index, |speaker, out| speaker.render_goodbye(cause, out));
        }
        self.finish(index);
    }

    /// Asks a reading thread.
    pub(super) fn read_history(
        &self,
        key: Key,
        wanted: Wanted,
        waits: std::sync::Weak<()>,
    ) -> Result<(), NotTaken> {
        let origin = self.connections[key.index].origin;
        let asker = Asker::Connection(key);
        self.jobs.send(Job { shard: self.index, asker, origin, waits, wanted })
    }
}

/// Whether an item says to a member only what it knows: it typed it, or it is about its own coming.
fn is_about_itself(connection: &Connection, item: &Item) -> bool {
    let is_news = item.author.is_some() && (connection.speaker.hears_itself() || !item.is_typed);
    item.about == Some(connection.session) && !is_news
}

/// Whether a member that is refilled hears this event: as in [`Shard::send_picked`], not what it typed
/// itself and nobody it ignores.
pub(super) fn is_wanted(connection: &Connection, event: &Event) -> bool {
    let is_known = event.session == connection.session
        && is_typed(event.kind)
        && !connection.speaker.hears_itself();
    !is_known && !connection.ignores_author_of(event)
}
