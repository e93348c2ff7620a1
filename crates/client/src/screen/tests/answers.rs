//! What the server answers is seen, wherever one reads, and goes when it is no news any more.

use teahouse_core::Nick;
use teahouse_wire::api::{Code, Failure, Message, Request, Welcome};

use super::played::{EPOCH, Played, nick, numbered, room, setup};
use crate::link::{Happening, State};
use crate::screen::{Effect, Input, Key, Press, Size};

/// #tea with a hundred messages, read above its end.
fn reading(columns: u16, rows: u16) -> Played {
    let mut played = Played::begin(columns, rows, setup());
    played.online();
    played.joined("tea", 100);
    for position in 91..=100 {
        played.receive(Message::Event(numbered(position)));
    }
    played.serve_history(100);
    played.key(Key::PageUp);
    played.serve_history(100);
    assert!(!played.model.talk().is_at_end());
    played
}

fn asked(played: &mut Played, wanted: impl Fn(&Request) -> bool) -> u64 {
    let mut asked = played.asked().into_iter().rev();
    asked.find(|(_, request)| wanted(request)).map(|(reference, _)| reference).unwrap()
}

fn welcome(as_whom: &str, taken: Option<Nick>) -> State {
    State::Online(Welcome {
        nick: nick(as_whom),
        taken,
        resumed: false,
        session: "1".to_owned(),
        epoch: EPOCH,
        server: "test".to_owned(),
        first_room: room("tea"),
        ping_s: 20,
        grace_s: 30,
    })
}

#[test]
fn that_a_nick_is_taken_stands_below_what_was_said_before_and_in_the_status() {
    let mut played = Played::begin(60, 8, setup());
    played.link(Happening::State(welcome("guest19", Some(nick("bob")))));
    played.joined("tea", 20);
    for position in 1..=20 {
        played.receive(Message::Event(numbered(position)));
    }
    played.serve_history(20);
    let end = [
        " 10:20               message 20",
        " 10:00            !  bob is taken; you are guest19",
        "─ ● guest19, bob is taken ──────────────────────── F1 help ─",
        "› |",
    ];
    assert_eq!(played.rows()[4..], end);
    // Until one is called something else.
    played.receive(Message::Renamed { from: nick("guest19"), to: nick("rob") });
    assert!(played.rows()[6].starts_with("─ ● rob ──"), "{:?}", played.rows());
}

#[test]
fn after_a_break_it_stands_below_what_was_missed() {
    let mut played = Played::in_tea(60, 8);
    played.said(1, "bob", "before");
    played.type_in("/help who\n");
    played.now.time_ms += 60_000;
    played.link(Happening::State(welcome("guest19", Some(nick("ann")))));
    played.joined_as("tea", 20, true);
    for position in 2..=20 {
        played.receive(Message::Event(numbered(position)));
    }
    let rows = played.rows();
    assert!(rows[5].ends_with("!  ann is taken; you are guest19"), "{rows:#?}");
    assert!(rows[4].ends_with("message 20"), "{rows:#?}");
}

#[test]
fn what_is_answered_while_older_messages_are_read_is_shown_over_them() {
    let mut played = reading(60, 12);
    let above = played.rows();
    played.type_in("/who\n");
    let reference = asked(&mut played, |request| matches!(request, Request::Who(_)));
    let nicks = ["ann", "bob", "小明"].map(nick).to_vec();
    let members = Message::Members { room: room("tea"), nicks, total: 3, page: 1, pages: 1 };
    played.answer(reference, members);
    assert_eq!(played.rows()[9], " · 3 here: ann, bob, 小明");
    played.type_in("/topic\n");
    let reference = asked(&mut played, |request| matches!(request, Request::Topic(_)));
    played.answer(reference, Message::Topic { room: room("tea"), topic: None });
    let rows = played.rows();
    assert_eq!(rows[1..8], above[1..8]);
    assert_eq!(
        rows[8..10],
        ["─ answers; Esc closes ──────────────────────────────────────", " · #tea: no topic"]
    );
    // It is closed first; then one goes to the newest, where it stands among the messages.
    played.key(Key::Esc);
    assert_eq!(played.rows()[1..10], above[1..10]);
    played.key(Key::Esc);
    assert!(played.rows()[9].ends_with("·  #tea: no topic"), "{:#?}", played.rows());
}

#[test]
fn an_error_is_shown_too_on_a_small_screen_in_the_status() {
    let failure = |played: &mut Played| {
        played.type_in("/ignore carl\n");
        let reference = asked(played, |request| matches!(request, Request::Ignore(_)));
        let message = "nobody is called carl".to_owned();
        let failure = Failure { code: Code::NotFound, message, field: None, id: None };
        played.answer(reference, Message::Error(failure));
    };
    let mut played = reading(60, 12);
    failure(&mut played);
    assert_eq!(played.rows()[9], " ! nobody is called carl");
    played.input(Input::Resize(Size { columns: 60, rows: 4 }));
    failure(&mut played);
    assert!(played.rows()[2].contains("nobody is called carl"), "{:#?}", played.rows());
}

#[test]
fn a_long_answer_leaves_half_of_what_is_read() {
    let mut played = reading(40, 14);
    let above = played.rows();
    let names = (0..80).map(|number| nick(&format!("guest{number}"))).collect();
    played.type_in("/who\n");
    let reference = asked(&mut played, |request| matches!(request, Request::Who(_)));
    let members =
        Message::Members { room: room("tea"), nicks: names, total: 80, page: 1, pages: 1 };
    played.answer(reference, members);
    let rows = played.rows();
    assert_eq!(rows[1..7], above[1..7]);
    assert_eq!(rows[7], "─ answers, 17 more rows; Esc closes ────");
    assert_eq!(rows[8], " · 80 here: guest0, guest1, guest2,");
    assert_eq!(rows[9], " │ guest3, guest4, guest5, guest6,");
}

#[test]
fn a_short_answer_is_seen_whole_on_a_small_screen() {
    let mut played = reading(24, 8);
    played.type_in("/who\n");
    let reference = asked(&mut played, |request| matches!(request, Request::Who(_)));
    let nicks = ["ann", "bob", "carl", "dora"].map(nick).to_vec();
    let members = Message::Members { room: room("tea"), nicks, total: 4, page: 1, pages: 1 };
    played.answer(reference, members);
    let rows = played.rows();
    assert_eq!(rows[3..6], ["─ answers; Esc closes ──", " · 4 here: ann, bob,", " │ carl, dora"]);
}

#[test]
fn that_one_does_not_read_at_the_end_is_seen_on_narrow_screens_too() {
    for (columns, nothing_new, news) in [
        (
            60,
            "─ ● ann ─────────────────── ↓ Esc: to the newest ─ F1 help ─",
            "─ ● ann ────────────────── ↓ 1 new, Esc: to them ─ F1 help ─",
        ),
        (
            40,
            "─ ● ann ──────────────────────── ↓ Esc ─",
            "─ ● ann ───────────────── ↓ 1 new, Esc ─",
        ),
        (24, "─ ● ann ──────── ↓ Esc ─", "─ ● ann ─ ↓ 1 new, Esc ─"),
    ] {
        let mut played = reading(columns, 10);
        assert_eq!(played.rows()[8], nothing_new);
        played.receive(Message::Event(numbered(101)));
        assert_eq!(played.rows()[8], news);
    }
}

#[test]
fn what_is_asked_is_seen_whole_on_narrow_screens_too() {
    for (columns, question, prompt) in [
        (
            70,
            "send these 6 lines? y: send, any other key: back to them",
            "search #tea (Tab: where, Enter: search, Esc: back)",
        ),
        (40, "send 6 lines? y: yes, else no", "search #tea (Tab: where)"),
        (24, "send 6 lines? y/n", "search #tea"),
    ] {
        let mut played = Played::in_tea(columns, 10);
        played.ctrl('f');
        let status = |played: &mut Played| {
            let rows = played.rows();
            rows.into_iter().rfind(|row| row.starts_with('─')).unwrap()
        };
        assert!(status(&mut played).starts_with(&format!("─ {prompt} ─")), "{columns}");
        played.key(Key::Esc);
        played.input(Input::Paste("a\nb\nc\nd\ne\nf".to_owned()));
        played.key(Key::Enter);
        assert!(status(&mut played).starts_with(&format!("─ {question} ─")), "{columns}");
    }
}

#[test]
fn what_is_too_long_for_the_status_line_is_seen_whole_above_it() {
    let mut played = Played::in_tea(40, 8);
    played.said(1, "bob", "see https://tea.example/ and\nhttps://tea.example/2");
    let before = played.rows();
    played.type_in("/msg bob! hello\n");
    let rows = played.rows();
    assert_eq!(
        rows[3..],
        [
            "────────────────────────────────────────",
            " · \"bob!\" is no name: '!' cannot be in",
            " │ a name",
            "─ ● ann ────────────────────── F1 help ─",
            "› /msg bob! hello|",
        ]
    );
    // No link is opened that cannot be seen.
    for row in 3..6 {
        for column in 0..40 {
            let does = crate::screen::MouseDoes::Press;
            played.input(Input::Mouse(crate::screen::Mouse { column, row, does }));
        }
    }
    assert!(!played.effects.iter().any(|effect| matches!(effect, Effect::Open(_))));
    played.ctrl('u');
    played.wait(5_000);
    assert_eq!(played.rows(), before);
}

#[test]
fn what_could_not_be_done_is_no_news_once_something_else_is() {
    let mut played = Played::in_tea(60, 6);
    played.type_in("/jion x\n");
    assert!(played.rows()[4].contains("there is no /jion"));
    played.ctrl('u');
    assert!(played.rows()[4].contains("there is no /jion"), "it can be read while it is mended");
    played.type_in("hello\n");
    assert!(played.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
    assert_eq!(played.rows()[4], "─ ● ann ────────────────────────────────────────── F1 help ─");
    played.type_in("/jion x\n");
    played.ctrl('u');
    played.press(Press::of(Key::F(1)));
    played.key(Key::Esc);
    assert!(!played.rows()[4].contains("/jion"));
}

#[test]
fn what_goes_wrong_in_a_room_that_is_not_shown_is_told_where_one_is() {
    let mut played = Played::in_tea(80, 8);
    played.joined("lobby", 0);
    played.press(Press::alt(Key::Char('2')));
    let failure = Failure {
        code: Code::TooFast,
        message: "too fast".to_owned(),
        field: None,
        id: Some(teahouse_wire::api::Id([1; 16])),
    };
    played.outgoing(1, "hello", crate::link::Stage::Refused(failure));
    assert!(played.rows()[6].contains("tea: not sent: too fast"), "{:#?}", played.rows());
}
