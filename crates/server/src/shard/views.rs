//! How one member sees a fact that everyone in its room receives. Its view may differ because its session caused the
//! fact, or because it ignores the author. The same rule holds for live facts, for history, and for members between the
//! two.

use teahouse_core::{Event, RoomId, RoomName, SessionId};
use teahouse_wire::protocol::{Fact, View};

use super::connection::Connection;
use super::formats::{FormatId, Formats};
use super::membership::Membership;
use super::pending::{About, Author, Encoding, Item};

/// How a member sees a fact: it sees nothing of authors it ignores, and its protocol decides how it sees its own facts.
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

/// Appends to `out` what a member sees of the items from `begin` on for which `is_given` holds.
pub(super) fn render_items<S>(
    connection: &mut Connection<S>,
    (items, begin, encoding): (&[Item], usize, &Encoding),
    (round, room): About<'_>,
    mut is_given: impl FnMut(&Item) -> bool,
    out: &mut Vec<u8>,
) {
    for (index, item) in items.iter().enumerate().skip(begin) {
        let Some(fact) = item.fact(round).filter(|_| is_given(item)) else { continue };
        match view(connection, fact, item.about, item.author.as_ref()) {
            View::Shared => out.extend_from_slice(encoding.item(index)),
            View::Nothing => {}
            View::Instead => connection.protocol.render_instead(fact, room, out),
        }
    }
}

/// Appends to `out` what a member sees of an event of the past; returns whether it sees it at all.
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

/// Whether a member that is behind receives presence, which history does not have. A member that does not read misses
/// it, unless it keeps lists.
pub(super) fn receives_presence<S>(
    connection: &Connection<S>,
    id: RoomId,
    keeps_lists: bool,
) -> bool {
    let is_in = |membership: &Membership| membership.room == id && membership.check.is_none();
    (keeps_lists || connection.output.queue.is_none()) && connection.memberships.iter().any(is_in)
}
