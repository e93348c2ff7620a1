//! The exchange on a virtual wire: what the server sends and how late it is go in, what comes out is compared
//! line by line.

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

/// A link and the time on its wire.
struct Wire {
    link: Exchange,
    now: Duration,
}

impl Wire {
    fn new(start: Start) -> Self {
        Self { link: Exchange::new(Duration::ZERO, start), now: Duration::ZERO }
    }

    /// In `#tea`, of which nothing has been said.
    fn in_tea() -> Self {
        let mut wire = Self::new(Start { rooms: vec![(room("tea"), None)], ..start() });
        wire.open();
        wire.server(&welcome(false));
        wire.server(&joined("tea", 0, false));
        wire.out();
        wire
    }

    fn open(&mut self) {
        self.link.handle_opened(self.now);
    }

    fn server(&mut self, json: &str) {
        self.link.handle_text(self.now, json);
    }

    fn close(&mut self, code: Option<u16>, why: &str) {
        self.link.handle_closed(self.now, code, why);
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        self.link.handle_time(self.now);
    }

    /// Passes the time until something is due.
    fn pass_until_due(&mut self) {
        self.now = self.link.deadline().unwrap();
        self.link.handle_time(self.now);
    }

    /// Breaks, and is in the server again.
    fn reconnect(&mut self) {
        self.close(None, "cut");
        self.pass_until_due();
        self.open();
        self.out();
        self.server(&welcome(true));
    }

    fn say(&mut self, number: u8, words: &str) {
        self.link.say(self.now, id(number), &room("tea"), &text(words), false).unwrap();
    }

    fn out(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.link.poll_output()).map(|output| shown(&output)).collect()
    }

    #[track_caller]
    fn expect(&mut self, expected: &[&str]) {
        assert_eq!(self.out(), expected);
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

fn event(room: &str, position: u64, words: &str) -> String {
    event_of(EPOCH, room, position, words, None)
}

fn own(position: u64, words: &str, number: u8) -> String {
    event_of(EPOCH, "tea", position, words, Some(id(number)))
}

fn event_of(epoch: &str, room: &str, position: u64, words: &str, id: Option<Id>) -> String {
    let id = id.map(|id| format!(r#","id":"{id}""#)).unwrap_or_default();
    format!(
        r#"{{"type":"event","room":"{room}","position":{position},"epoch":"{epoch}","time_ms":0,
        "sender":{{"nick":"bob","session":"2"}},"kind":"said","text":"{words}"{id}}}"#
    )
}

fn error(reference: u64, code: &str) -> String {
    format!(r#"{{"ref":{reference},"type":"error","code":"{code}","message":"no: {code}"}}"#)
}

/// An output as one line.
fn shown(output: &Output) -> String {
    match output {
        Output::Dial => "dial".to_owned(),
        Output::Hangup => "hangup".to_owned(),
        Output::Send(json) => format!("> {json}"),
        Output::Happened(happening) => match happening {
            Happening::State(State::Connecting { attempt }) => format!("connecting {attempt}"),
            Happening::State(State::Online(welcome)) => format!("online {}", welcome.nick),
            Happening::State(State::Offline { why, .. }) => format!("offline: {why}"),
            Happening::State(State::Ended { cause }) => format!("ended {cause:?}"),
            Happening::Received(sent) => received(sent),
            Happening::Outgoing(outgoing) => {
                let words = outgoing.text.as_str();
                match &outgoing.stage {
                    Stage::Waiting => format!("waiting {words}"),
                    Stage::Sent => format!("sent {words}"),
                    Stage::Kept { position } => format!("kept {words} at {position}"),
                    Stage::Refused(failure) => format!("refused {words}: {}", failure.message),
                }
            }
            Happening::Unanswered { reference, .. } => format!("unanswered {reference:?}"),
            Happening::Notice(notice) => notice.clone(),
        },
    }
}

fn received(sent: &ServerMessage) -> String {
    if let Message::Event(event) = &sent.message {
        let words = event.text.as_ref().map(Text::as_str).unwrap_or_default();
        return format!("{} {} {words}", event.room, event.position);
    }
    if let Message::Joined(joined) = &sent.message {
        let how = if joined.complete { "on" } else { "anew" };
        return format!("{how} in {}", joined.room);
    }
    serde_json::to_string(&sent.message).unwrap()
}
