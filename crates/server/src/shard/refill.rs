//! Members that are not live: shown the last events when they come in, and given from history what they
//! missed when they read too slowly (promises P4 and P5).
//!
//! One rule serves both, and questions to history as well: one page at a time is read for a connection,
//! and only when nothing is queued for it. A seat that is behind has a cursor; when nothing is queued, the
//! next page after the cursor is read and sent; when the cursor has reached the room's head, the
//! seat is live. Cursor and head are compared on this thread between two rounds, so no event can fall
//! between history and live, and none can come from both.

use std::sync::{Arc, Weak};

use teahouse_core::{Event, Excerpt, ExitCause, Granted, Position, Refusal, RequestId, RoomId};
use tracing::debug;

use super::connection::{Seat, Stage};
use super::deliver::is_wanted;
use super::outbox::What;
use super::speaker::Speaker;
use super::{Key, Shard};
use crate::history::{Asker, NotTaken, Page, Wanted};
use crate::store::ReadError;

impl Shard {
    /// Brings a connection's seats closer to live, one page at a time, while nothing is queued for it.
    pub(super) fn catch_up(&mut self, index: usize) {
        let count = self.settings.history_shown;
        loop {
            let connection = &mut self.connections[index];
            if connection.is_reading || connection.outbox.is_some() || connection.is_broken {
                return;
            }
            if let Some(asking) = connection.asked.front() {
                let (request, waits) = (asking.request, Arc::downgrade(&asking.waits));
                let wanted = Wanted::Asked(request, asking.granted.clone());
                match self.read_history(self.key(index), wanted, waits) {
                    Ok(()) => {
                        self.connections[index].is_reading = true;
                        return;
                    }
                    Err(NotTaken::Refused(refusal)) => self.not_read(index, request, &refusal),
                    Err(NotTaken::Over) => {
                        self.connections[index].asked.pop();
                        self.tell(index, |speaker, out| speaker.render_unreadable(request, out));
                    }
                }
                continue;
            }
            // Who waits to hear whether it may go on where it was is told first.
            let is_checked = |seat: &Seat| seat.check.is_some();
            let seats = &mut connection.seats;
            let next = seats.iter().position(is_checked);
            let Some(seat) = next.or_else(|| seats.iter().position(|seat| seat.behind.is_some()))
            else {
                return;
            };
            let seat = &mut seats[seat];
            let (Some(behind), Some(room)) = (seat.behind, self.rooms.get_mut(&seat.room)) else {
                return;
            };
            let wanted = if seat.check.is_some() {
                Wanted::Check { room: seat.room, position: behind.cursor }
            } else if behind.wants_tail {
                Wanted::Tail { room: seat.room, upto: behind.cursor, count }
            } else if behind.cursor < room.head {
                Wanted::Refill { room: seat.room, after: behind.cursor, upto: room.head }
            } else {
                seat.behind = None;
                room.members[seat.member].is_live = true;
                continue;
            };
            // Pages are always taken; without readers the house is closing.
            let is_taken = self.read_history(self.key(index), wanted, Weak::new());
            self.connections[index].is_reading = is_taken.is_ok();
            return;
        }
    }

    pub(super) fn handle_page(&mut self, page: Page) {
        // Between rounds, so that cursors and heads speak of the same moment.
        self.flush_all();
        let Page { asker, wanted, excerpt } = page;
        let key = match asker {
            Asker::Connection(key) => key,
            Asker::Visitor(session) => return self.visitor_page(session, wanted, excerpt),
        };
        let hard = self.settings.limits.queue_hard_bytes;
        let Some(connection) = self.connection(key) else { return };
        connection.is_reading = false;
        let (queued, weight) = (connection.queued(), weight(&excerpt));
        if queued > 0 && queued + weight > hard {
            // Something has been queued since it was asked for. It is read again when that is taken: nobody is
            // closed for what was not theirs to read in time.
            return;
        }
        match (wanted, excerpt) {
            (Wanted::Asked(request, granted), Ok(excerpt)) => {
                connection.asked.pop();
                self.answered(key, request, &granted, &excerpt);
            }
            (Wanted::Asked(request, _), Err(ReadError::TooWide(why))) => {
                self.not_read(key.index, request, &Refusal::SearchTooWide { why });
            }
            (Wanted::Asked(request, _), Err(ReadError::Fault(_))) => {
                connection.asked.pop();
                self.tell(key.index, |speaker, out| speaker.render_unreadable(request, out));
            }
            (Wanted::Tail { room, upto, .. }, Ok(excerpt)) => {
                self.show_tail(key.index, room, upto, &excerpt.events);
            }
            (Wanted::Refill { room, after, upto }, Ok(excerpt)) => {
                self.refill(key.index, room, after, upto, &excerpt.events);
            }
            (Wanted::Check { room, position }, Ok(excerpt)) => {
                self.checked(key.index, room, position, &excerpt.events);
            }
            (Wanted::Tail { .. } | Wanted::Refill { .. } | Wanted::Check { .. }, Err(_)) => {
                // Rather closed than shown a room with a hole in it.
                for seat in &mut connection.seats {
                    (seat.behind, seat.check) = (None, None);
                }
                let sorry = "error: history cannot be read; please come back";
                self.tell(key.index, |speaker, out| speaker.render_notice(sorry, out));
                self.leave(key.index, ExitCause::Lost);
            }
        }
        if let Some(connection) = self.connection(key) {
            connection.wake();
            self.catch_up(key.index);
            self.finish_if_done(key.index);
        }
    }

    /// What it asked first is refused.
    fn not_read(&mut self, index: usize, request: RequestId, refusal: &Refusal) {
        self.connections[index].asked.pop();
        self.counts.refused(refusal);
        self.tell(index, |speaker, out| speaker.render_refused(request, refusal, out));
    }

    fn show_tail(&mut self, index: usize, room: RoomId, upto: Position, events: &[Event]) {
        let Some(seat) = self.connections[index].seat(room) else { return };
        // A room left and joined again meanwhile has a tail of its own to come.
        match &mut seat.behind {
            Some(behind) if behind.wants_tail && behind.cursor == upto => behind.wants_tail = false,
            _ => return,
        }
        let Some(name) = self.rooms.get(&room).map(|room| room.name.clone()) else { return };
        let clock = self.clock();
        let connection = &self.connections[index];
        // What it said itself in an earlier life is news on this screen; whom it ignores it does not hear.
        let is_heard = |event: &&Event| !connection.ignores_author_of(event);
        let shown: Vec<Event> = match &connection.ignored {
            Some(_) => events.iter().filter(is_heard).cloned().collect(),
            None => events.to_vec(),
        };
        self.tell(index, |_, out| Speaker::render_tail(&name, &shown, &clock, out));
    }

    fn refill(
        &mut self,
        index: usize,
        room: RoomId,
        after: Position,
        upto: Position,
        events: &[Event],
    ) {
        let Some(name) = self.rooms.get(&room).map(|room| room.name.clone()) else { return };
        let connection = &mut self.connections[index];
        let format = connection.speaker.format(room);
        let Some(seat) = connection.seat(room) else { return };
        let is_checking = seat.check.is_some();
        let Some(behind) = seat.behind else { return };
        // The page is for where the cursor stood; a seat left and taken again has another.
        if behind.cursor != after || behind.wants_tail || is_checking {
            return;
        }
        debug!(session = connection.session.0, events = events.len(), "refilled from history");
        let mut out = Vec::new();
        let mut given = 0;
        for event in events.iter().filter(|event| is_wanted(&self.connections[index], event)) {
            self.encoder.event(format, event, &name, &mut out);
            given += 1;
        }
        if let Some(behind) =
            self.connections[index].seat(room).and_then(|seat| seat.behind.as_mut())
        {
            behind.cursor = events.last().map_or(upto, |event| event.position);
        }
        self.counts.deliveries += given;
        self.counts.refilled += given;
        if !out.is_empty() {
            self.give(index, &out, What::Room);
        }
    }

    fn answered(&mut self, key: Key, request: RequestId, granted: &Granted, excerpt: &Excerpt) {
        let clock = self.clock();
        let epoch = self.house.epoch;
        self.tell(key.index, |speaker, out| {
            speaker.render_page(request, granted, excerpt, (epoch, &clock), out);
        });
    }

    /// Closes a connection whose session is over once everything for it has been sent.
    pub(super) fn finish_if_done(&mut self, index: usize) {
        let connection = &self.connections[index];
        if connection.stage != Stage::Over {
            return;
        }
        let is_done = connection.outbox.is_none() && connection.asked.len() == 0;
        if is_done || connection.is_broken {
            self.remove(index);
        }
    }
}

/// About how many bytes a page has when it is written out.
fn weight(excerpt: &Result<Excerpt, ReadError>) -> usize {
    excerpt.as_ref().map_or(0, |excerpt| excerpt.events.iter().map(Event::weight).sum())
}
