//! The calls of the user of a link: say, ask, join, leave, bye.

use std::time::Duration;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::{Bye, Code, Failure, Id, Leave, Message, Ref, Request, ServerMessage};

use super::pending::OnBreak;
use super::rooms::{Membership, Room};
use super::{Exchange, Phase, Unsent};
use crate::link::limits::{ANSWER_TIMEOUT, BYE_TIMEOUT};
use crate::link::{AskError, Happening, SayError, Stage};

impl Exchange {
    /// Says something under a new id. The message stays in the outbox until it is known to be stored.
    ///
    /// # Errors
    /// When the room is not joined, the outbox is full, or the link has ended.
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
        match self.rooms.find(room).map(|room| room.membership) {
            Some(Membership::NotJoined | Membership::Joining(_) | Membership::Joined) => {}
            Some(Membership::Leaving(..)) | None => {
                return Err(SayError::NotInRoom { room: room.clone() });
            }
        }
        let unsent = Unsent { id, room: room.clone(), text: text.clone(), acted };
        self.outbox.say(unsent.clone())?;
        self.out.push_outgoing(&unsent, Stage::Waiting);
        self.send_messages(now);
        Ok(())
    }

    /// Sends a request and returns its reference, which the answer carries. Without a connection the request waits for
    /// one; only `typing` is dropped, because it would be out of date.
    ///
    /// # Errors
    /// For `hello`, `say` and `bye`, which have methods of their own; when too many requests wait; when the link has
    /// ended.
    pub fn ask(&mut self, now: Duration, request: Request) -> Result<Ref, AskError> {
        if matches!(self.phase, Phase::Leaving { .. } | Phase::Ended) {
            return Err(AskError::Ended);
        }
        // The link remembers its rooms over all connections, so these are not sent as plain requests.
        if let Request::Join(join) = &request {
            return Ok(self.join(now, &join.room));
        }
        if let Request::Leave(leave) = &request {
            return Ok(self.leave(now, &leave.room));
        }
        match OnBreak::of(&request) {
            OnBreak::OwnMethod { op, way } => Err(AskError::Otherwise { op, way }),
            OnBreak::Drop => {
                let reference = self.out.new_reference();
                if matches!(self.phase, Phase::Online { .. }) {
                    self.out.send(reference, request);
                }
                Ok(Ref::Number(reference))
            }
            OnBreak::Report | OnBreak::Repeat => {
                let reference = self.out.new_reference();
                self.pending.push(reference, request)?;
                self.send_pending(now);
                Ok(Ref::Number(reference))
            }
        }
    }

    /// Joins a room, and joins it again after each reconnect. The answer, `joined` or an error, carries the returned
    /// reference; after a reconnect `joined` comes again with the same reference. Nothing is sent for a room that is
    /// already joined.
    pub fn join(&mut self, now: Duration, name: &RoomName) -> Ref {
        let reference = match self.rooms.find(name) {
            Some(room) => match room.membership {
                Membership::Leaving(..) => {
                    // The server executes requests in order: leave, then join again.
                    room.membership = Membership::NotJoined;
                    room.reference
                }
                Membership::NotJoined | Membership::Joining(_) | Membership::Joined => {
                    room.reference
                }
            },
            None => {
                let reference = self.out.new_reference();
                self.rooms.add(Room::new(name.clone(), reference, None));
                reference
            }
        };
        self.send_joins(now);
        Ref::Number(reference)
    }

    /// Leaves a room. Its waiting messages are returned as refused. The answer is `left` with the returned reference,
    /// also without a connection. While another leave of the room is in flight, its reference is returned.
    pub fn leave(&mut self, now: Duration, name: &RoomName) -> Ref {
        let reference = self.out.new_reference();
        let is_online = matches!(self.phase, Phase::Online { .. });
        let membership = self.rooms.find(name).map(|room| {
            let before = room.membership;
            if is_online && matches!(before, Membership::Joined | Membership::Joining(_)) {
                room.membership = Membership::Leaving(reference, now + ANSWER_TIMEOUT);
            }
            before
        });
        match membership {
            Some(Membership::Joined | Membership::Joining(_)) if is_online => {
                self.return_unsent(name, false, &left_failure(name));
                self.out.send(reference, Request::Leave(Leave { room: name.clone() }));
            }
            Some(Membership::Leaving(first, _)) => return Ref::Number(first),
            Some(Membership::Joined | Membership::Joining(_) | Membership::NotJoined) => {
                self.forget(name);
                self.push_left(reference, name);
            }
            // The server answers that we are not in the room.
            None if is_online => {
                self.out.send(reference, Request::Leave(Leave { room: name.clone() }));
            }
            None => {
                let message = Message::Error(not_in_room(name));
                self.push_answer(reference, message);
            }
        }
        Ref::Number(reference)
    }

    /// Ends the link: the connection closes and is not replaced. The outbox keeps its messages.
    pub fn bye(&mut self, now: Duration) {
        match self.phase {
            Phase::Online { .. } => {
                let reference = self.out.new_reference();
                self.out.send(reference, Request::Bye(Bye {}));
                self.phase = Phase::Leaving { until: now + BYE_TIMEOUT };
            }
            Phase::Resting { .. } | Phase::Dialling { .. } | Phase::Greeting { .. } => {
                self.end(None);
            }
            Phase::Leaving { .. } | Phase::Ended => {}
        }
    }

    /// Answers a leave of a room that the link has removed itself.
    pub(super) fn push_left(&mut self, reference: u64, name: &RoomName) {
        self.push_answer(reference, Message::Left { room: name.clone() });
    }

    /// Answers a request in place of the server.
    fn push_answer(&mut self, reference: u64, message: Message) {
        let reference = Some(Ref::Number(reference));
        self.out.push_happening(Happening::Received(ServerMessage { reference, message }));
    }

    /// Removes a room, and returns its messages as refused.
    pub(super) fn forget(&mut self, room: &RoomName) {
        self.rooms.remove(room);
        self.return_unsent(room, true, &left_failure(room));
    }

    pub(super) fn return_unsent(&mut self, room: &RoomName, and_in_flight: bool, why: &Failure) {
        for unsent in self.outbox.take_room(room, and_in_flight) {
            self.out.push_outgoing(
                &unsent,
                Stage::Refused(Failure { id: Some(unsent.id), ..why.clone() }),
            );
        }
    }
}

fn not_in_room(room: &RoomName) -> Failure {
    let message = format!("you are not in {room}");
    Failure { code: Code::NotInRoom, message, field: None, id: None }
}

pub(super) fn left_failure(room: &RoomName) -> Failure {
    let message = format!("{room} was left before this was kept; join it and say it again");
    Failure { code: Code::NotInRoom, message, field: None, id: None }
}
