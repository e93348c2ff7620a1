//! Where the events of a room begin for a member that has just entered it: with the next event, with the last few, or
//! right after the event that the client says it has, once history was asked whether that event is there.

use teahouse_core::{Asker, Event, Excerpt, Position, Query, RequestId, RoomId, RoomName, Text};
use teahouse_wire::protocol::{Begin, Entered, Output};

use super::connection::{Connection, Sink};
use super::formats::TOO_MANY_FORMATS;
use super::membership::{Behind, Check, Membership, Next};
use super::rooms::Rooms;
use super::sessions::Sessions;
use super::socket::Socket;
use crate::log::Entry;

/// A connection has entered a room: chooses where its events begin, and sends it the `Entered`. If the client says when
/// its last event happened, `Entered` waits until history was asked for that event.
pub(super) fn handle_joined<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &mut Rooms,
    index: usize,
    entered: &Entered<'_>,
) {
    let Entered { request, id: room, room: name, first, at, members, topic, .. } = *entered;
    let shown = sessions.context.settings.history_shown;
    let epoch = sessions.context.server.epoch;
    let begin = sessions.connections[index].protocol.handle_joined(entered, epoch);
    let (cursor, time) = match begin {
        Begin::Now | Begin::RecentTogether => (at, None),
        Begin::Recent => (recent(at, shown), None),
        Begin::After(cursor, time) => (cursor.min(at), time),
    };
    let is_complete = matches!(begin, Begin::After(..)) && cursor.next() >= first;
    let cursor = if time.is_some() { cursor } else { cursor.max(before(first)) };
    let together = begin == Begin::RecentTogether && at > Position::START && shown > 0;
    let is_behind = together || cursor < at || time.is_some();
    let next = if together { Next::Together } else { Next::Events };
    let behind = is_behind.then_some(Behind { cursor, next });
    let check = time.map(|time| {
        let topic = topic.cloned();
        Box::new(Check { request, time, first, at, members, topic })
    });
    let is_checked = check.is_none();
    let membership = Membership { room, member: 0, behind, check };
    if !rooms.join(&mut sessions.connections, index, (name, at), membership) {
        return sessions.disconnect(index, TOO_MANY_FORMATS);
    }
    if is_checked {
        sessions.send(index, &Output::Entered(&Entered { is_complete, ..*entered }));
    }
    sessions.connections.queue_settle(index);
}

/// A connection has left a room. The answer to its join, if a check still delays it, is sent first.
pub(super) fn handle_left<S: Socket>(
    sessions: &mut Sessions<S>,
    index: usize,
    room: RoomId,
    name: &RoomName,
) {
    let membership = sessions.connections[index].membership(room);
    if let Some(check) = membership.and_then(|membership| membership.check.take()) {
        send_entered(sessions, index, (room, name), &check, (check.first, false));
    }
}

/// Sends a member the last events before it entered, in its protocol's own way.
pub(super) fn send_recent<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &Rooms,
    index: usize,
    (room, upto): (RoomId, Position),
    excerpt: Excerpt,
) {
    let Some(membership) = sessions.connections[index].membership(room) else { return };
    // The member left and entered again since: the new membership has its own request.
    match &mut membership.behind {
        Some(behind) if behind.next == Next::Together && behind.cursor == upto => {
            behind.next = Next::Events;
        }
        _ => return,
    }
    let Some(name) = rooms.name(room) else { return };
    let connection = &sessions.connections[index];
    // Events that the same person caused in an earlier session are shown as any others. Events of ignored authors are
    // not.
    let mut shown = excerpt;
    if connection.ignored.is_some() {
        shown.events.retain(|event| !connection.ignores_author_of(event));
    }
    sessions.send(index, &Output::Recent(name, &shown));
}

/// History was asked for the event that a client says it has, or for the first event after it. If the event is there,
/// the member continues right after it. If it is gone, later events may be gone as well, and the member continues with
/// what is left. If another event is at that position, history was restored from a backup and its events differ: the
/// member begins anew with the last few.
pub(super) fn handle_check<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &Rooms,
    index: usize,
    (room, position): (RoomId, Position),
    found: &[Event],
) {
    let shown = sessions.context.settings.history_shown;
    let Some(name) = rooms.name(room) else { return };
    let Some(membership) = sessions.connections[index].membership(room) else { return };
    // The member left and entered again since: the new membership has its own check.
    let Some(behind) = membership.behind.as_mut().filter(|behind| behind.cursor == position) else {
        return;
    };
    let Some(check) = membership.check.take() else { return };
    let Check { time, first, at, .. } = *check;
    let (is_complete, cursor, first) = match found.first() {
        Some(event) if event.position == position && event.time == time => (true, position, first),
        Some(event) if event.position > position && event.time >= time => {
            let is_next = event.position == position.next();
            (is_next, before(event.position), event.position)
        }
        Some(_) => (false, recent(at, shown).max(before(first)), first),
        None => (position == at, at, at.next()),
    };
    behind.cursor = cursor;
    send_entered(sessions, index, (room, name), &check, (first, is_complete));
}

/// Asks the hub for the state of a room, which a member is sent together with a gap in its events.
pub(super) fn query_room_state<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &Rooms,
    index: usize,
    room: RoomId,
) {
    let Some(room) = rooms.name(room).cloned() else { return };
    let Connection { session, output, .. } = &sessions.connections[index];
    let asker = match output.sink {
        Sink::Body(_) => Asker::Visitor(*session),
        Sink::Socket(_) => Asker::Session(*session),
    };
    let (request, query) = (RequestId::default(), Query::Room { room });
    sessions.gathered.push(Entry::Query { asker, request, query });
}

/// The hub has answered with the state of a room: sends the gap to the member that waits for it, which then continues
/// after the gap.
pub(super) fn continue_after_gap<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &Rooms,
    index: usize,
    (id, at): (RoomId, Position),
    (members, topic): (usize, Option<&Text>),
) {
    let (membership, room) = (sessions.connections[index].membership(id), rooms.name(id));
    let (Some(membership), Some(room)) = (membership, room) else { return };
    let Some(Behind { cursor, next }) = &mut membership.behind else { return };
    let Next::Gap { given } = *next else { return };
    *next = Next::Events;
    let (request, first) = (RequestId::default(), cursor.next());
    let entered = Entered { request, id, room, first, at, is_complete: false, members, topic };
    sessions.send(index, &Output::Gap(&entered, given));
    sessions.connections.queue_settle(index);
}

fn send_entered<S: Socket>(
    sessions: &mut Sessions<S>,
    index: usize,
    (id, room): (RoomId, &RoomName),
    check: &Check,
    (first, is_complete): (Position, bool),
) {
    let Check { request, at, members, ref topic, .. } = *check;
    let topic = topic.as_ref();
    let entered = Entered { request, id, room, first, at, is_complete, members, topic };
    sessions.send(index, &Output::Entered(&entered));
}

/// The position before this one; that of the first event stays at the start.
fn before(position: Position) -> Position {
    Position(position.0.saturating_sub(1))
}

/// The position before the last `shown` events, which a member is shown on entering.
fn recent(at: Position, shown: u32) -> Position {
    Position(at.0.saturating_sub(u64::from(shown)))
}
