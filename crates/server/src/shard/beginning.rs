//! Where the events of a room begin for a member that has just entered it: with what comes from now on, with the last
//! few, or right after the event that it says to have, once history was asked whether that is there.

use teahouse_core::{Event, Position, RoomId, RoomName};
use teahouse_wire::protocol::{Begin, Entered, Told};

use super::formats::TOO_MANY_FORMATS;
use super::membership::{Behind, Check, Membership};
use super::rooms::Rooms;
use super::sessions::Sessions;
use super::socket::Socket;

/// A connection has entered a room: says where it begins, and tells it so; where it says that it has an event,
/// once that was looked for in history.
pub(super) fn begin<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &mut Rooms,
    index: usize,
    told: &Entered<'_>,
) {
    let Entered { request, id: room, room: name, at, members, topic, .. } = *told;
    let shown = sessions.context.settings.history_shown;
    let epoch = sessions.context.server.epoch;
    let begin = sessions.connections[index].protocol.handle_joined(told, epoch);
    let (cursor, time) = match begin {
        Begin::Now | Begin::RecentTogether => (at, None),
        Begin::Recent => (recent(at, shown), None),
        Begin::After(cursor, time) => (cursor.min(at), time),
    };
    let is_complete = matches!(begin, Begin::After(..));
    let together = begin == Begin::RecentTogether && at > Position::START && shown > 0;
    let is_behind = together || cursor < at || time.is_some();
    let behind = is_behind.then_some(Behind { cursor, together });
    let check = time.map(|time| {
        let topic = topic.cloned();
        Box::new(Check { request, time, at, members, topic })
    });
    let is_checked = check.is_none();
    let membership = Membership { room, member: 0, behind, check };
    if !rooms.join(&mut sessions.connections, index, (name, at), membership) {
        return sessions.let_go(index, TOO_MANY_FORMATS);
    }
    if is_checked {
        sessions.tell(index, &Told::Entered(&Entered { is_complete, ..*told }));
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
        tell_checked(sessions, index, (room, name), &check, false);
    }
}

/// Shows the last events before a member came in, in its protocol's own way.
pub(super) fn show_together<S: Socket>(
    sessions: &mut Sessions<S>,
    rooms: &Rooms,
    index: usize,
    (room, upto): (RoomId, Position),
    events: &[Event],
) {
    let Some(membership) = sessions.connections[index].membership(room) else { return };
    // A room left and entered again meanwhile has its own to come.
    match &mut membership.behind {
        Some(behind) if behind.together && behind.cursor == upto => behind.together = false,
        _ => return,
    }
    let Some(name) = rooms.name(room) else { return };
    let connection = &sessions.connections[index];
    // What it said itself in an earlier life is news on this screen; whom it ignores it does not hear.
    let is_heard = |event: &&Event| !connection.ignores_author_of(event);
    let shown: Vec<Event> = match &connection.ignored {
        Some(_) => events.iter().filter(is_heard).cloned().collect(),
        None => events.to_vec(),
    };
    sessions.tell(index, &Told::Recent(name, &shown));
}

/// History was asked for the event that a member says to have: it goes on after that, or begins anew with the last
/// few. A history that was brought back from a copy has others at the same positions.
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
    let has_it = |event: &Event| event.position == position && event.time == check.time;
    let is_complete = found.iter().any(has_it);
    if !is_complete {
        behind.cursor = recent(check.at, shown);
    }
    tell_checked(sessions, index, (room, name), &check, is_complete);
}

fn tell_checked<S: Socket>(
    sessions: &mut Sessions<S>,
    index: usize,
    (id, room): (RoomId, &RoomName),
    check: &Check,
    is_complete: bool,
) {
    let Check { request, at, members, ref topic, .. } = *check;
    let topic = topic.as_ref();
    let entered = Entered { request, id, room, at, is_complete, members, topic };
    sessions.tell(index, &Told::Entered(&entered));
}

/// The last event before those that are shown to whoever comes in.
fn recent(at: Position, shown: u32) -> Position {
    Position(at.0.saturating_sub(u64::from(shown)))
}
