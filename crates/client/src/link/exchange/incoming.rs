//! The messages of the server, and what the link does with each.

use std::fmt::Display;
use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{
    Cause, Change, Code, Cursor, Event, Failure, Id, Joined, Kind, Message, Misread, Outline,
    Presence, Ref, ServerMessage, Welcome,
};

use super::rooms::{Arrival, Membership, Missing, Room};
use super::{Exchange, Phase};
use crate::link::limits::{PING_S_DEFAULT, PING_S_MAX, TOO_FAST_PAUSE};
use crate::link::{Happening, Stage, display};

/// What a person can do when this client cannot read a server's messages.
const ADVICE: &str = "a newer version of this client may be able to";

impl Exchange {
    /// A text message arrived.
    pub fn handle_text(&mut self, now: Duration, text: &str) {
        if matches!(self.phase, Phase::Resting { .. } | Phase::Dialling { .. } | Phase::Ended) {
            return;
        }
        self.last_received = now;
        match ServerMessage::parse(text) {
            Ok(ServerMessage { reference, message }) => {
                self.handle_message(now, ServerMessage { reference, message: sanitize(message) });
            }
            Err(whole @ Misread::Whole { .. }) => self.give_up_unreadable(now, &whole),
            Err(Misread::Fields { outline, error }) => self.handle_outline(now, *outline, &error),
        }
    }

    fn give_up_unreadable(&mut self, now: Duration, error: &impl Display) {
        let why =
            format!("the server sent what this client does not understand: {error}; {ADVICE}");
        self.give_up(now, &why);
    }

    /// Handles a message with a field that this client cannot read, for example from a server with other rules for
    /// names. The message would come again after every reconnect, so the link skips it and says so. An event still
    /// advances the cursor of its room, and an answer still ends the wait for it.
    fn handle_outline(&mut self, now: Duration, outline: Outline, error: &impl Display) {
        let Outline { kind, reference, cursor } = outline;
        match (kind.as_str(), cursor) {
            ("event", Some((room, cursor))) => match self.rooms.accept(&room, cursor) {
                Arrival::Next | Arrival::NextAfterLoss(_) => {
                    let position = cursor.position;
                    self.out.push_happening(Happening::Notice(display(&format!(
                        "message {position} of {room} is of a kind that this client cannot show: {error}; {ADVICE}"
                    ))));
                }
                Arrival::Duplicate | Arrival::NotInRoom => {}
                Arrival::Gap(what) => self.give_up(now, &what),
            },
            ("event", None) => self.give_up_unreadable(now, error),
            (kind, _) => {
                let message =
                    format!("this client cannot read {kind:?} of this server: {error}; {ADVICE}");
                let failure = Failure { code: Code::Unknown, message, field: None, id: None };
                let message = sanitize(Message::Error(failure));
                self.handle_message(now, ServerMessage { reference, message });
            }
        }
    }

    fn handle_message(&mut self, now: Duration, message: ServerMessage) {
        let ServerMessage { reference, message } = message;
        let number = match &reference {
            Some(Ref::Number(number)) => Some(*number),
            Some(Ref::Text(_)) | None => None,
        };
        if matches!(self.phase, Phase::Greeting { .. }) {
            return self.handle_greeting(now, message);
        }
        if let Some(number) = number {
            self.pending.resolve(number);
        }
        let is_internal = number.is_some_and(|number| self.out.is_internal(number));
        let wrap =
            |message| Happening::Received(ServerMessage { reference: reference.clone(), message });
        match message {
            Message::Welcome(_) => {}
            Message::Joined(joined) => self.handle_joined(now, joined, wrap),
            Message::Left { room } => {
                self.out.push_happening(wrap(Message::Left { room: room.clone() }));
                self.handle_left(now, &room);
            }
            Message::Event(event) => self.handle_event(now, event, wrap),
            Message::Duplicate { position, id, .. } => self.handle_kept(now, id, position),
            Message::Error(failure) => self.handle_error(now, number, failure, wrap),
            Message::Renamed { from, to } => {
                self.nick = Some(to.clone());
                self.out.push_happening(wrap(Message::Renamed { from, to }));
            }
            Message::Ignoring { nicks } => {
                self.rooms.set_ignoring(!nicks.is_empty());
                if !is_internal {
                    self.out.push_happening(wrap(Message::Ignoring { nicks }));
                }
            }
            Message::Bye { cause, reconnect } => self.handle_bye(now, cause, reconnect),
            // An unknown answer still ends the wait for it.
            Message::Unknown if number.is_some() => {
                self.handle_error(now, number, unknown_answer_failure(), wrap);
            }
            // A newer server may send messages that this client does not know.
            Message::Unknown | Message::Presence(Presence { change: Change::Unknown, .. }) => {}
            Message::Presence(presence) => {
                if self.rooms.find(&presence.room).is_some() {
                    self.out.push_happening(wrap(Message::Presence(presence)));
                }
            }
            other @ (Message::Told { .. }
            | Message::Delivered { .. }
            | Message::History(_)
            | Message::Found { .. }
            | Message::Members { .. }
            | Message::Rooms(_)
            | Message::Topic { .. }
            | Message::Notice { .. }) => self.out.push_happening(wrap(other)),
        }
    }

    /// Handles a message before the welcome.
    fn handle_greeting(&mut self, now: Duration, message: Message) {
        match message {
            Message::Unknown => {}
            Message::Welcome(welcome) => {
                let silence_max = silence_max(&welcome);
                self.go_online(now, welcome, silence_max);
            }
            Message::Error(failure) => {
                self.give_up(now, &format!("the server does not let us in: {}", failure.message));
            }
            Message::Bye { cause, reconnect } => self.handle_bye(now, cause, reconnect),
            Message::Notice { text } => {
                let message = Message::Notice { text };
                self.out.push_happening(Happening::Received(ServerMessage {
                    reference: None,
                    message,
                }));
            }
            Message::Joined(_)
            | Message::Left { .. }
            | Message::Event(_)
            | Message::Presence(_)
            | Message::Duplicate { .. }
            | Message::Told { .. }
            | Message::Delivered { .. }
            | Message::History(_)
            | Message::Found { .. }
            | Message::Members { .. }
            | Message::Rooms(_)
            | Message::Renamed { .. }
            | Message::Topic { .. }
            | Message::Ignoring { .. } => self.give_up(now, "the server spoke before its welcome"),
        }
    }

    fn handle_joined(
        &mut self,
        now: Duration,
        mut joined: Joined,
        wrap: impl FnOnce(Message) -> Happening,
    ) {
        // Only rooms that the link asked for, so that a server cannot fill its memory with others.
        let Some(room) = self.rooms.find(&joined.room) else { return };
        let missing = match (room.membership, room.missing(&joined)) {
            (Membership::NotJoined | Membership::Joining(_), missing) => {
                room.enter(&mut joined);
                missing
            }
            // The next events no longer exist: the room continues after them.
            (Membership::Joined, Some(Missing::Between(from, to))) => {
                room.enter(&mut joined);
                Some(Missing::Between(from, to))
            }
            // A repeated `joined` (the cursor stays), or one that the link is about to leave.
            (Membership::Joined | Membership::Leaving(..), _) => None,
        };
        let name = joined.room.clone();
        self.out.push_happening(wrap(Message::Joined(joined)));
        if let Some(missing) = missing {
            self.out.push_happening(Happening::Notice(missing.render(&name)));
        }
        self.send_messages(now);
    }

    fn handle_left(&mut self, now: Duration, name: &RoomName) {
        match self.rooms.find(name).map(|room| room.membership) {
            // The room was left and a new join is in flight.
            Some(Membership::Joining(_)) => {}
            Some(Membership::NotJoined | Membership::Joined | Membership::Leaving(..)) | None => {
                self.forget(name);
            }
        }
        self.send_messages(now);
    }

    fn handle_event(
        &mut self,
        now: Duration,
        event: Event,
        wrap: impl FnOnce(Message) -> Happening,
    ) {
        let Event { epoch, position, time_ms, .. } = event;
        let cursor = Cursor { epoch, position, time_ms: Some(time_ms) };
        let arrival = self.rooms.accept(&event.room, cursor);
        if let Arrival::NextAfterLoss(what) = &arrival {
            self.out.push_happening(Happening::Notice(what.clone()));
        }
        match arrival {
            Arrival::Next | Arrival::NextAfterLoss(_) => {
                if event.kind == Kind::Topic {
                    self.pending.resolve_topic_change(&event.room);
                }
                let id = event.id;
                self.out.push_happening(wrap(Message::Event(event)));
                if let Some(id) = id {
                    self.handle_kept(now, id, position);
                }
            }
            Arrival::Duplicate | Arrival::NotInRoom => {}
            Arrival::Gap(what) => self.give_up(now, &what),
        }
    }

    /// The server has stored the message with this id. If it is ours, it leaves the outbox.
    fn handle_kept(&mut self, now: Duration, id: Id, position: u64) {
        if let Some(unsent) = self.outbox.take(id) {
            self.out.push_outgoing(&unsent, Stage::Kept { position });
            self.send_messages(now);
        }
    }

    fn handle_error(
        &mut self,
        now: Duration,
        number: Option<u64>,
        failure: Failure,
        wrap: impl FnOnce(Message) -> Happening,
    ) {
        if number.is_some_and(|number| self.out.is_internal(number)) {
            return;
        }
        let is_too_fast = failure.code == Code::TooFast;
        if is_too_fast {
            self.paused_until = now + TOO_FAST_PAUSE;
        }
        let unsent = number.and_then(|number| self.outbox.sent_as(number)).or(failure.id);
        if let Some(id) = unsent {
            return self.handle_say_error(now, id, is_too_fast, failure);
        }
        let is_answered = |room: &&mut Room| match room.membership {
            Membership::Joining(_) => Some(room.reference) == number,
            Membership::Leaving(reference, _) => Some(reference) == number,
            Membership::NotJoined | Membership::Joined => false,
        };
        let room = self.rooms.iter_mut().find(is_answered).map(|room| {
            let before = room.membership;
            if is_too_fast {
                room.membership = match before {
                    Membership::Joining(_) => Membership::NotJoined,
                    Membership::Leaving(..) | Membership::NotJoined | Membership::Joined => {
                        Membership::Joined
                    }
                };
            }
            (room.name.clone(), before)
        });
        match room {
            // The join is sent again after the pause.
            Some((_, Membership::Joining(_))) if is_too_fast => return,
            Some((name, Membership::Joining(_))) => {
                self.rooms.remove(&name);
                self.return_unsent(&name, true, &failure);
            }
            Some((name, Membership::Leaving(..))) if !is_too_fast => self.forget(&name),
            Some((_, Membership::Leaving(..) | Membership::Joined | Membership::NotJoined))
            | None => {}
        }
        self.out.push_happening(wrap(Message::Error(failure)));
    }

    fn handle_say_error(&mut self, now: Duration, id: Id, is_too_fast: bool, failure: Failure) {
        if is_too_fast {
            if let Some(unsent) = self.outbox.requeue(id).cloned() {
                self.out.push_outgoing(&unsent, Stage::Waiting);
            }
        } else if let Some(unsent) = self.outbox.take(id) {
            self.out.push_outgoing(&unsent, Stage::Refused(failure));
            self.send_messages(now);
        }
    }

    fn handle_bye(&mut self, now: Duration, cause: Cause, reconnect: bool) {
        if !reconnect {
            self.end(Some(cause));
        } else if matches!(self.phase, Phase::Leaving { .. }) {
            self.end(None);
        } else {
            let why = match cause {
                Cause::Quit => "the server said goodbye",
                Cause::Lost => "the connection is lost",
                Cause::Idle => "we were silent too long",
                Cause::Unread => "we did not read what was sent",
                Cause::Closing => "the house is closing",
                Cause::Replaced => "we came back on another connection",
                Cause::Protocol => "the server does not understand this client",
                Cause::Unknown => "the server ended the connection",
            };
            self.give_up(now, why);
        }
    }
}

fn unknown_answer_failure() -> Failure {
    let message =
        "the house answers in a way that this client does not know; it may be done or not";
    Failure { code: Code::Unknown, message: message.to_owned(), field: None, id: None }
}

/// Makes the strings of a message safe to print. Names and texts are safe by their types; these are the others.
fn sanitize(message: Message) -> Message {
    match message {
        Message::Error(failure) => {
            Message::Error(Failure { message: display(&failure.message), ..failure })
        }
        Message::Notice { text } => Message::Notice { text: display(&text) },
        Message::Found { words, events, more } => {
            Message::Found { words: display(&words), events, more }
        }
        Message::Welcome(welcome) => {
            Message::Welcome(Welcome { server: display(&welcome.server), ..welcome })
        }
        other @ (Message::Joined(_)
        | Message::Left { .. }
        | Message::Event(_)
        | Message::Presence(_)
        | Message::Duplicate { .. }
        | Message::Told { .. }
        | Message::Delivered { .. }
        | Message::History(_)
        | Message::Members { .. }
        | Message::Rooms(_)
        | Message::Renamed { .. }
        | Message::Topic { .. }
        | Message::Ignoring { .. }
        | Message::Bye { .. }
        | Message::Unknown) => other,
    }
}

/// How long the server may be silent before the connection counts as dead. The server checks every `ping_s` and pings
/// a client that was silent for `ping_s`, so a working connection may be silent for nearly twice that, plus the
/// network delay.
fn silence_max(welcome: &Welcome) -> Duration {
    let ping_s = match welcome.ping_s {
        0 => PING_S_DEFAULT,
        ping_s => ping_s.min(PING_S_MAX),
    };
    3 * Duration::from_secs(u64::from(ping_s))
}
