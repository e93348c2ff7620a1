//! Sends requests to the server; [`super::requests`] knows the purpose of each answer.

use teahouse_core::RoomName;
use teahouse_wire::api::{History, Part, Request, Who};

use super::Model;
use super::requests::Purpose;
use crate::link::State;
use crate::screen::input::Effect;
use crate::screen::limits::PAGE_EVENTS;

impl Model {
    pub(super) fn is_online(&self) -> bool {
        matches!(self.connection.state, State::Online(_))
    }

    pub(super) fn ask(&mut self, purpose: Purpose, request: Request) {
        let reference = self.requests.register(purpose);
        self.effects.push(Effect::Ask { reference, request });
    }

    /// Requests a page of a room's history.
    pub(super) fn ask_history(&mut self, room: RoomName, purpose: Purpose, part: Part) {
        let request = History { room, part, limit: Some(PAGE_EVENTS) };
        self.ask(purpose, Request::History(request));
    }

    pub(super) fn ask_members(&mut self, room: RoomName, page: u32) {
        let purpose = Purpose::Members(room.clone());
        self.ask(purpose, Request::Who(Who { room, page }));
    }
}
