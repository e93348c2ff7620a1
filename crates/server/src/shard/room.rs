//! A room as one shard sees it: its members here, and what is about to be written to them, encoded once
//! for all of them.

use teahouse_core::{Event, EventKind, NickKey, Position, Presence, RoomName, SessionId};
use teahouse_wire::line;

/// Bytes encoded for a room after which they are written before more is encoded. With the largest
/// message on top they fit between a queue's soft and hard bound.
pub(super) const PIECE_BYTES: usize = 48 * 1024;

/// A room with members on this shard.
pub(super) struct RoomHere {
    pub(super) name: RoomName,
    /// The last event that was written to the live members.
    pub(super) head: Position,
    pub(super) members: Vec<Member>,
    /// How many of them ignore somebody.
    pub(super) ignoring: usize,
    pub(super) pending: Option<Pending>,
}

/// A seat, seen from the room.
#[derive(Clone, Copy)]
pub(super) struct Member {
    pub(super) connection: usize,
    pub(super) is_live: bool,
}

/// What is about to be written to a room's members.
#[derive(Default)]
pub(super) struct Pending {
    /// For those whose current room it is.
    pub(super) plain: Vec<u8>,
    /// For the others: each line carries the room's name.
    pub(super) named: Vec<u8>,
    pub(super) segments: Vec<Segment>,
    /// The position of the last event in it, if there is one.
    pub(super) head: Option<Position>,
    pub(super) has_presence: bool,
}

/// One event or announcement within the encoded bytes.
pub(super) struct Segment {
    pub(super) plain_end: usize,
    pub(super) named_end: usize,
    /// Who does not hear it: its author, or whom it is about.
    pub(super) except: Option<SessionId>,
    pub(super) author: Option<Author>,
}

/// Who made an event, for those who ignore people; absent for announcements.
pub(super) struct Author {
    pub(super) session: SessionId,
    /// Known only where somebody in the room ignores somebody.
    pub(super) key: Option<NickKey>,
}

/// Whether its author has it on the screen already, as typed: those do not get it back.
pub(super) fn is_seen_as_typed(kind: EventKind) -> bool {
    match kind {
        EventKind::Said | EventKind::Acted => true,
        EventKind::Topic => false,
    }
}

impl RoomHere {
    pub(super) fn new(name: RoomName, head: Position) -> Self {
        Self { name, head, members: Vec::new(), ignoring: 0, pending: None }
    }
}

impl Pending {
    pub(super) fn push_event(&mut self, event: &Event, name: &RoomName, with_key: bool) {
        line::render_event(event, None, &mut self.plain);
        line::render_event(event, Some(name), &mut self.named);
        self.head = Some(event.position);
        let key = with_key.then(|| event.nick.key());
        let except = is_seen_as_typed(event.kind).then_some(event.session);
        self.end(except, Some(Author { session: event.session, key }));
    }

    pub(super) fn push_presence(
        &mut self,
        presence: &Presence,
        except: Option<SessionId>,
        name: &RoomName,
    ) {
        line::render_presence(presence, name, None, &mut self.plain);
        line::render_presence(presence, name, Some(name), &mut self.named);
        self.has_presence = true;
        self.end(except, None);
    }

    fn end(&mut self, except: Option<SessionId>, author: Option<Author>) {
        let (plain_end, named_end) = (self.plain.len(), self.named.len());
        self.segments.push(Segment { plain_end, named_end, except, author });
    }

    /// Copies the segments that `keep` picks to `out`.
    pub(super) fn pick(
        &self,
        is_current: bool,
        out: &mut Vec<u8>,
        mut keep: impl FnMut(&Segment) -> bool,
    ) {
        let bytes = if is_current { &self.plain } else { &self.named };
        let mut start = 0;
        for segment in &self.segments {
            let end = if is_current { segment.plain_end } else { segment.named_end };
            if keep(segment) {
                out.extend_from_slice(&bytes[start..end]);
            }
            start = end;
        }
    }

    /// Empty again, with its buffers kept.
    pub(super) fn clear(&mut self) {
        self.plain.clear();
        self.named.clear();
        self.segments.clear();
        self.head = None;
        self.has_presence = false;
    }
}
