//! Members that are not live. Such a member is shown the last events when it enters, or is given from history what it
//! missed because it read too slowly (promises P4 and P5).
//!
//! One rule serves both, and questions to history as well: a connection has at most one page in flight, and only while
//! nothing is queued for it. A membership that is behind has a cursor. When the queue is empty, the next page after the
//! cursor is read and sent. When the cursor has reached the room's head, the membership is live. Cursor and head are
//! compared while nothing is pending, so no event can fall between history and live, and none can come from both.
//!
//! Another program may have removed the events that come next. A page that does not begin right after the cursor is not
//! sent: the member is first told what is missing ([`super::beginning::continue_after_gap`]), and then given what is
//! left.

use std::sync::Weak;

use teahouse_core::{Event, Excerpt, Position, ReadGrant, Refusal, RequestId, RoomId};
use teahouse_wire::protocol::Output;
use tracing::debug;

use super::beginning::{handle_check, query_room_state, send_recent};
use super::connection::Connection;
use super::membership::{Behind, Membership, Next};
use super::outbox::What;
use super::rooms::Rooms;
use super::sessions::Sessions;
use super::socket::Socket;
use crate::figures::Refusals;
use crate::history::{Asker, Job, Page, Unread, Wanted};
use crate::key::Key;

/// The reads from history for connections.
#[derive(Default)]
pub(super) struct CatchUp {
    /// The jobs that have not been handed to the history threads.
    pub(super) jobs: Vec<Job>,
    refilled: u64,
}

impl CatchUp {
    /// The events given from history to members that were behind.
    pub(super) fn refilled(&self) -> u64 {
        self.refilled
    }

    /// Brings a connection closer to live: requests the next page for it, if nothing is queued for it.
    pub(super) fn request_next<S: Socket>(
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
                return self.request_page(sessions, index, wanted, waits);
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
            return self.request_page(sessions, index, wanted, Weak::new());
        }
    }

    fn request_page<S: Socket>(
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

    /// Handles a page. Nothing is pending in any room at this time, so cursors and heads refer to the same moment.
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
        sessions.connections.queue_settle(index);
        if queued > 0 && queued + weight(&found) > hard {
            // Other output has been queued since the request. The page is read again when the queue is empty: a
            // connection is not closed for bytes that it had no time to read.
            return;
        }
        match (wanted, found) {
            (Wanted::Asked(request, granted), found) => {
                sessions.connections[index].questions.pop();
                send_answer(sessions, refusals, index, request, &granted, found);
            }
            (Wanted::Recent { room, upto, .. }, Ok(excerpt)) => {
                send_recent(sessions, rooms, index, (room, upto), excerpt);
            }
            (Wanted::Refill { room, after, upto }, Ok(excerpt)) => {
                self.refill(sessions, rooms, index, room, (after, upto), &excerpt.events);
            }
            (Wanted::Check { room, position, .. }, Ok(excerpt)) => {
                handle_check(sessions, rooms, index, (room, position), &excerpt.events);
            }
            (Wanted::Recent { .. } | Wanted::Refill { .. } | Wanted::Check { .. }, Err(_)) => {
                // Closing the connection is better than showing a room with a hidden gap.
                for membership in &mut sessions.connections[index].memberships {
                    (membership.behind, membership.check) = (None, None);
                }
                sessions.disconnect(index, "error: history cannot be read; please come back");
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
        // The page is for the old cursor. A room that was left and entered again has a new one.
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
            return query_room_state(sessions, rooms, index, room);
        };
        behind.cursor = last.position;
        debug!(session = connection.session.0, events = events.len(), "refilled from history");
        let mut out = Vec::new();
        let given = rooms.render_past(&mut sessions.connections, index, room, events, &mut out);
        self.refilled += given as u64;
        sessions.connections.send(index, &out, What::Room);
    }
}

/// The membership that is served next. A membership that waits for a check comes first.
fn next_behind<S>(connection: &Connection<S>) -> Option<(&Membership, Behind)> {
    let memberships = &connection.memberships;
    let checking = memberships.iter().find(|membership| membership.check.is_some());
    let is_given = |behind: Behind| !matches!(behind.next, Next::Gap { .. });
    let next = checking.or_else(|| memberships.iter().find(|m| m.behind.is_some_and(is_given)))?;
    next.behind.map(|behind| (next, behind))
}

/// Sends the answer to a question to history.
fn send_answer<S: Socket>(
    sessions: &mut Sessions<S>,
    refusals: &mut Refusals,
    index: usize,
    request: RequestId,
    granted: &ReadGrant,
    found: Result<Excerpt, Unread>,
) {
    let refusal = match found {
        Ok(excerpt) => return sessions.send(index, &Output::Page(request, granted, &excerpt)),
        Err(Unread::Fault) => return sessions.send(index, &Output::Unreadable(request)),
        Err(Unread::TooWide(why)) => Refusal::SearchTooWide { why },
        Err(Unread::Refused(refusal)) => refusal,
    };
    refusals.count(&refusal);
    sessions.send(index, &Output::HistoryRefused(request, &refusal));
}

/// The approximate size of a page when it is rendered, in bytes.
fn weight(found: &Result<Excerpt, Unread>) -> usize {
    found.as_ref().map_or(0, |excerpt| excerpt.events.iter().map(Event::weight).sum())
}
