//! Peers that use HTTP: followers and visits.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};

use teahouse_core::{Answer, Event, MessageId, Position, Query, Question, RoomName, Text, Visit};

use super::http::{InFlight, Visits};
use super::peer::{Kind, Wire};
use super::words::{ROOMS, words_of};
use super::world::World;
use crate::shard::{Outcome, VisitRequest};

impl World {
    /// The room that a follower follows, and whether it asks to create it. `None` for other peers.
    pub(super) fn choose_followed_room(&mut self, peer: usize) -> Option<(RoomName, bool)> {
        let Kind::Follower(follower) = &mut self.outside.peers[peer].kind else { return None };
        // Its last event may be of a room that was evicted: the server checks this too before it accepts a follower.
        let has_it = follower.last.as_ref().is_some_and(|(last, words)| {
            let position = Position(*last);
            let mut events = self.hub.store.events_in(&follower.room).iter();
            let event = events.find(|event| event.position == position);
            event.and_then(|event| event.text.as_ref()).is_some_and(|text| text.as_str() == words)
        });
        if !has_it {
            follower.last = None;
            follower.room = (*self.dice.pick(&ROOMS)).to_owned();
        }
        Some((follower.room.parse().expect("rooms have names"), self.dice.once_in(2)))
    }

    /// The task that fetches a response body runs.
    pub(super) fn fetch(&mut self, wire: &mut Wire) -> bool {
        let Wire { socket, shard, key, body, .. } = wire;
        let Some(body) = body.as_mut().filter(|body| !body.is_closed) else { return false };
        let (shard, key) = (*shard, *key);
        if socket.is_broken() {
            body.is_closed = true;
            self.step(shard, |shard| shard.handle_broken(key));
            return true;
        }
        if !body.task.take() && !body.is_stalled {
            return false;
        }
        let waker = Waker::from(Arc::clone(&body.task));
        let mut has_some = false;
        while socket.is_writable() {
            match self.step(shard, |shard| shard.poll_fetch(key, &waker)) {
                Poll::Ready(Some(bytes)) => socket.deliver(&bytes),
                Poll::Ready(None) => {
                    body.is_closed = true;
                    self.step(shard, |shard| shard.handle_broken(key));
                    return true;
                }
                Poll::Pending => {
                    body.is_stalled = false;
                    return has_some;
                }
            }
            has_some = true;
        }
        body.is_stalled = true;
        has_some
    }

    /// A visit begins.
    pub(super) fn visit(&mut self) {
        let shard = self.dice.below(self.shards.len());
        let Ok(permit) = self.gate.admit([10, 0, 0, 9].into()) else { return };
        let here = &self.shards[shard].shard;
        if here.context().unavailable().is_some() || here.is_chunk_full() {
            return;
        }
        let room: RoomName = self.dice.pick(&ROOMS).parse().expect("rooms have names");
        let mut post = None;
        let request = match self.dice.below(4) {
            0 => VisitRequest::Query(Query::Who { room, page: 1 }),
            1 => {
                let question = Question::Latest { room, count: 2 };
                VisitRequest::Query(Query::Read { question })
            }
            _ => {
                let again = self.outside.visits.unsure.pop();
                self.outside.message_count += 1;
                let (token, room) = again.unwrap_or((self.outside.message_count, room));
                post = Some((token, room.clone()));
                let text = Text::parse(&words_of(token)).expect("it is a text");
                let id = Some(MessageId(u128::from(token).to_be_bytes()));
                VisitRequest::Action(Visit::Post { nick: None, room, text, id })
            }
        };
        let (origin, permit) = (permit.origin(), Rc::new(RefCell::new(Some(permit))));
        let handle = self.step(shard, |shard| shard.visit(origin, permit, request));
        self.outside.visits.in_flight.push(InFlight { shard, handle, post });
    }

    /// The client of a visit hangs up.
    pub(super) fn abandon(&mut self) {
        let Some(InFlight { shard, handle, post }) = self.outside.visits.in_flight.pop() else {
            return;
        };
        self.step(shard, |shard| shard.abandon(&handle));
        let is_permanent = self.mood.has_permanent_rooms;
        self.outside.visits.unsure.extend(post.filter(|_| is_permanent));
    }

    /// Checks which visits are answered; returns how many still wait.
    pub(super) fn check_visits(&mut self) -> usize {
        let store = &self.hub.store;
        self.outside.visits.in_flight.retain_mut(|InFlight { handle, post, .. }| {
            let Ok(outcome) = handle.answer.try_recv() else { return true };
            let place = match outcome {
                Outcome::Answer(Answer::Posted { position, .. }) => Some(position),
                Outcome::Answer(Answer::Duplicate { position, .. }) => Some(position),
                Outcome::Answer(_) | Outcome::Page(..) | Outcome::Unreadable => None,
            };
            if let (Some(position), Some((token, room))) = (place, post) {
                let words = words_of(*token);
                let is_it = |event: &Event| {
                    event.position == position
                        && event.text.as_ref().is_some_and(|text| text.as_str() == words)
                };
                let is_stored = store.events_ever_in(room.as_str()).any(is_it);
                assert!(is_stored, "P2, P3: {words} is at {position} in {room}");
            }
            false
        });
        self.outside.visits.in_flight.len()
    }

    /// The server is gone, and no visit is answered.
    pub(super) fn lose_visits(&mut self) {
        let Visits { in_flight, unsure } = &mut self.outside.visits;
        let is_permanent = self.mood.has_permanent_rooms;
        unsure.extend(in_flight.drain(..).filter_map(|visit| visit.post.filter(|_| is_permanent)));
    }
}
