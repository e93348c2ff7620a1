//! What the person wants of the link: to say, to ask, to be in rooms, to go.

use std::time::Duration;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::{Bye, Code, Failure, Id, Leave, Ref, Request};

use super::asks::Manner;
use super::rooms::{Room, Standing};
use super::{Exchange, Phase, Unsent};
use crate::link::limits::{ANSWER_TIMEOUT, BYE_TIMEOUT};
use crate::link::{AskError, SayError, Stage};

impl Exchange {
    /// Says something under an id that was drawn for it. It waits in the outbox until it is known to be kept.
    ///
    /// # Errors
    /// When the room is not one of ours, the outbox is full, or all is over.
    pub fn say(
        &mut self,
        now: Duration,
        id: Id,
        room: &RoomName,
        text: &Text,
        acted: bool,
    ) -> Result<(), SayError> {
        if matches!(self.phase, Phase::Leaving { .. } | Phase::Ended) {
            return Err(SayError::Ended);
        }
        match self.rooms.named(room).map(|room| room.standing) {
            Some(Standing::Outside | Standing::Joining(_) | Standing::Inside) => {}
            Some(Standing::Leaving(..)) | None => {
                return Err(SayError::NotInRoom { room: room.clone() });
            }
        }
        let unsent = Unsent { id, room: room.clone(), text: text.clone(), acted };
        self.outbox.say(unsent.clone())?;
        self.out.outgoing(&unsent, Stage::Waiting);
        self.pump(now);
        Ok(())
    }

    /// Asks something. The answer carries the reference that is returned. While there is no connection it
    /// waits for one; only `typing`, which would be stale by then, is dropped.
    ///
    /// # Errors
    /// For `hello`, `say` and `bye`, which have ways of their own; when too many wait; when all is over.
    pub fn ask(&mut self, now: Duration, request: Request) -> Result<Ref, AskError> {
        if matches!(self.phase, Phase::Leaving { .. } | Phase::Ended) {
            return Err(AskError::Ended);
        }
        // Rooms outlive connections.
        if let Request::Join(join) = &request {
            return Ok(self.join(now, &join.room));
        }
        if let Request::Leave(leave) = &request {
            return Ok(self.leave(now, &leave.room));
        }
        match Manner::of(&request) {
            Manner::Otherwise { op, way } => Err(AskError::Otherwise { op, way }),
            Manner::Passing => {
                let reference = self.out.refer();
                if matches!(self.phase, Phase::Online { .. }) {
                    self.out.send(reference, request);
                }
                Ok(Ref::Number(reference))
            }
            Manner::Once | Manner::Again => {
                let reference = self.out.refer();
                self.asks.push(reference, request)?;
                self.send_asks(now);
                Ok(Ref::Number(reference))
            }
        }
    }

    /// Enters a room and stays in it over all connections. The answer, `joined` or an error, carries the
    /// reference that is returned; after a reconnect `joined` comes again with the same. For a room that
    /// is ours already nothing is sent.
    pub fn join(&mut self, now: Duration, name: &RoomName) -> Ref {
        let reference = match self.rooms.named(name) {
            Some(room) => match room.standing {
                Standing::Leaving(..) => {
                    // The server takes requests in order: out, then in again.
                    room.standing = Standing::Outside;
                    room.reference
                }
                Standing::Outside | Standing::Joining(_) | Standing::Inside => room.reference,
            },
            None => {
                let reference = self.out.refer();
                self.rooms.add(Room::new(name.clone(), reference, None));
                reference
            }
        };
        self.send_joins(now);
        Ref::Number(reference)
    }

    /// Leaves a room. What waits in the outbox for it is given back as refused.
    pub fn leave(&mut self, now: Duration, name: &RoomName) -> Ref {
        let reference = self.out.refer();
        let is_online = matches!(self.phase, Phase::Online { .. });
        let standing = self.rooms.named(name).map(|room| {
            let before = room.standing;
            if is_online && matches!(before, Standing::Inside | Standing::Joining(_)) {
                room.standing = Standing::Leaving(reference, now + ANSWER_TIMEOUT);
            }
            before
        });
        match standing {
            Some(Standing::Inside | Standing::Joining(_)) if is_online => {
                self.give_back(name, false, &left_before(name));
                self.out.send(reference, Request::Leave(Leave { room: name.clone() }));
            }
            Some(Standing::Leaving(..)) => {}
            Some(Standing::Inside | Standing::Joining(_) | Standing::Outside) => self.forget(name),
            None => {
                // The server says that we are not in it.
                let leave = Request::Leave(Leave { room: name.clone() });
                if is_online {
                    self.out.send(reference, leave);
                }
            }
        }
        Ref::Number(reference)
    }

    /// Goes: the connection ends and no other is tried. What is in the outbox stays in it.
    pub fn bye(&mut self, now: Duration) {
        match self.phase {
            Phase::Online { .. } => {
                let reference = self.out.refer();
                self.out.send(reference, Request::Bye(Bye {}));
                self.phase = Phase::Leaving { until: now + BYE_TIMEOUT };
            }
            Phase::Resting { .. } | Phase::Dialling { .. } | Phase::Greeting { .. } => {
                self.end(None);
            }
            Phase::Leaving { .. } | Phase::Ended => {}
        }
    }

    /// A room is ours no more, and what waits for it is the person's again.
    pub(super) fn forget(&mut self, room: &RoomName) {
        self.rooms.remove(room);
        self.give_back(room, true, &left_before(room));
    }

    pub(super) fn give_back(&mut self, room: &RoomName, and_on_its_way: bool, why: &Failure) {
        for unsent in self.outbox.take_room(room, and_on_its_way) {
            self.out
                .outgoing(&unsent, Stage::Refused(Failure { id: Some(unsent.id), ..why.clone() }));
        }
    }
}

pub(super) fn left_before(room: &RoomName) -> Failure {
    let message = format!("{room} was left before this was kept; join it and say it again");
    Failure { code: Code::NotInRoom, message, field: None, id: None }
}
