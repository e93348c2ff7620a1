//! Members that are not live: shown the last events when they come in, and given from history what they
//! missed when they read too slowly (promises P4 and P5).
//!
//! One rule serves both, and questions to history as well: one page at a time is read for a connection,
//! and only when nothing is queued for it. A membership that is behind has a cursor; when nothing is queued, the
//! next page after the cursor is read and sent; when the cursor has reached the room's head, the
//! membership is live. Cursor and head are compared when nothing is pending, so no event can fall
//! between history and live, and none can come from both.
//!
//! Events may be gone that come next: another program has removed them. A page that does not begin right after the
//! cursor is not given; the member is told what is missing ([`super::beginning::go_on_after_gap`]), and then given what
//! is left.

use std::sync::Weak;

use teahouse_core::{Event, Excerpt, Position, ReadGrant, Refusal, RequestId, RoomId};
use teahouse_wire::protocol::Output;
use tracing::debug;

use super::beginning::{ask_how_it_stands, check, show_together};
use super::connection::Connection;
use super::membership::{Behind, Membership, Next};
use super::outbox::What;
use super::rooms::Rooms;
use super::sessions::Sessions;
use super::socket::Socket;
use crate::figures::Refusals;
use crate::history::{Asker, Job, Page, Unread, Wanted};
use crate::key::Key;

/// What is read from history for connections.
#[derive(Default)]
pub(super) struct CatchUp {
    /// What is to be read.
    pub(super) jobs: Vec<Job>,
    refilled: u64,
}

impl CatchUp {
    /// Events given from history to those that were behind.
    pub(super) fn refilled(&self) -> u64 {
        self.refilled
    }

    /// Brings a connection closer to live: asks for what it is given next, if nothing is queued for it.
    pub(super) fn next<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        rooms: &mut Rooms,
        index: usize,
    ) {
        let count = sessions.context.settings.history_shown;
        loop {
            let connection = &sessions.connections[index];
            let is_waiting = connection.questions.is_reading || connection.output.queue.is_some();
            if is_waiting || connection.is_broken() {
                return;
            }
            if let Some(question) = connection.questions.front() {
                let wanted = Wanted::Asked(question.request, question.granted.clone());
                let waits = question.waits();
                return self.read(sessions, index, wanted, waits);
            }
            let Some((membership, behind)) = next_behind(connection) else { return };
            let room = membership.room;
            let check = membership.check.as_ref().map(|check| check.at);
            let Some(head) = rooms.head(room) else { return };
            let Behind { cursor, next } = behind;
            let wanted = if let Some(upto) = check {
                Wanted::Check { room, position: cursor, upto }
            } else if next == Next::Together {
                Wanted::Recent { room, upto: cursor, count }
            } else if cursor < head {
                Wanted::Refill { room, after: cursor, upto: head }
            } else {
                rooms.go_live(&mut sessions.connections, index, room);
                continue;
            };
            return self.read(sessions, index, wanted, Weak::new());
        }
    }

    fn read<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        index: usize,
        wanted: Wanted,
        waits: Weak<()>,
    ) {
        let asker = Asker::Connection(sessions.connections.key(index));
        let connection = &mut sessions.connections[index];
        connection.questions.is_reading = true;
        let (shard, origin) = (sessions.context.index(), connection.origin);
        self.jobs.push(Job { shard, asker, origin, waits, wanted });
    }

    /// Takes what was read. Nothing is pending meanwhile, so that cursors and heads speak of the same moment.
    pub(super) fn handle_page<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        rooms: &mut Rooms,
        refusals: &mut Refusals,
        (key, page): (Key, Page),
    ) {
        let Page { wanted, found, .. } = page;
        let hard = sessions.connections.writer.bounds.hard_bytes;
        let Some(connection) = sessions.connections.get(key) else { return };
        let index = key.index;
        connection.questions.is_reading = false;
        let queued = connection.queued();
        sessions.connections.list(index);
        if queued > 0 && queued + weight(&found) > hard {
            // Something has been queued since it was asked for. It is read again when that is taken: nobody is
            // closed for what was not theirs to read in time.
            return;
        }
        match (wanted, found) {
            (Wanted::Asked(request, granted), found) => {
                sessions.connections[index].questions.pop();
                answer(sessions, refusals, index, request, &granted, found);
            }
            (Wanted::Recent { room, upto, .. }, Ok(excerpt)) => {
                show_together(sessions, rooms, index, (room, upto), excerpt);
            }
            (Wanted::Refill { room, after, upto }, Ok(excerpt)) => {
                self.refill(sessions, rooms, index, room, (after, upto), &excerpt.events);
            }
            (Wanted::Check { room, position, .. }, Ok(excerpt)) => {
                check(sessions, rooms, index, (room, position), &excerpt.events);
            }
            (Wanted::Recent { .. } | Wanted::Refill { .. } | Wanted::Check { .. }, Err(_)) => {
                // Rather closed than shown a room with a hole in it.
                for membership in &mut sessions.connections[index].memberships {
                    (membership.behind, membership.check) = (None, None);
                }
                sessions.let_go(index, "error: history cannot be read; please come back");
            }
        }
    }

    fn refill<S: Socket>(
        &mut self,
        sessions: &mut Sessions<S>,
        rooms: &mut Rooms,
        index: usize,
        room: RoomId,
        (after, upto): (Position, Position),
        events: &[Event],
    ) {
        let connection = &mut sessions.connections[index];
        let Some(membership) = connection.membership(room) else { return };
        let is_checking = membership.check.is_some();
        let Some(behind) = membership.behind.as_mut() else { return };
        // The page is for where the cursor stood; a room left and entered again has another.
        if behind.cursor != after || behind.next != Next::Events || is_checking {
            return;
        }
        let adjoins = |(event, position): &(&Event, u64)| event.position.0 == *position;
        let run = events.iter().zip(after.0 + 1..).take_while(adjoins).count();
        let (events, rest) = events.split_at(run);
        let Some(last) = events.last() else {
            // Another program has removed what comes next.
            let cursor = rest.first().map_or(upto, |event| Position(event.position.0 - 1));
            *behind = Behind { cursor, next: Next::Gap { given: after } };
            return ask_how_it_stands(sessions, rooms, index, room);
        };
        behind.cursor = last.position;
        debug!(session = connection.session.0, events = events.len(), "refilled from history");
        let mut out = Vec::new();
        let given = rooms.render_past(&mut sessions.connections, index, room, events, &mut out);
        self.refilled += given as u64;
        sessions.connections.give(index, &out, What::Room);
    }
}

/// The membership that is brought closer to live next: first one that waits to hear whether it may go on where it
/// was.
fn next_behind<S>(connection: &Connection<S>) -> Option<(&Membership, Behind)> {
    let memberships = &connection.memberships;
    let checking = memberships.iter().find(|membership| membership.check.is_some());
    let is_given = |behind: Behind| !matches!(behind.next, Next::Gap { .. });
    let next = checking.or_else(|| memberships.iter().find(|m| m.behind.is_some_and(is_given)))?;
    next.behind.map(|behind| (next, behind))
}

/// Answers a question to history.
fn answer<S: Socket>(
    sessions: &mut Sessions<S>,
    refusals: &mut Refusals,
    index: usize,
    request: RequestId,
    granted: &ReadGrant,
    found: Result<Excerpt, Unread>,
) {
    let refusal = match found {
        Ok(excerpt) => return sessions.tell(index, &Output::Page(request, granted, &excerpt)),
        Err(Unread::Fault) => return sessions.tell(index, &Output::Unreadable(request)),
        Err(Unread::TooWide(why)) => Refusal::SearchTooWide { why },
        Err(Unread::Refused(refusal)) => refusal,
    };
    refusals.count(&refusal);
    sessions.tell(index, &Output::HistoryRefused(request, &refusal));
}

/// About how many bytes a page has when it is written out.
fn weight(found: &Result<Excerpt, Unread>) -> usize {
    found.as_ref().map_or(0, |excerpt| excerpt.events.iter().map(Event::weight).sum())
}
