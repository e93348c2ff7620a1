//! Own messages: their progress, and refused texts.

use teahouse_wire::api::{Code, Failure, Id, Message, Request};

use super::harness::{Harness, event};
use crate::link::{Happening, Stage, State};
use crate::screen::{Effect, Input, LineHappening, Server, Setup};

fn refusal() -> Stage {
    let message = "too fast; try again in 3 s".to_owned();
    Stage::Refused(Failure { code: Code::TooFast, message, field: None, id: None })
}

#[test]
fn a_pending_message_shows_its_progress() {
    let mut harness = Harness::in_tea(60, 8);
    harness.type_in("one\n");
    harness.report_outgoing(1, "one", Stage::Waiting);
    harness.report_outgoing(2, "two", Stage::Waiting);
    harness.report_outgoing(1, "one", Stage::Sent);
    harness.receive_message(1, "bob", "others come before");
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  others come before",
        "     ·          ann  one",
        "     …               two",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
    let mut kept = event("tea", 2, "ann", "one");
    kept.id = Some(Id([1; 16]));
    harness.receive(Message::Event(kept));
    harness.report_outgoing(1, "one", Stage::Kept { position: 2 });
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  others come before",
        " 10:02          ann  one",
        "     …               two",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn a_refused_text_comes_back_into_an_empty_line() {
    let mut harness = Harness::in_tea(60, 6);
    harness.type_in("hello\n");
    harness.report_outgoing(1, "hello", Stage::Sent);
    harness.report_outgoing(1, "hello", refusal());
    harness.check(&[
        " #tea  tea and what goes with it",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        "     !          ann  hello",
        " 10:00            !  not sent: too fast; try again in 3 s",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› hello|",
    ]);
}

#[test]
fn a_refused_text_does_not_change_a_line_that_is_being_typed() {
    let mut harness = Harness::in_tea(60, 6);
    harness.type_in("hello\nnext");
    harness.report_outgoing(1, "hello", Stage::Sent);
    harness.report_outgoing(1, "hello", refusal());
    assert_eq!(harness.line(), "next|");
    harness.ctrl('u');
    harness.key(crate::screen::Key::Up);
    assert_eq!(harness.line(), "hello|");
}

#[test]
fn while_offline_messages_wait() {
    let mut harness = Harness::in_tea(70, 6);
    harness.link(Happening::State(State::Connecting { attempt: 2 }));
    harness.type_in("later\n");
    assert!(harness.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
    harness.report_outgoing(1, "later", Stage::Waiting);
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ───────────────────── Monday, 23 November 2026 ─────────────────────",
        "     …          ann  later",
        "─ ◌ ann connecting … ─────────────────────────── 1 waiting ─ F1 help ─",
        "› |",
    ]);
}

#[test]
fn pending_messages_take_the_nick_of_the_welcome() {
    let mut harness = Harness::begin(50, 6, super::harness::setup());
    harness.report_outgoing(1, "one", Stage::Waiting);
    harness.report_outgoing(2, "two", Stage::Waiting);
    harness.connect();
    harness.receive_joined("tea", 0);
    harness.answer_history(&[], 0);
    harness.check(&[
        " #tea  tea and what goes with it",
        " ─────────── Monday, 23 November 2026 ───────────",
        "     … ann: one",
        "     … ann: two",
        "─ ● ann ──────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn commands_are_executed_and_errors_are_shown() {
    let mut harness = Harness::in_tea(70, 6);
    harness.type_in("/jion x\n");
    assert_eq!(harness.line(), "/jion x|");
    assert!(harness.rows()[4].contains("did you mean /join?"), "{:?}", harness.rows());
    harness.ctrl('u');
    harness.type_in("/me pours tea\n");
    let acted = |effect: &Effect| matches!(effect, Effect::Say { acted: true, .. });
    assert!(harness.effects.iter().any(acted));
    harness.type_in("/nick anna\n");
    assert!(harness.take_requests().iter().any(|(_, request)| matches!(request, Request::Nick(_))));
}

#[test]
fn private_messages_have_a_conversation_of_their_own() {
    let mut harness = Harness::in_tea(80, 7);
    harness.type_in("/msg eva 你好\n");
    let requests = harness.take_requests();
    let tell = requests.iter().find(|(_, request)| matches!(request, Request::Tell(_))).unwrap();
    harness.check(&[
        " 茶馆 teahouse  │ @eva  in private; not kept by the house",
        " #tea           │",
        "▌@eva           │",
        "                │ ───────────────── Monday, 23 November 2026 ──────────────────",
        "                │     ·          ann  你好",
        "─ ● ann ────────┴───────────────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
    let message = "there is nobody called eva".to_owned();
    let failure = Failure { code: Code::NoSuchNick, message, field: None, id: None };
    harness.answer(tell.0, Message::Error(failure));
    harness.check(&[
        " 茶馆 teahouse  │ @eva  in private; not kept by the house",
        " #tea           │ ───────────────── Monday, 23 November 2026 ──────────────────",
        "▌@eva           │     !          ann  你好",
        "                │ 10:00            !  not delivered: there is nobody called eva",
        "                │                     (↑ brings it back)",
        "─ ● ann ────────┴───────────────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn room_names_the_current_room_and_refuses_one_not_joined() {
    let mut harness = Harness::in_tea(60, 6);
    harness.receive_joined("cake", 0);
    harness.type_in("/room\n");
    assert!(
        harness.rows()[3].ends_with("·  you speak in #tea; also in #cake"),
        "{:#?}",
        harness.rows()
    );
    harness.effects.clear();
    harness.type_in("/room go\n");
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:00            ·  you speak in #tea; also in #cake",
        "─ ● ann ─ you are not in #go; /join #go first ──── F1 help ─",
        "› /room go|",
    ]);
    assert!(!harness.effects.iter().any(|effect| matches!(effect, Effect::Join(_))));
    harness.ctrl('u');
    harness.type_in("/room cake\n");
    assert!(harness.rows()[0].starts_with(" #cake"), "{:?}", harness.rows());
}

#[test]
fn a_line_server_receives_and_sends_lines() {
    let server = Server::Line("localhost:5000".to_owned());
    let mut harness = Harness::begin(60, 8, Setup { server, ..super::harness::setup() });
    harness.input(Input::Line(LineHappening::Connected("localhost:5000".to_owned())));
    harness.input(Input::Line(LineHappening::Received("<127.0.0.1:4000> 你好".to_owned())));
    harness.type_in("/nick ann\nhalf");
    assert!(harness.effects.contains(&Effect::SendLine("/nick ann".to_owned())));
    harness.input(Input::Line(LineHappening::Ended("Disconnected from chat server".to_owned())));
    harness.check(&[
        " localhost:5000  plain lines",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:00 · connected to localhost:5000",
        "         <127.0.0.1:4000> 你好",
        "       you: /nick ann",
        "       ! Disconnected from chat server. Ctrl-D leaves.",
        "─ ○ not connected ──────────────────────────────── F1 help ─",
        "› half|",
    ]);
    assert_eq!(harness.line(), "half|");
}
