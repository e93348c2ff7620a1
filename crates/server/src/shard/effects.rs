//! Effects that the hub decided, on their way to rooms and connections.
//!
//! The room messages of a round collect and are written together ([`super::rooms`]). Before an effect for one
//! connection, what is pending in its rooms is written to that connection alone.

use teahouse_core::{Answer, Effect, RequestId};
use teahouse_wire::protocol::{Entered, Output};

use super::Shard;
use super::beginning;
use super::connection::{Sink, Stage};
use super::formats::TOO_MANY_FORMATS;
use super::pending::Round;
use super::socket::Socket;

impl<S: Socket> Shard<S> {
    /// Handles the batches of one round.
    pub(crate) fn handle_batches(&mut self, round: &Round) {
        for (batch, effects) in round.iter().enumerate() {
            for effect in 0..effects.len() {
                self.handle_effect(round, (batch, effect));
            }
        }
        self.rooms.flush_all(&mut self.sessions.connections, round);
    }

    fn handle_effect(&mut self, round: &Round, at: (usize, usize)) {
        let connections = &mut self.sessions.connections;
        let effect = &round[at.0][at.1];
        match effect {
            // A removed room has no members, and a shard is created with its boot number.
            Effect::RoomCreated { .. } | Effect::RoomRemoved { .. } | Effect::Opened { .. } => {}
            Effect::SessionForgotten { session } => connections.forget_session(*session),
            Effect::Event(event) => self.rooms.push(connections, event.room, round, at),
            Effect::Presence { rooms, .. } => {
                self.rooms.push_presence(connections, rooms, round, at);
            }
            Effect::Joined { session, .. }
            | Effect::Left { session, .. }
            | Effect::Ignores { session, .. }
            | Effect::Answer { session, .. }
            | Effect::Ended { session, .. } => match connections.of_session(*session) {
                Some(index) => self.handle_personal(index, effect, round),
                None => self.handle_visit(effect),
            },
        }
    }

    /// Handles an effect for one session on this shard, after writing what was decided before it.
    fn handle_personal(&mut self, index: usize, effect: &Effect, round: &Round) {
        let Self { sessions, rooms, .. } = self;
        rooms.flush_to(&mut sessions.connections, index, round);
        match effect {
            Effect::Joined { request, room, name, first, at, members, topic, .. } => {
                let entered = Entered {
                    request: *request,
                    id: *room,
                    room: name,
                    first: *first,
                    at: *at,
                    is_complete: false,
                    members: *members,
                    topic: topic.as_ref(),
                };
                beginning::handle_joined(sessions, rooms, index, &entered);
            }
            Effect::Left { request, room, name, .. } => {
                beginning::handle_left(sessions, index, *room, name);
                rooms.leave(&mut sessions.connections, index, *room);
                let connection = &mut sessions.connections[index];
                connection.protocol.handle_left(*room);
                if connection.stage == Stage::Entered {
                    sessions.send(index, &Output::Left(*request, name));
                    sessions.connections[index].wake_to_read();
                }
            }
            Effect::Ignores { ignored, .. } => {
                rooms.ignore(&mut sessions.connections, index, ignored);
            }
            Effect::Answer { request, answer, .. } => self.answer(index, *request, answer),
            Effect::Ended { session, cause, is_suspended } => {
                sessions.connections.end_session(*session, *is_suspended);
                sessions.handle_ended(index, *cause);
            }
            Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Event(_)
            | Effect::Presence { .. }
            | Effect::Opened { .. }
            | Effect::SessionForgotten { .. } => {}
        }
        self.renew_formats(index);
    }

    /// Updates the formats of a connection if its protocol has changed them, so that what follows in this round uses
    /// them.
    pub(super) fn renew_formats(&mut self, index: usize) {
        let Self { sessions, rooms, .. } = self;
        if sessions.connections[index].protocol.take_format_change()
            && !rooms.renew_formats(&mut sessions.connections, index)
        {
            sessions.disconnect(index, TOO_MANY_FORMATS);
        }
    }

    fn answer(&mut self, index: usize, request: RequestId, answer: &Answer) {
        let connections = &mut self.sessions.connections;
        // An answer makes room for another request of the connection.
        connections.queue_settle(index);
        if let Answer::ReadGranted(granted) = answer {
            return connections[index].questions.push(request, granted.clone());
        }
        if let Answer::Room { room, at, members, topic } = answer {
            let Self { sessions, rooms, .. } = self;
            let state = (*members, topic.as_ref());
            return beginning::continue_after_gap(sessions, rooms, index, (*room, *at), state);
        }
        if let Answer::Refused(refusal) = answer {
            self.requests.refusals.count(refusal);
        }
        self.sessions.send(index, &Output::Answer(request, answer));
        // A follower whose request was refused receives nothing more.
        let connections = &mut self.sessions.connections;
        let connection = &connections[index];
        if matches!(answer, Answer::Refused(_)) && matches!(connection.output.sink, Sink::Body(_)) {
            let session = connection.session;
            connections.end_session(session, false);
            self.sessions.begin_draining(index);
        }
    }

    fn handle_visit(&mut self, effect: &Effect) {
        if let Effect::Answer { session, answer, .. } = effect {
            let shard = self.sessions.context.index();
            let refusals = &mut self.requests.refusals;
            let job = self.visits.handle_answer(*session, answer, shard, refusals);
            self.catch_up.jobs.extend(job);
        }
    }
}
