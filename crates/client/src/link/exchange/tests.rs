//! The exchange on a virtual wire: what the house sends and how late it is go in, what comes out is compared
//! line by line.

mod model;

use std::time::Duration;

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{Code, Id, Message, Place, Request, Rooms, Seat, Sent, Tell};

use super::{Exchange, Output, Start, Unsent};
use crate::link::limits::{
    ANSWER_TIMEOUT, ASKS_MAX, OUTBOX_BYTES_MAX, OUTBOX_MESSAGES_MAX, TOO_FAST_PAUSE,
};
use crate::link::{AskError, Happening, SayError, Stage, State};

const EPOCH: &str = "0123456789abcdef";
/// What is told when a room does not go on where we were.
const OTHER_HISTORY: &str = "the history of #tea was changed, as when a server is brought back from a copy: \
    what was shown before may be gone from it";
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
        seat: SEAT.parse().unwrap(),
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
        wire.house(&welcome(false));
        wire.house(&joined("tea", 0, false));
        wire.out();
        wire
    }

    fn open(&mut self) {
        self.link.handle_opened(self.now);
    }

    fn house(&mut self, json: &str) {
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

    /// Breaks, and is in the house again.
    fn reconnect(&mut self) {
        self.close(None, "cut");
        self.pass_until_due();
        self.open();
        self.out();
        self.house(&welcome(true));
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

fn received(sent: &Sent) -> String {
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

#[test]
fn it_dials_says_hello_enters_its_rooms_and_tells_what_is_said() {
    let seen = Some(Place { epoch: EPOCH.parse().unwrap(), position: 17, time_ms: Some(7) });
    let mut wire =
        Wire::new(Start { rooms: vec![(room("tea"), seen), (room("go"), None)], ..start() });
    wire.expect(&["connecting 1", "dial"]);
    wire.open();
    wire.expect(&[&format!(r#"> {{"ref":3,"op":"hello","nick":"ann","seat":"{SEAT}"}}"#)]);
    wire.house(&welcome(false));
    wire.expect(&[
        "online ann",
        &format!(
            r#"> {{"ref":1,"op":"join","room":"tea","after":{{"epoch":"{EPOCH}","position":17,"time_ms":7}}}}"#
        ),
        r#"> {"ref":2,"op":"join","room":"go"}"#,
    ]);
    wire.house(&joined("tea", 18, true));
    wire.house(&event("tea", 18, "hi"));
    wire.house(&event("go", 1, "not in there yet"));
    wire.expect(&["on in #tea", "#tea 18 hi"]);
}

#[test]
fn without_a_room_it_enters_the_first_room_of_the_house() {
    let mut wire = Wire::new(start());
    wire.open();
    wire.out();
    wire.house(&welcome(false));
    wire.expect(&["online ann", r#"> {"ref":2,"op":"join","room":"lobby"}"#]);
}

#[test]
fn after_a_break_it_goes_on_where_it_was_and_tells_nothing_twice() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "one"));
    wire.house(&event("tea", 2, "two"));
    wire.close(None, "cut");
    wire.expect(&["#tea 1 one", "#tea 2 two", "offline: cut"]);
    wire.pass_until_due();
    wire.expect(&["connecting 1", "dial"]);
    wire.open();
    wire.out();
    wire.house(&welcome(true));
    wire.expect(&[
        "online ann",
        &format!(
            r#"> {{"ref":1,"op":"join","room":"tea","after":{{"epoch":"{EPOCH}","position":2,"time_ms":0}}}}"#
        ),
    ]);
    wire.house(&joined("tea", 3, true));
    for (position, words) in [(1, "one"), (2, "two"), (3, "three"), (4, "four")] {
        wire.house(&event("tea", position, words));
    }
    wire.expect(&["on in #tea", "#tea 3 three", "#tea 4 four"]);
}

#[test]
fn where_the_house_cannot_go_on_the_room_begins_anew() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "one"));
    wire.reconnect();
    wire.out();
    wire.house(&joined("tea", 40, false));
    wire.house(&event("tea", 39, "later"));
    wire.house(&event("tea", 40, "much later"));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 39 later", "#tea 40 much later"]);
    // A house that lost its last events, and says nothing of it.
    wire.reconnect();
    wire.out();
    wire.house(&joined("tea", 7, true));
    wire.house(&event("tea", 7, "seven"));
    wire.house(&event("tea", 8, "eight"));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 7 seven", "#tea 8 eight"]);
}

#[test]
fn another_history_is_not_taken_for_ours() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "one"));
    wire.reconnect();
    wire.out();
    let other = "0000000000000001";
    wire.house(&joined("tea", 1, true).replace(EPOCH, other));
    wire.house(&event_of(other, "tea", 1, "uno", None));
    wire.expect(&["anew in #tea", OTHER_HISTORY, "#tea 1 uno"]);
    wire.house(&event("tea", 2, "two"));
    wire.expect(&["hangup", "offline: #tea has another history"]);
}

#[test]
fn a_hole_is_not_passed_over_but_resumed_before_it() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "one"));
    wire.house(&event("tea", 3, "three"));
    wire.house(&event("tea", 4, "four"));
    wire.expect(&[
        "#tea 1 one",
        "hangup",
        "offline: #tea went from event 1 to 3, which leaves a gap",
    ]);
    wire.pass_until_due();
    wire.open();
    wire.out();
    wire.house(&welcome(true));
    assert!(wire.out()[1].contains(r#""position":1,"#));
}

#[test]
fn a_hole_that_the_house_has_again_is_told_and_not_asked_for_for_ever() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "one"));
    wire.house(&event("tea", 4, "four"));
    assert!(wire.out().contains(&"hangup".to_owned()));
    wire.pass_until_due();
    wire.open();
    wire.house(&welcome(true));
    wire.house(&joined("tea", 5, true));
    wire.out();
    wire.house(&event("tea", 4, "four"));
    wire.house(&event("tea", 5, "five"));
    wire.expect(&["messages 2 to 3 of #tea are gone", "#tea 4 four", "#tea 5 five"]);
    // Another hole is another matter.
    wire.house(&event("tea", 9, "nine"));
    assert!(wire.out().contains(&"hangup".to_owned()));
}

#[test]
fn while_somebody_is_ignored_the_holes_are_theirs() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "one"));
    wire.house(r#"{"type":"ignoring","nicks":["eve"]}"#);
    wire.house(&event("tea", 3, "three"));
    wire.house(r#"{"type":"ignoring","nicks":[]}"#);
    wire.out();
    wire.house(&event("tea", 6, "six"));
    wire.expect(&["#tea 6 six"]);
    wire.house(&event("tea", 8, "eight"));
    assert!(wire.out().contains(&"hangup".to_owned()));
}

#[test]
fn a_message_waits_is_sent_and_is_kept_when_the_house_shows_it() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    let say = format!(r#"> {{"ref":3,"op":"say","room":"tea","text":"hi","id":"{}"}}"#, id(7));
    wire.expect(&["waiting hi", &say, "sent hi", "waiting there"]);
    wire.house(&own(1, "hi", 7));
    let then = format!(r#"> {{"ref":4,"op":"say","room":"tea","text":"there","id":"{}"}}"#, id(8));
    wire.expect(&["#tea 1 hi", "kept hi at 1", &then, "sent there"]);
    assert_eq!(wire.link.outbox().map(|unsent| unsent.id).collect::<Vec<_>>(), [id(8)]);
}

#[test]
fn what_was_not_acknowledged_is_sent_again_under_the_same_id_once_we_are_in_the_room() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.close(None, "cut");
    wire.expect(&["offline: cut", "waiting hi"]);
    wire.say(8, "there");
    wire.expect(&["waiting there"]);
    wire.pass_until_due();
    wire.open();
    wire.house(&welcome(true));
    assert!(!wire.out().iter().any(|line| line.contains("say")), "not in the room yet");
    wire.house(&joined("tea", 1, true));
    let say = format!(r#"> {{"ref":5,"op":"say","room":"tea","text":"hi","id":"{}"}}"#, id(7));
    wire.expect(&["on in #tea", &say, "sent hi"]);
    let duplicate =
        format!(r#"{{"ref":5,"type":"duplicate","room":"tea","position":1,"id":"{}"}}"#, id(7));
    wire.house(&duplicate);
    let out = wire.out();
    assert_eq!(out[0], "kept hi at 1");
    assert_eq!(out[2], "sent there");
}

#[test]
fn too_fast_is_tried_again_in_order_after_a_pause_and_other_refusals_give_the_text_back() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    wire.out();
    wire.house(&error(3, "too_fast"));
    wire.expect(&["waiting hi"]);
    assert_eq!(wire.link.deadline(), Some(wire.now + TOO_FAST_PAUSE));
    wire.pass(TOO_FAST_PAUSE / 2);
    wire.expect(&[]);
    wire.pass(TOO_FAST_PAUSE / 2);
    assert_eq!(wire.out()[1], "sent hi");
    wire.house(&error(4, "bad_text"));
    let out = wire.out();
    assert_eq!(out[0], "refused hi: no: bad_text");
    assert_eq!(out[2], "sent there");
}

#[test]
fn a_room_that_cannot_be_entered_gives_back_what_waits_for_it_unless_it_was_only_haste() {
    let mut wire = Wire::in_tea();
    wire.link.join(wire.now, &room("tae"));
    wire.link.say(wire.now, id(1), &room("tae"), &text("hi"), false).unwrap();
    wire.expect(&[r#"> {"ref":3,"op":"join","room":"tae"}"#, "waiting hi"]);
    wire.house(&error(3, "too_fast"));
    wire.expect(&[]);
    wire.pass(TOO_FAST_PAUSE);
    wire.expect(&[r#"> {"ref":3,"op":"join","room":"tae"}"#]);
    wire.house(&error(3, "room_looks_like"));
    let out = wire.out();
    assert_eq!(out[0], "refused hi: no: room_looks_like");
    assert!(out[1].contains("room_looks_like"));
    let again = wire.link.say(wire.now, id(2), &room("tae"), &text("hi"), false);
    assert_eq!(again, Err(SayError::NotInRoom { room: room("tae") }));
}

#[test]
fn who_leaves_gets_back_what_was_not_sent_and_is_not_in_the_room_after_a_break() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.say(8, "there");
    wire.out();
    wire.link.leave(wire.now, &room("tea"));
    wire.expect(&[
        "refused there: #tea was left before this was kept; join it and say it again",
        r#"> {"ref":4,"op":"leave","room":"tea"}"#,
    ]);
    wire.house(&own(1, "hi", 7));
    wire.expect(&["#tea 1 hi", "kept hi at 1"]);
    wire.house(r#"{"ref":4,"type":"left","room":"tea"}"#);
    wire.expect(&[r#"{"type":"left","room":"tea"}"#]);
    wire.reconnect();
    wire.expect(&["online ann"]);
}

#[test]
fn in_again_before_out_was_answered_goes_on_where_it_was() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "one"));
    wire.link.leave(wire.now, &room("tea"));
    wire.link.join(wire.now, &room("tea"));
    wire.out();
    wire.house(&event("tea", 2, "two"));
    wire.house(r#"{"ref":3,"type":"left","room":"tea"}"#);
    wire.house(&joined("tea", 2, true));
    wire.house(&event("tea", 2, "two"));
    wire.house(&event("tea", 3, "three"));
    let out = wire.out();
    assert_eq!(out[0], "#tea 2 two");
    assert_eq!(out[2..], ["on in #tea", "#tea 3 three"]);
}

#[test]
fn answers_carry_the_reference_of_the_asking_and_questions_wait_for_a_connection() {
    let mut wire = Wire::new(start());
    let reference = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.open();
    wire.house(&welcome(false));
    assert_eq!(wire.out().last().unwrap(), r#"> {"ref":1,"op":"rooms"}"#);
    wire.house(r#"{"ref":1,"type":"rooms","rooms":[],"total":0,"page":1,"pages":1}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(reference));
}

#[test]
fn a_question_is_asked_again_after_a_break_and_a_deed_is_said_to_be_unanswered() {
    let mut wire = Wire::in_tea();
    let tell = Tell { nick: Nick::parse("bob").unwrap(), text: text("psst") };
    wire.link.ask(wire.now, Request::Tell(tell)).unwrap();
    wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.out();
    wire.close(None, "cut");
    wire.expect(&["offline: cut", "unanswered Number(3)"]);
    wire.pass_until_due();
    wire.open();
    wire.house(&welcome(true));
    assert_eq!(wire.out().last().unwrap(), r#"> {"ref":4,"op":"rooms"}"#);
}

#[test]
fn a_house_that_does_not_answer_or_falls_silent_is_given_up() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.pass(ANSWER_TIMEOUT - Duration::from_secs(1));
    wire.link.handle_heard(wire.now);
    wire.expect(&[]);
    wire.pass(Duration::from_secs(1));
    wire.expect(&["hangup", "offline: the server does not answer", "waiting hi"]);

    let mut wire = Wire::in_tea();
    wire.pass(Duration::from_secs(59));
    wire.link.handle_heard(wire.now);
    wire.pass(Duration::from_secs(59));
    wire.expect(&[]);
    wire.pass(Duration::from_secs(1));
    wire.expect(&["hangup", "offline: the server fell silent"]);
}

#[test]
fn a_server_that_never_connects_or_never_says_welcome_is_tried_again() {
    let mut wire = Wire::new(start());
    wire.out();
    wire.pass_until_due();
    wire.expect(&["hangup", "offline: no connection in time"]);
    wire.pass_until_due();
    wire.expect(&["connecting 2", "dial"]);
    wire.open();
    wire.out();
    wire.pass_until_due();
    wire.expect(&["hangup", "offline: the server did not say welcome; is it a Teahouse?"]);
}

#[test]
fn it_ends_when_the_house_says_so_and_comes_back_otherwise() {
    let bye = |cause: &str, reconnect: bool| {
        format!(r#"{{"type":"bye","cause":"{cause}","reconnect":{reconnect}}}"#)
    };
    let mut wire = Wire::in_tea();
    wire.house(&bye("replaced", false));
    wire.close(Some(1000), "");
    wire.expect(&["hangup", "ended Some(Replaced)"]);
    assert_eq!(wire.link.deadline(), None);

    let mut wire = Wire::in_tea();
    wire.house(&bye("closing", true));
    wire.close(Some(1001), "");
    wire.expect(&["hangup", "offline: the house is closing"]);

    let mut wire = Wire::in_tea();
    wire.close(Some(1000), "");
    wire.expect(&["hangup", "ended None"]);

    let mut wire = Wire::in_tea();
    wire.close(Some(1011), "oops");
    wire.expect(&["offline: oops"]);
}

#[test]
fn who_says_bye_is_gone_when_the_house_has_heard_it_or_soon_after() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.link.bye(wire.now);
    wire.expect(&[r#"> {"ref":4,"op":"bye"}"#]);
    let late = wire.link.say(wire.now, id(9), &room("tea"), &text("late"), false);
    assert_eq!(late, Err(SayError::Ended));
    wire.house(&own(1, "hi", 7));
    wire.house(r#"{"ref":4,"type":"bye","cause":"quit","reconnect":false}"#);
    wire.expect(&["#tea 1 hi", "kept hi at 1", "hangup", "ended Some(Quit)"]);

    let mut wire = Wire::in_tea();
    wire.link.bye(wire.now);
    wire.out();
    wire.pass_until_due();
    wire.expect(&["hangup", "ended None"]);
}

#[test]
fn what_is_too_much_is_refused_with_the_limit_and_nothing_of_it_is_said() {
    let mut wire = Wire::new(Start { rooms: vec![(room("tea"), None)], ..start() });
    let mut say = |number: usize, words: &Text| {
        let id = Id(u128::try_from(number).unwrap().to_le_bytes());
        wire.link.say(wire.now, id, &room("tea"), words, false)
    };
    (0..OUTBOX_MESSAGES_MAX).for_each(|number| say(number, &text("x")).unwrap());
    let full = SayError::TooManyWaiting { max: OUTBOX_MESSAGES_MAX };
    assert_eq!(say(OUTBOX_MESSAGES_MAX, &text("x")), Err(full));
    assert_eq!(wire.link.outbox().count(), OUTBOX_MESSAGES_MAX);

    let mut wire = Wire::new(Start { rooms: vec![(room("tea"), None)], ..start() });
    let long = text(&"x".repeat(16 * 1024));
    let mut say = |number: u8| wire.link.say(wire.now, id(number), &room("tea"), &long, false);
    (0..64).for_each(|number| say(number).unwrap());
    assert_eq!(say(64), Err(SayError::TooMuchWaiting { max: OUTBOX_BYTES_MAX }));

    let rooms = || Request::Rooms(Rooms { page: 1 });
    (0..ASKS_MAX).for_each(|_| drop(wire.link.ask(wire.now, rooms()).unwrap()));
    let full = AskError::TooManyWaiting { max: ASKS_MAX };
    assert_eq!(wire.link.ask(wire.now, rooms()), Err(full));
}

#[test]
fn what_a_newer_house_says_is_passed_over_and_nonsense_is_not_listened_to() {
    let mut wire = Wire::in_tea();
    wire.house(r#"{"type":"fireworks","colour":7}"#);
    wire.house(r#"{"type":"notice","text":"hi","since":"tomorrow"}"#);
    wire.expect(&[r#"{"type":"notice","text":"hi"}"#]);
    wire.house(r#"{"type":"event","room":7}"#);
    let out = wire.out();
    assert_eq!(out[0], "hangup");
    assert!(out[1].starts_with("offline: the server sent what this client does not understand"));
}

#[test]
fn a_value_that_a_newer_house_added_to_any_list_breaks_nothing_and_keeps_the_position() {
    let mut wire = Wire::in_tea();
    let newer = event("tea", 1, "+1").replace(r#""said""#, r#""reacted""#);
    wire.house(&newer);
    for change in [
        r#""change":"beckoned","nick":"bob","how":{"loud":1}"#,
        r#""change":"offline","nick":"bob","cause":"banned""#,
    ] {
        wire.house(&format!(r#"{{"type":"presence","room":"tea",{change}}}"#));
    }
    wire.say(7, "hi");
    wire.house(&error(3, "moderated"));
    wire.house(r#"{"type":"poll","ref":3,"room":"tea","position":9}"#);
    wire.house(&event("tea", 2, "two"));
    let out = wire.out();
    assert!(!out.contains(&"hangup".to_owned()), "{out:?}");
    assert_eq!(out.first().unwrap(), "#tea 1 +1");
    assert!(out.contains(&"refused hi: no: moderated".to_owned()), "{out:?}");
    assert_eq!(out.last().unwrap(), "#tea 2 two");

    wire.house(r#"{"type":"bye","cause":"moved","reconnect":true}"#);
    wire.expect(&["hangup", "offline: the server ended the connection"]);
    wire.pass_until_due();
    wire.open();
    wire.house(&welcome(true));
    assert!(wire.out().iter().any(|line| line.contains(r#""position":2,"time_ms":0}"#)));
    wire.house(r#"{"type":"bye","cause":"moved","reconnect":false}"#);
    wire.expect(&["hangup", "ended Some(Unknown)"]);
}

#[test]
fn what_this_client_cannot_take_is_told_and_does_not_come_again() {
    let mut wire = Wire::in_tea();
    let strange = |position| event("tea", position, "hi").replace(r#""bob""#, r#""a b""#);
    wire.house(&strange(1));
    let out = wire.out();
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].starts_with("message 1 of #tea is of a kind that this client cannot show: "));
    wire.house(&event("tea", 2, "two"));
    wire.house(&strange(2));
    wire.expect(&["#tea 2 two"]);

    let asked = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.out();
    wire.house(r#"{"ref":3,"type":"rooms","rooms":[{"name":"a b","members":1}],"total":1,"page":1,"pages":1}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(asked));
    assert!(matches!(sent.message, Message::Error(failure) if failure.code == Code::Unknown));
    wire.pass(ANSWER_TIMEOUT);
    wire.expect(&[]);
}

#[test]
fn a_room_at_the_last_of_all_positions_is_a_room_like_others() {
    let mut wire = Wire::in_tea();
    wire.link.join(wire.now, &"den".parse().unwrap());
    wire.out();
    wire.house(&joined("den", u64::MAX, false));
    wire.out();
    wire.house(&event("den", u64::MAX, "last"));
    wire.house(&event("den", u64::MAX, "last"));
    wire.house(&event("den", 0, "first"));
    let last = format!("#den {} last", u64::MAX);
    wire.expect(&[&last]);
}

#[test]
fn a_field_in_a_form_that_this_client_does_not_know_hides_no_other() {
    let mut wire = Wire::in_tea();
    wire.house(&event("tea", 1, "hi").replace(r#""time_ms":0"#, r#""time_ms":"noon""#));
    let out = wire.out();
    assert_eq!(out.len(), 1, "{out:?}");
    assert!(out[0].starts_with("message 1 of #tea is of a kind that this client cannot show: "));
    wire.house(&event("tea", 2, "two"));
    wire.expect(&["#tea 2 two"]);

    for odd in [
        r#"{"type":"presence","room":"two words","change":"entered","nick":"bob"}"#,
        r#"{"type":"left","ref":[1],"room":"tea","epoch":7,"position":"top","time_ms":{}}"#,
    ] {
        wire.house(odd);
        let out = wire.out();
        assert!(!out.contains(&"hangup".to_owned()), "{odd}: {out:?}");
    }
}

#[test]
fn an_answer_of_a_kind_that_this_client_does_not_know_ends_the_wait_for_it() {
    let mut wire = Wire::in_tea();
    wire.say(7, "hi");
    wire.out();
    wire.house(r#"{"type":"held","ref":3,"room":"tea"}"#);
    let unknown =
        "the house answers in a way that this client does not know; it may be done or not";
    wire.expect(&[&format!("refused hi: {unknown}")]);
    let asked = wire.link.ask(wire.now, Request::Rooms(Rooms { page: 1 })).unwrap();
    wire.out();
    wire.house(r#"{"type":"atlas","ref":4}"#);
    let Some(Output::Happened(Happening::Received(sent))) = wire.link.poll_output() else {
        panic!("an answer");
    };
    assert_eq!(sent.reference, Some(asked));
    assert!(matches!(sent.message, Message::Error(failure) if failure.message == unknown));
    wire.link.join(wire.now, &"den".parse().unwrap());
    wire.out();
    wire.house(r#"{"type":"lobbied","ref":5,"room":"den"}"#);
    wire.out();
    wire.pass(ANSWER_TIMEOUT);
    wire.expect(&[]);
}

#[test]
fn rooms_that_a_server_invents_are_not_kept() {
    let mut wire = Wire::in_tea();
    for number in 0..1000 {
        wire.house(&joined(&format!("room{number}"), 0, false));
        wire.house(&event(&format!("room{number}"), 1, "hi"));
        let presence = r#""change":"entered","nick":"bob""#;
        wire.house(&format!(r#"{{"type":"presence","room":"room{number}",{presence}}}"#));
    }
    wire.expect(&[]);
    assert_eq!(wire.link.rooms().count(), 1);
}

#[test]
fn a_program_begun_anew_sends_what_the_one_before_could_not() {
    let unsent = Unsent { id: id(7), room: room("tea"), text: text("hi"), acted: false };
    let mut wire = Wire::new(Start { outbox: vec![unsent], ..start() });
    wire.expect(&["waiting hi", "connecting 1", "dial"]);
    wire.open();
    wire.house(&welcome(true));
    let out = wire.out();
    assert!(out.iter().any(|line| line.contains(r#""op":"ignore"}"#)), "who is ignored?");
    assert!(out.iter().any(|line| line.contains(r#""op":"join","room":"tea"}"#)));
    wire.house(&joined("tea", 0, false));
    assert_eq!(wire.out().last().unwrap(), "sent hi");
}

#[test]
fn a_new_nick_is_the_wish_of_the_next_connection() {
    let mut wire = Wire::in_tea();
    wire.house(r#"{"type":"renamed","from":"ann","to":"anna"}"#);
    wire.close(None, "cut");
    wire.pass_until_due();
    wire.open();
    assert!(wire.out().last().unwrap().contains(r#""nick":"anna""#));
    assert_eq!(wire.link.nick().map(Nick::as_str), Some("anna"));
}

#[test]
fn nothing_that_a_server_says_acts_on_a_terminal() {
    let mut wire = Wire::in_tea();
    wire.house(r#"{"type":"notice","text":"\u001b[2Jgone\nforged"}"#);
    let error = r#"{"ref":99,"type":"error","code":"forbidden","message":"\u009b2J\u202e"}"#;
    wire.house(error);
    wire.close(None, "\u{7}bell");
    wire.expect(&[
        "{\"type\":\"notice\",\"text\":\"\u{fffd}[2Jgone forged\"}",
        "{\"type\":\"error\",\"code\":\"forbidden\",\"message\":\"\u{fffd}2J\"}",
        "offline: \u{fffd}bell",
    ]);
}

#[test]
fn a_seat_is_a_secret_that_stays() {
    let wire = Wire::in_tea();
    assert_eq!(wire.link.seat(), SEAT.parse::<Seat>().unwrap());
}
