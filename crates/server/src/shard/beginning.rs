//! Where the events of a room begin for a member that has just entered it: with what comes from now on, with the last
//! few, or right after the event that it says to have, once history was asked whether that is there.

use teahouse_core::{Asker, Event, Excerpt, Position, Query, RequestId, RoomId, RoomName, Text};
use teahouse_wire::protocol::{Begin, Entered, Output};

use super::connection::{Connection, Sink};
use super::formats::TOO_MANY_FORMATS;
use super::membership::{Behind, Check, Membership, Next};
use super::rooms::Rooms;
use super::sessions::Sessions;
use super::socket::Socket;
use crate::log::Entry;

/// A connection has entered a room: says where it begins, and tells it so; where it says that it has an event,
/// once that was looked for in history.
pub(super) fn begin<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &mut Rooms,
    index: usize,
    told: &Entered<'_>,
) {
    let Entered { request, id: room, room: name, first, at, members, topic, .. } = *told;
    let shown = sessions.context.settings.history_shown;
    let epoch = sessions.context.server.epoch;
    let begin = sessions.connections[index].protocol.handle_joined(told, epoch);
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
        return sessions.let_go(index, TOO_MANY_FORMATS);
    }
    if is_checked {
        sessions.tell(index, &Output::Entered(&Entered { is_complete, ..*told }));
    }
    sessions.connections.list(index);
}

/// A connection has left a room. What it asked first is answered first.
pub(super) fn end<S: Socket>(
    sessions: &mut Sessions<S>,
    index: usize,
    room: RoomId,
    name: &RoomName,
) {
    let membership = sessions.connections[index].membership(room);
    if let Some(check) = membership.and_then(|membership| membership.check.take()) {
        tell_checked(sessions, index, (room, name), &check, (check.first, false));
    }
}

/// Shows the last events before a member came in, in its protocol's own way.
pub(super) fn show_together<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &Rooms,
    index: usize,
    (room, upto): (RoomId, Position),
    excerpt: Excerpt,
) {
    let Some(membership) = sessions.connections[index].membership(room) else { return };
    // A room left and entered again meanwhile has its own to come.
    match &mut membership.behind {
        Some(behind) if behind.next == Next::Together && behind.cursor == upto => {
            behind.next = Next::Events;
        }
        _ => return,
    }
    let Some(name) = rooms.name(room) else { return };
    let connection = &sessions.connections[index];
    // What it said itself in an earlier life is news on this screen; whom it ignores it does not hear.
    let mut shown = excerpt;
    if connection.ignored.is_some() {
        shown.events.retain(|event| !connection.ignores_author_of(event));
    }
    sessions.tell(index, &Output::Recent(name, &shown));
}

/// History was asked for the event that a member says to have, or the first one after that. The member goes on right
/// after its event. Where that is gone, so may others be that came after it: then it goes on with what is left. It
/// begins anew with the last few where another event is there: a history that was brought back from a copy has others at
/// the same positions.
pub(super) fn check<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &Rooms,
    index: usize,
    (room, position): (RoomId, Position),
    found: &[Event],
) {
    let shown = sessions.context.settings.history_shown;
    let Some(name) = rooms.name(room) else { return };
    let Some(membership) = sessions.connections[index].membership(room) else { return };
    // A room left and entered again meanwhile has a check of its own to come.
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
    tell_checked(sessions, index, (room, name), &check, (first, is_complete));
}

/// Asks the hub how a room stands, for a member that is to be told so with what it has missed.
pub(super) fn ask_how_it_stands<S: Socket>(
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

/// How a room stands of which a member has a gap before it: it is told, and goes on after the gap.
pub(super) fn go_on_after_gap<S: Socket>(
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
    sessions.tell(index, &Output::Gap(&entered, given));
    sessions.connections.list(index);
}

fn tell_checked<S: Socket>(
    sessions: &mut Sessions<S>,
    index: usize,
    (id, room): (RoomId, &RoomName),
    check: &Check,
    (first, is_complete): (Position, bool),
) {
    let Check { request, at, members, ref topic, .. } = *check;
    let topic = topic.as_ref();
    let entered = Entered { request, id, room, first, at, is_complete, members, topic };
    sessions.tell(index, &Output::Entered(&entered));
}

/// The position before that of an event.
fn before(position: Position) -> Position {
    Position(position.0.saturating_sub(1))
}

/// The last event before those that are shown to whoever comes in.
fn recent(at: Position, shown: u32) -> Position {
    Position(at.0.saturating_sub(u64::from(shown)))
}
