//! The members of a room and the list of rooms, one page at a time.

use super::Chat;
use crate::{Answer, Refusal, RoomName, RoomSummary};

/// The entries of one page.
struct Page {
    skip: usize,
    take: usize,
    pages: u32,
}

impl Page {
    fn of(total: usize, page: u32, entries_max: u32) -> Result<Self, Refusal> {
        let entries_max = entries_max.max(1) as usize;
        let pages = u32::try_from(total.div_ceil(entries_max).max(1)).unwrap_or(u32::MAX);
        if page == 0 || page > pages {
            return Err(Refusal::NoSuchPage { page, pages });
        }
        Ok(Self { skip: (page as usize - 1) * entries_max, take: entries_max, pages })
    }
}

impl Chat {
    pub(super) fn who(&self, name: RoomName, page: u32) -> Result<Answer, Refusal> {
        let Some(room) = self.rooms.id_of(&name).and_then(|id| self.rooms.get(id)) else {
            return Err(Refusal::NoSuchRoom { room: name });
        };
        let total = room.members.len();
        let Page { skip, take, pages } = Page::of(total, page, self.limits.page_entries_max)?;
        let ids = room.members.values().skip(skip).take(take);
        let nicks = ids.filter_map(|id| self.nick_of(*id)).collect();
        Ok(Answer::Members { name, nicks, total, page, pages })
    }

    pub(super) fn rooms(&self, page: u32) -> Result<Answer, Refusal> {
        let total = self.rooms.len();
        let Page { skip, take, pages } = Page::of(total, page, self.limits.page_entries_max)?;
        let rooms = self.rooms.by_name().skip(skip).take(take);
        let rooms = rooms.map(|room| RoomSummary {
            name: room.name.clone(),
            members: room.members.len(),
            topic: room.topic.clone(),
        });
        Ok(Answer::Rooms { rooms: rooms.collect(), total, page, pages })
    }
}
