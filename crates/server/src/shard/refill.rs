//! Members that are not live: shown the last events when they come in, and given from history what they
//! missed when they read too slowly (promises P4 and P5).
//!
//! One rule serves both, and questions to history as well: one page at a time is read for a connection,
//! and only when nothing is queued for it. A seat that is behind has a cursor; when nothing is queued for its connection,
//! the next page after the cursor is read and sent; when the cursor has reached the room's head, the
//! seat is live. Cursor and head are compared on this thread between two rounds, so no event can fall
//! between history and live, and none can come from both.

use teahouse_core::{Event, ExitCause, Granted, Position, Question, RoomId};
use teahouse_wire::line::{self, HistoryTitle};
use tracing::debug;

use super::connection::Stage;
use super::deliver::is_wanted;
use super::{Key, Shard};
use crate::history::{Page, Wanted};

impl Shard {
    /// Brings a connection's seats closer to live, one page at a time, while nothing is queued for it.
    pub(super) fn catch_up(&mut self, index: usize) {
        let count = self.settings.history_shown;
        loop {
            let connection = &mut self.connections[index];
            if connection.is_reading || connection.outbox.is_some() || connection.is_broken {
                return;
            }
            if let Some(granted) = connection.asked.first().cloned() {
                connection.is_reading = true;
                return self.read_history(index, Wanted::Asked(granted));
            }
            let Some(seat) = connection.seats.iter_mut().find(|seat| seat.behind.is_some()) else {
                return;
            };
            let (Some(behind), Some(room)) = (seat.behind, self.rooms.get_mut(&seat.room)) else {
                return;
            };
            let wanted = if behind.wants_tail {
                Wanted::Tail { room: seat.room, upto: behind.cursor, count }
            } else if behind.cursor < room.head {
                Wanted::Refill { room: seat.room, after: behind.cursor, upto: room.head }
            } else {
                seat.behind = None;
                room.members[seat.member].is_live = true;
                continue;
            };
            connection.is_reading = true;
            return self.read_history(index, wanted);
        }
    }

    pub(super) fn handle_page(&mut self, page: Page) {
        // Between rounds, so that cursors and heads speak of the same moment.
        self.flush_all();
        let Page { connection: key, wanted, events } = page;
        let Some(connection) = self.connection(key) else { return };
        connection.is_reading = false;
        match (wanted, events) {
            (Wanted::Asked(granted), Ok(events)) => {
                connection.asked.remove(0);
                self.answered(key, &granted, &events);
            }
            (Wanted::Asked(_), Err(_)) => {
                connection.asked.remove(0);
                self.tell(key.index, |out| {
                    line::render_notice("error: history cannot be read; try again", out);
                });
            }
            (Wanted::Tail { room, upto, .. }, Ok(events)) => {
                self.show_tail(key.index, room, upto, &events);
            }
            (Wanted::Refill { room, after, upto }, Ok(events)) => {
                self.refill(key.index, room, after, upto, &events);
            }
            (Wanted::Tail { .. } | Wanted::Refill { .. }, Err(_)) => {
                // Rather closed than shown a room with a hole in it.
                self.tell(key.index, |out| {
                    line::render_notice("error: history cannot be read; please come back", out);
                });
                self.leave(key.index, ExitCause::Lost);
            }
        }
        if let Some(connection) = self.connection(key) {
            connection.wake();
            self.catch_up(key.index);
            self.finish_if_done(key.index);
        }
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
        let title = HistoryTitle::Latest(name.clone());
        self.tell(index, |out| {
            line::render_history(&title, events, &|_| Some(name.clone()), &clock, out);
        });
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
        let is_current = connection.line.is_current(room);
        let Some(behind) = connection.seat(room).and_then(|seat| seat.behind.as_mut()) else {
            return;
        };
        // The page is for where the cursor stood; a seat left and taken again has another.
        if behind.cursor != after || behind.wants_tail {
            return;
        }
        behind.cursor = events.last().map_or(upto, |event| event.position);
        debug!(session = connection.session.0, events = events.len(), "refilled from history");
        let session = &self.connections[index];
        let shown: Vec<&Event> = events.iter().filter(|event| is_wanted(session, event)).collect();
        self.tell(index, |out| {
            for event in shown {
                line::render_event(event, (!is_current).then_some(&name), out);
            }
        });
    }

    fn answered(&mut self, key: Key, granted: &Granted, events: &[Event]) {
        let Some(first) = granted.spans.first() else {
            return self.tell(key.index, |out| {
                line::render_notice("you are in no room; /join one", out);
            });
        };
        let title = match &granted.question {
            Question::Latest { .. } => HistoryTitle::Latest(first.name.clone()),
            Question::Before { .. } | Question::Earlier { .. } => {
                HistoryTitle::Before(first.name.clone())
            }
            Question::Search { words, .. } => HistoryTitle::Found { words: words.clone() },
        };
        let name_of = |id: RoomId| {
            granted.spans.iter().find(|span| span.room == id).map(|span| span.name.clone())
        };
        let clock = self.clock();
        self.tell(key.index, |out| line::render_history(&title, events, &name_of, &clock, out));
    }

    /// Closes a connection whose session is over once everything for it has been sent.
    pub(super) fn finish_if_done(&mut self, index: usize) {
        let connection = &self.connections[index];
        if connection.stage != Stage::Over {
            return;
        }
        let is_done = connection.outbox.is_none() && connection.asked.is_empty();
        if is_done || connection.is_broken {
            self.remove(index);
        }
    }
}
