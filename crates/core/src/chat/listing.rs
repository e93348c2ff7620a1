//! Who is in a room, and which rooms there are: a page at a time.

use super::{Chat, answer, refuse};
use crate::{Answer, Effect, Refusal, RoomName, RoomSummary, SessionId};

/// Which entries a page holds.
struct Page {
    skip: usize,
    take: usize,
    pages: u32,
}

impl Page {
    fn of(total: usize, page: u32, entries_max: usize) -> Result<Self, Refusal> {
        let pages = u32::try_from(total.div_ceil(entries_max).max(1)).unwrap_or(u32::MAX);
        if page == 0 || page > pages {
            return Err(Refusal::NoSuchPage { page, pages });
        }
        Ok(Self { skip: (page as usize - 1) * entries_max, take: entries_max, pages })
    }
}

impl Chat {
    pub(super) fn who(
        &mut self,
        session: SessionId,
        name: RoomName,
        page: u32,
        out: &mut Vec<Effect>,
    ) {
        let Some(room) = self.rooms.id_of(&name).and_then(|id| self.rooms.get(id)) else {
            return refuse(session, Refusal::NoSuchRoom { room: name }, out);
        };
        let total = room.members.len();
        match Page::of(total, page, self.limits.page_entries_max) {
            Err(refusal) => refuse(session, refusal, out),
            Ok(Page { skip, take, pages }) => {
                let ids = room.members.values().skip(skip).take(take);
                let nicks = ids.filter_map(|id| self.nick_of(*id)).collect();
                answer(session, Answer::Members { name, nicks, total, page, pages }, out);
            }
        }
    }

    pub(super) fn rooms(&mut self, session: SessionId, page: u32, out: &mut Vec<Effect>) {
        let total = self.rooms.len();
        match Page::of(total, page, self.limits.page_entries_max) {
            Err(refusal) => refuse(session, refusal, out),
            Ok(Page { skip, take, pages }) => {
                let rooms = self.rooms.by_name().skip(skip).take(take);
                let rooms = rooms.map(|room| RoomSummary {
                    name: room.name.clone(),
                    members: room.members.len(),
                    topic: room.topic.clone(),
                });
                let rooms = rooms.collect();
                answer(session, Answer::Rooms { rooms, total, page, pages }, out);
            }
        }
    }
}
