//! How one member sees what everyone in its room is told, where that may differ: it did some of it itself, or it
//! ignores somebody. The same answer holds for what happens, for what comes from history and for members between the
//! two.

use teahouse_core::{Event, RoomName, SessionId};
use teahouse_wire::protocol::{Fact, View};

use super::connection::Connection;
use super::formats::{FormatId, Formats};
use super::pending::{Author, Encoding, Item, Round};

/// What a member is given of several items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All that it is to see.
    All,
    /// Of that, who came and went: the events are given to it from history.
    Presence,
}

/// How a member sees a fact: nothing of authors it ignores, in its protocol's way what it did itself.
fn view<S>(
    connection: &Connection<S>,
    fact: Fact<'_>,
    about: Option<SessionId>,
    author: Option<&Author>,
) -> View {
    let is_ignored = author.is_some_and(|Author { session, author, key }| {
        connection.ignores(*session, *author, key.as_ref())
    });
    if is_ignored {
        View::Nothing
    } else if about == Some(connection.session) {
        connection.protocol.view_own(fact)
    } else {
        View::Shared
    }
}

/// Puts what a member sees of some items behind what is there.
pub(super) fn render_items<S>(
    connection: &mut Connection<S>,
    (items, encoding): (&[Item], &Encoding),
    (round, room): (&Round, &RoomName),
    part: Part,
    out: &mut Vec<u8>,
) {
    for (index, item) in items.iter().enumerate() {
        if part == Part::Presence && item.author.is_some() {
            continue;
        }
        let Some(fact) = item.fact(round) else { continue };
        match view(connection, fact, item.about, item.author.as_ref()) {
            View::Shared => out.extend_from_slice(encoding.item(index)),
            View::Nothing => {}
            View::Instead => connection.protocol.render_instead(fact, room, out),
        }
    }
}

/// Puts what a member sees of an event of the past behind what is there; whether that is anything.
pub(super) fn render_past<S>(
    connection: &mut Connection<S>,
    event: &Event,
    room: &RoomName,
    (formats, format): (&mut Formats, FormatId),
    out: &mut Vec<u8>,
) -> bool {
    let key = connection.ignored.as_ref().map(|_| event.nick.key());
    let author = Author { session: event.session, author: event.author, key };
    let fact = Fact::Event(event);
    match view(connection, fact, Some(event.session), Some(&author)) {
        View::Shared => formats.encode_alone(format, (fact, room), out),
        View::Nothing => return false,
        View::Instead => connection.protocol.render_instead(fact, room, out),
    }
    true
}
