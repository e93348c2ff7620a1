//! Our own messages: how far they have come, and what comes back.

use teahouse_wire::api::{Code, Failure, Id, Message, Request};

use super::played::{Played, event};
use crate::link::{Happening, Stage, State};
use crate::screen::{Effect, Input, LineHappening, Server, Setup};

fn refused() -> Stage {
    let message = "too fast; try again in 3 s".to_owned();
    Stage::Refused(Failure { code: Code::TooFast, message, field: None, id: None })
}

#[test]
fn a_message_shows_how_far_it_has_come() {
    let mut played = Played::in_tea(60, 8);
    played.type_in("one\n");
    played.outgoing(1, "one", Stage::Waiting);
    played.outgoing(2, "two", Stage::Waiting);
    played.outgoing(1, "one", Stage::Sent);
    played.said(1, "bob", "others come before");
    played.check(&[
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
    played.receive(Message::Event(kept));
    played.outgoing(1, "one", Stage::Kept { position: 2 });
    played.check(&[
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
fn refused_text_comes_back_into_an_empty_line() {
    let mut played = Played::in_tea(60, 6);
    played.type_in("hello\n");
    played.outgoing(1, "hello", Stage::Sent);
    played.outgoing(1, "hello", refused());
    played.check(&[
        " #tea  tea and what goes with it",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        "     !          ann  hello",
        " 10:00            !  not sent: too fast; try again in 3 s",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› hello|",
    ]);
}

#[test]
fn refused_text_leaves_a_line_that_is_being_typed_alone() {
    let mut played = Played::in_tea(60, 6);
    played.type_in("hello\nnext");
    played.outgoing(1, "hello", Stage::Sent);
    played.outgoing(1, "hello", refused());
    assert_eq!(played.line(), "next|");
    played.ctrl('u');
    played.key(crate::screen::Key::Up);
    assert_eq!(played.line(), "hello|");
}

#[test]
fn while_offline_messages_wait() {
    let mut played = Played::in_tea(70, 6);
    played.link(Happening::State(State::Connecting { attempt: 2 }));
    played.type_in("later\n");
    assert!(played.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
    played.outgoing(1, "later", Stage::Waiting);
    played.check(&[
        " #tea  tea and what goes with it",
        "",
        " ───────────────────── Monday, 23 November 2026 ─────────────────────",
        "     …          ann  later",
        "─ ◌ ann connecting … ─────────────────────────── 1 waiting ─ F1 help ─",
        "› |",
    ]);
}

#[test]
fn what_waits_before_the_server_is_reached_is_said_under_the_nick_it_gives() {
    let mut played = Played::begin(50, 6, super::played::setup());
    played.outgoing(1, "one", Stage::Waiting);
    played.outgoing(2, "two", Stage::Waiting);
    played.online();
    played.joined("tea", 0);
    played.answer_history(&[], 0);
    played.check(&[
        " #tea  tea and what goes with it",
        " ─────────── Monday, 23 November 2026 ───────────",
        "     … ann: one",
        "     … ann: two",
        "─ ● ann ──────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn commands_are_done_and_what_is_wrong_is_said() {
    let mut played = Played::in_tea(70, 6);
    played.type_in("/jion x\n");
    assert_eq!(played.line(), "/jion x|");
    assert!(played.rows()[4].contains("did you mean /join?"), "{:?}", played.rows());
    played.ctrl('u');
    played.type_in("/me pours tea\n");
    let acted = |effect: &Effect| matches!(effect, Effect::Say { acted: true, .. });
    assert!(played.effects.iter().any(acted));
    played.type_in("/nick anna\n");
    assert!(played.asked().iter().any(|(_, request)| matches!(request, Request::Nick(_))));
}

#[test]
fn what_is_told_in_private_has_a_place_of_its_own() {
    let mut played = Played::in_tea(80, 7);
    played.type_in("/msg eva 你好\n");
    let asked = played.asked();
    let tell = asked.iter().find(|(_, request)| matches!(request, Request::Tell(_))).unwrap();
    played.check(&[
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
    played.answer(tell.0, Message::Error(failure));
    played.check(&[
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
fn room_says_where_one_is_and_turns_to_no_room_that_one_is_not_in() {
    let mut played = Played::in_tea(60, 6);
    played.joined("cake", 0);
    played.type_in("/room\n");
    assert!(
        played.rows()[3].ends_with("·  you speak in #tea; also in #cake"),
        "{:#?}",
        played.rows()
    );
    played.effects.clear();
    played.type_in("/room go\n");
    played.check(&[
        " #tea  tea and what goes with it",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:00            ·  you speak in #tea; also in #cake",
        "─ ● ann ─ you are not in #go; /join #go first ──── F1 help ─",
        "› /room go|",
    ]);
    assert!(!played.effects.iter().any(|effect| matches!(effect, Effect::Join(_))));
    played.ctrl('u');
    played.type_in("/room cake\n");
    assert!(played.rows()[0].starts_with(" #cake"), "{:?}", played.rows());
}

#[test]
fn a_line_server_gets_lines_and_gives_lines() {
    let server = Server::Line("localhost:5000".to_owned());
    let mut played = Played::begin(60, 8, Setup { server, ..super::played::setup() });
    played.input(Input::Line(LineHappening::Connected("localhost:5000".to_owned())));
    played.input(Input::Line(LineHappening::Received("<127.0.0.1:4000> 你好".to_owned())));
    played.type_in("/nick ann\nhalf");
    assert!(played.effects.contains(&Effect::SendLine("/nick ann".to_owned())));
    played.input(Input::Line(LineHappening::Ended("Disconnected from chat server".to_owned())));
    played.check(&[
        " localhost:5000  plain lines",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:00 · connected to localhost:5000",
        "         <127.0.0.1:4000> 你好",
        "       you: /nick ann",
        "       ! Disconnected from chat server. Ctrl-D leaves.",
        "─ ○ not connected ──────────────────────────────── F1 help ─",
        "› half|",
    ]);
    assert_eq!(played.line(), "half|");
}
