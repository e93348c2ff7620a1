//! What the server sends, and what it means for the link.

use std::fmt::Display;
use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{
    Cause, Change, Code, Cursor, Event, Failure, Id, Joined, Kind, Message, Misread, Outline,
    Presence, Ref, ServerMessage, Welcome,
};

use super::rooms::{Missing, Room, Standing, Taken};
use super::{Exchange, Phase};
use crate::link::limits::{PING_S_DEFAULT, PING_S_MAX, TOO_FAST_PAUSE};
use crate::link::{Happening, Stage, shown};

/// What a person can do about a server that this client cannot read.
const ADVICE: &str = "a newer version of this client may be able to";

impl Exchange {
    /// A text message arrived.
    pub fn handle_text(&mut self, now: Duration, text: &str) {
        if matches!(self.phase, Phase::Resting { .. } | Phase::Dialling { .. } | Phase::Ended) {
            return;
        }
        self.heard = now;
        match ServerMessage::parse(text) {
            Ok(ServerMessage { reference, message }) => {
                self.handle_sent(now, ServerMessage { reference, message: harmless(message) });
            }
            Err(whole @ Misread::Whole { .. }) => self.not_understood(now, &whole),
            Err(Misread::Fields { outline, error }) => self.handle_outline(now, *outline, &error),
        }
    }

    fn not_understood(&mut self, now: Duration, error: &impl Display) {
        let why =
            format!("the server sent what this client does not understand: {error}; {ADVICE}");
        self.give_up(now, &why);
    }

    /// A message with something in it that this client cannot take, as from a server with other rules for
    /// names. It would come again after every reconnect, so it is passed over and told: an event keeps its
    /// place in the room, and what answers a question ends the wait for it.
    fn handle_outline(&mut self, now: Duration, outline: Outline, error: &impl Display) {
        let Outline { kind, reference, place } = outline;
        match (kind.as_str(), place) {
            ("event", Some((room, place))) => match self.rooms.take(&room, place) {
                Taken::New | Taken::NewAfter(_) => {
                    let position = place.position;
                    self.out.happened(Happening::Notice(shown(&format!(
                        "message {position} of {room} is of a kind that this client cannot show: {error}; {ADVICE}"
                    ))));
                }
                Taken::Seen | Taken::Elsewhere => {}
                Taken::Gap(what) => self.give_up(now, &what),
            },
            ("event", None) => self.not_understood(now, error),
            (kind, _) => {
                let message =
                    format!("this client cannot read {kind:?} of this server: {error}; {ADVICE}");
                let failure = Failure { code: Code::Unknown, message, field: None, id: None };
                let message = harmless(Message::Error(failure));
                self.handle_sent(now, ServerMessage { reference, message });
            }
        }
    }

    fn handle_sent(&mut self, now: Duration, sent: ServerMessage) {
        let ServerMessage { reference, message } = sent;
        let number = match &reference {
            Some(Ref::Number(number)) => Some(*number),
            Some(Ref::Text(_)) | None => None,
        };
        if matches!(self.phase, Phase::Greeting { .. }) {
            return self.handle_greeting(now, message);
        }
        if let Some(number) = number {
            self.asks.answered(number);
        }
        let is_quiet = number.is_some_and(|number| self.out.is_quiet(number));
        let pass =
            |message| Happening::Received(ServerMessage { reference: reference.clone(), message });
        match message {
            Message::Welcome(_) => {}
            Message::Joined(joined) => self.handle_joined(now, joined, pass),
            Message::Left { room } => {
                self.out.happened(pass(Message::Left { room: room.clone() }));
                self.handle_left(now, &room);
            }
            Message::Event(event) => self.handle_event(now, event, pass),
            Message::Duplicate { position, id, .. } => self.kept(now, id, position),
            Message::Error(failure) => self.handle_error(now, number, failure, pass),
            Message::Renamed { from, to } => {
                self.nick = Some(to.clone());
                self.out.happened(pass(Message::Renamed { from, to }));
            }
            Message::Ignoring { nicks } => {
                self.rooms.set_ignoring(!nicks.is_empty());
                if !is_quiet {
                    self.out.happened(pass(Message::Ignoring { nicks }));
                }
            }
            Message::Bye { cause, reconnect } => self.handle_bye(now, cause, reconnect),
            // Whatever it says, it ends the wait for an answer.
            Message::Unknown if number.is_some() => {
                self.handle_error(now, number, unknown_answer(), pass);
            }
            // A newer server may say more than we know.
            Message::Unknown | Message::Presence(Presence { change: Change::Unknown, .. }) => {}
            Message::Presence(presence) => {
                if self.rooms.named(&presence.room).is_some() {
                    self.out.happened(pass(Message::Presence(presence)));
                }
            }
            other @ (Message::Told { .. }
            | Message::Delivered { .. }
            | Message::History(_)
            | Message::Found { .. }
            | Message::Members { .. }
            | Message::Rooms(_)
            | Message::Topic { .. }
            | Message::Notice { .. }) => self.out.happened(pass(other)),
        }
    }

    /// What comes before the welcome.
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
                self.out.happened(Happening::Received(ServerMessage { reference: None, message }));
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
        pass: impl FnOnce(Message) -> Happening,
    ) {
        // We are in the rooms that we asked for, and a server cannot fill our memory with others.
        let Some(room) = self.rooms.named(&joined.room) else { return };
        let missing = match (room.standing, room.missing(&joined)) {
            (Standing::Outside | Standing::Joining(_), missing) => {
                room.enter(&mut joined);
                missing
            }
            // What comes next is gone: the room goes on behind that.
            (Standing::Inside, Some(Missing::Between(from, to))) => {
                room.enter(&mut joined);
                Some(Missing::Between(from, to))
            }
            // Told again where we are: what we have seen stands. Or on our way out.
            (Standing::Inside | Standing::Leaving(..), _) => None,
        };
        let name = joined.room.clone();
        self.out.happened(pass(Message::Joined(joined)));
        if let Some(missing) = missing {
            self.out.happened(Happening::Notice(missing.told(&name)));
        }
        self.pump(now);
    }

    fn handle_left(&mut self, now: Duration, name: &RoomName) {
        match self.rooms.named(name).map(|room| room.standing) {
            // Out, and asked to be in again.
            Some(Standing::Joining(_)) => {}
            Some(Standing::Outside | Standing::Inside | Standing::Leaving(..)) | None => {
                self.forget(name);
            }
        }
        self.pump(now);
    }

    fn handle_event(
        &mut self,
        now: Duration,
        event: Event,
        pass: impl FnOnce(Message) -> Happening,
    ) {
        let Event { epoch, position, time_ms, .. } = event;
        let place = Cursor { epoch, position, time_ms: Some(time_ms) };
        let taken = self.rooms.take(&event.room, place);
        if let Taken::NewAfter(what) = &taken {
            self.out.happened(Happening::Notice(what.clone()));
        }
        match taken {
            Taken::New | Taken::NewAfter(_) => {
                if event.kind == Kind::Topic {
                    self.asks.topic_changed(&event.room);
                }
                let id = event.id;
                self.out.happened(pass(Message::Event(event)));
                if let Some(id) = id {
                    self.kept(now, id, position);
                }
            }
            Taken::Seen | Taken::Elsewhere => {}
            Taken::Gap(what) => self.give_up(now, &what),
        }
    }

    /// A message with this id is there: if it is ours, it has arrived.
    fn kept(&mut self, now: Duration, id: Id, position: u64) {
        if let Some(unsent) = self.outbox.take(id) {
            self.out.outgoing(&unsent, Stage::Kept { position });
            self.pump(now);
        }
    }

    fn handle_error(
        &mut self,
        now: Duration,
        number: Option<u64>,
        failure: Failure,
        pass: impl FnOnce(Message) -> Happening,
    ) {
        if number.is_some_and(|number| self.out.is_quiet(number)) {
            return;
        }
        let is_too_fast = failure.code == Code::TooFast;
        if is_too_fast {
            self.paused_until = now + TOO_FAST_PAUSE;
        }
        let said = number.and_then(|number| self.outbox.sent_as(number)).or(failure.id);
        if let Some(id) = said {
            return self.handle_not_said(now, id, is_too_fast, failure);
        }
        let about = |room: &&mut Room| match room.standing {
            Standing::Joining(_) => Some(room.reference) == number,
            Standing::Leaving(reference, _) => Some(reference) == number,
            Standing::Outside | Standing::Inside => false,
        };
        let room = self.rooms.iter_mut().find(about).map(|room| {
            let before = room.standing;
            if is_too_fast {
                room.standing = match before {
                    Standing::Joining(_) => Standing::Outside,
                    Standing::Leaving(..) | Standing::Outside | Standing::Inside => {
                        Standing::Inside
                    }
                };
            }
            (room.name.clone(), before)
        });
        match room {
            // Asked again after the pause.
            Some((_, Standing::Joining(_))) if is_too_fast => return,
            Some((name, Standing::Joining(_))) => {
                self.rooms.remove(&name);
                self.give_back(&name, true, &failure);
            }
            Some((name, Standing::Leaving(..))) if !is_too_fast => self.forget(&name),
            Some((_, Standing::Leaving(..) | Standing::Inside | Standing::Outside)) | None => {}
        }
        self.out.happened(pass(Message::Error(failure)));
    }

    fn handle_not_said(&mut self, now: Duration, id: Id, is_too_fast: bool, failure: Failure) {
        if is_too_fast {
            if let Some(unsent) = self.outbox.put_back(id).cloned() {
                self.out.outgoing(&unsent, Stage::Waiting);
            }
        } else if let Some(unsent) = self.outbox.take(id) {
            self.out.outgoing(&unsent, Stage::Refused(failure));
            self.pump(now);
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

fn unknown_answer() -> Failure {
    let message =
        "the house answers in a way that this client does not know; it may be done or not";
    Failure { code: Code::Unknown, message: message.to_owned(), field: None, id: None }
}

/// Names and texts are harmless by their types; here are the other words that a person will read.
fn harmless(message: Message) -> Message {
    match message {
        Message::Error(failure) => {
            Message::Error(Failure { message: shown(&failure.message), ..failure })
        }
        Message::Notice { text } => Message::Notice { text: shown(&text) },
        Message::Found { words, events, more } => {
            Message::Found { words: shown(&words), events, more }
        }
        Message::Welcome(welcome) => {
            Message::Welcome(Welcome { server: shown(&welcome.server), ..welcome })
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

/// How long the server may be silent before the connection counts as dead. It pings whom it has not heard for
/// `ping_s` and looks every `ping_s`, so a sound one may be silent for nearly twice that and the way.
fn silence_max(welcome: &Welcome) -> Duration {
    let ping_s = match welcome.ping_s {
        0 => PING_S_DEFAULT,
        ping_s => ping_s.min(PING_S_MAX),
    };
    3 * Duration::from_secs(u64::from(ping_s))
}
