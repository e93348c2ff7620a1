//! The exchange on a virtual wire: the inputs are the server's messages and the time; the outputs are compared line by
//! line.

mod ending;
mod model;
mod resuming;
mod saying;
mod strangers;

use std::time::Duration;

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{
    Code, Cursor, Id, Message, Request, ResumeKey, Rooms, ServerMessage, Tell,
};

use super::{Exchange, Output, Start, Unsent};
use crate::link::limits::{
    ANSWER_TIMEOUT, ASKS_MAX, OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX, TOO_FAST_PAUSE,
    WORDS_CHARS_MAX,
};
use crate::link::{AskError, Happening, SayError, Stage, State};

const EPOCH: &str = "0123456789abcdef";
const SEAT: &str = "ffffffffffffffffffffffffffffffff";

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

fn id(number: u8) -> Id {
    Id([number; 16])
}

fn start() -> Start {
    Start {
        nick: Some(Nick::parse("ann").unwrap()),
        resume_key: SEAT.parse().unwrap(),
        rooms: Vec::new(),
        outbox: Vec::new(),
        seed: 1,
    }
}

/// A link and the current time.
struct Wire {
    link: Exchange,
    now: Duration,
}

impl Wire {
    fn new(start: Start) -> Self {
        Self { link: Exchange::new(Duration::ZERO, start), now: Duration::ZERO }
    }

    /// A link that has joined the empty room `#tea`.
    fn in_tea() -> Self {
        let mut wire = Self::new(Start { rooms: vec![(room("tea"), None)], ..start() });
        wire.open();
        wire.receive(&welcome(false));
        wire.receive(&joined("tea", 0, false));
        wire.outputs();
        wire
    }

    fn open(&mut self) {
        self.link.handle_opened(self.now);
    }

    fn receive(&mut self, json: &str) {
        self.link.handle_text(self.now, json);
    }

    fn close(&mut self, code: Option<u16>, why: &str) {
        self.link.handle_closed(self.now, code, why);
    }

    fn advance(&mut self, time: Duration) {
        self.now += time;
        self.link.handle_time(self.now);
    }

    /// Advances the time to the next deadline.
    fn advance_to_deadline(&mut self) {
        self.now = self.link.deadline().unwrap();
        self.link.handle_time(self.now);
    }

    /// Breaks the connection, and connects again up to the welcome.
    fn reconnect(&mut self) {
        self.close(None, "cut");
        self.advance_to_deadline();
        self.open();
        self.outputs();
        self.receive(&welcome(true));
    }

    fn say(&mut self, number: u8, words: &str) {
        self.link.say(self.now, id(number), &room("tea"), &text(words), false).unwrap();
    }

    fn outputs(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.link.poll_output()).map(|output| display(&output)).collect()
    }

    #[track_caller]
    fn expect(&mut self, expected: &[&str]) {
        assert_eq!(self.outputs(), expected);
    }
}

fn welcome(resumed: bool) -> String {
    format!(
        r#"{{"type":"welcome","nick":"ann","resumed":{resumed},"session":"1","epoch":"{EPOCH}",
        "server":"0","first_room":"lobby","ping_s":20,"grace_s":30}}"#
    )
}

fn joined(room: &str, position: u64, complete: bool) -> String {
    format!(
        r#"{{"type":"joined","room":"{room}","epoch":"{EPOCH}","position":{position},
        "complete":{complete},"members":1}}"#
    )
}

fn event(room: &str, position: u64, text: &str) -> String {
    event_of(EPOCH, room, position, text, None)
}

fn own(position: u64, text: &str, number: u8) -> String {
    event_of(EPOCH, "tea", position, text, Some(id(number)))
}

fn event_of(epoch: &str, room: &str, position: u64, text: &str, id: Option<Id>) -> String {
    let id = id.map(|id| format!(r#","id":"{id}""#)).unwrap_or_default();
    format!(
        r#"{{"type":"event","room":"{room}","position":{position},"epoch":"{epoch}","time_ms":0,
        "sender":{{"nick":"bob","session":"2"}},"kind":"said","text":"{text}"{id}}}"#
    )
}

fn error(reference: u64, code: &str) -> String {
    format!(r#"{{"ref":{reference},"type":"error","code":"{code}","message":"no: {code}"}}"#)
}

/// An output as one line.
fn display(output: &Output) -> String {
    match output {
        Output::Dial => "dial".to_owned(),
        Output::Hangup => "hangup".to_owned(),
        Output::Send(json) => format!("> {json}"),
        Output::Happened(happening) => match happening {
            Happening::State(State::Connecting { attempt }) => format!("connecting {attempt}"),
            Happening::State(State::Online(welcome)) => format!("online {}", welcome.nick),
            Happening::State(State::Offline { why, .. }) => format!("offline: {why}"),
            Happening::State(State::Ended { cause }) => format!("ended {cause:?}"),
            Happening::Received(sent) => display_received(sent),
            Happening::Outgoing(outgoing) => {
                let text = outgoing.text.as_str();
                match &outgoing.stage {
                    Stage::Waiting => format!("waiting {text}"),
                    Stage::Sent => format!("sent {text}"),
                    Stage::Kept { position } => format!("kept {text} at {position}"),
                    Stage::Refused(failure) => format!("refused {text}: {}", failure.message),
                }
            }
            Happening::Unanswered { reference, .. } => format!("unanswered {reference:?}"),
            Happening::Notice(notice) => notice.clone(),
        },
    }
}

fn display_received(message: &ServerMessage) -> String {
    if let Message::Event(event) = &message.message {
        let text = event.text.as_ref().map(Text::as_str).unwrap_or_default();
        return format!("{} {} {text}", event.room, event.position);
    }
    if let Message::Joined(joined) = &message.message {
        let how = if joined.complete { "on" } else { "anew" };
        return format!("{how} in {}", joined.room);
    }
    serde_json::to_string(&message.message).unwrap()
}
