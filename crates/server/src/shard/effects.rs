//! What the hub decided, on its way to rooms and connections.
//!
//! Room messages of a whole round are gathered and written together ([`super::rooms`]). Before what is for one connection,
//! that connection alone is given what is pending in its rooms.

use teahouse_core::{Answer, Effect, RequestId};
use teahouse_wire::protocol::{Entered, Output};

use super::Shard;
use super::beginning;
use super::connection::{Sink, Stage};
use super::formats::TOO_MANY_FORMATS;
use super::pending::Round;
use super::socket::Socket;

impl<S: Socket> Shard<S> {
    /// What the hub decided, in batches.
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
            // Nobody is in a room that is removed, and shards are made with their boot.
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

    /// What is for one session that is here: it first hears what was decided before.
    fn handle_personal(&mut self, index: usize, effect: &Effect, round: &Round) {
        let Self { sessions, rooms, .. } = self;
        rooms.bring_up(&mut sessions.connections, index, round);
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
                beginning::begin(sessions, rooms, index, &entered);
            }
            Effect::Left { request, room, name, .. } => {
                beginning::end(sessions, index, *room, name);
                rooms.part(&mut sessions.connections, index, *room);
                let connection = &mut sessions.connections[index];
                connection.protocol.handle_left(*room);
                if connection.stage == Stage::Entered {
                    sessions.tell(index, &Output::Left(*request, name));
                    sessions.connections[index].wake_to_read();
                }
            }
            Effect::Ignores { ignored, .. } => {
                rooms.ignore(&mut sessions.connections, index, ignored);
            }
            Effect::Answer { request, answer, .. } => self.answer(index, *request, answer),
            Effect::Ended { session, cause, is_suspended } => {
                sessions.connections.end_session(*session, *is_suspended);
                sessions.ended(index, *cause);
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

    /// What follows in this round is written to a connection in the formats that it has from here on.
    pub(super) fn renew_formats(&mut self, index: usize) {
        let Self { sessions, rooms, .. } = self;
        if sessions.connections[index].protocol.take_format_change()
            && !rooms.renew_formats(&mut sessions.connections, index)
        {
            sessions.let_go(index, TOO_MANY_FORMATS);
        }
    }

    fn answer(&mut self, index: usize, request: RequestId, answer: &Answer) {
        let connections = &mut self.sessions.connections;
        // What is answered makes room for another request.
        connections.list(index);
        if let Answer::ReadGranted(granted) = answer {
            return connections[index].questions.push(request, granted.clone());
        }
        if let Answer::Room { room, at, members, topic } = answer {
            let Self { sessions, rooms, .. } = self;
            let stands = (*members, topic.as_ref());
            return beginning::go_on_after_gap(sessions, rooms, index, (*room, *at), stands);
        }
        if let Answer::Refused(refusal) = answer {
            self.requests.refusals.count(refusal);
        }
        self.sessions.tell(index, &Output::Answer(request, answer));
        // A visitor that may not follow has nothing more to hear.
        let connections = &mut self.sessions.connections;
        let connection = &connections[index];
        if matches!(answer, Answer::Refused(_)) && matches!(connection.output.sink, Sink::Body(_)) {
            let session = connection.session;
            connections.end_session(session, false);
            self.sessions.over(index);
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
