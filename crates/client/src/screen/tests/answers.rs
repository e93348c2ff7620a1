//! Answers of the server are visible wherever the user reads, and disappear when they are outdated.

use teahouse_core::Nick;
use teahouse_wire::api::{Code, Failure, Message, Request, Welcome};

use super::harness::{EPOCH, Harness, nick, numbered, room, setup};
use crate::link::{Happening, State};
use crate::screen::{Effect, Input, Key, Press, Size};

/// #tea with a hundred messages, scrolled up from its end.
fn scrolled_up(columns: u16, rows: u16) -> Harness {
    let mut harness = Harness::begin(columns, rows, setup());
    harness.connect();
    harness.receive_joined("tea", 100);
    for position in 91..=100 {
        harness.receive(Message::Event(numbered(position)));
    }
    harness.serve_history(100);
    harness.key(Key::PageUp);
    harness.serve_history(100);
    assert!(!harness.model.talk().is_at_end());
    harness
}

fn last_request(harness: &mut Harness, is_wanted: impl Fn(&Request) -> bool) -> u64 {
    let mut requests = harness.take_requests().into_iter().rev();
    requests.find(|(_, request)| is_wanted(request)).map(|(reference, _)| reference).unwrap()
}

fn welcome(name: &str, taken: Option<Nick>) -> State {
    State::Online(Welcome {
        nick: nick(name),
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
fn a_taken_nick_is_shown_below_earlier_messages_and_in_the_status() {
    let mut harness = Harness::begin(60, 8, setup());
    harness.link(Happening::State(welcome("guest19", Some(nick("bob")))));
    harness.receive_joined("tea", 20);
    for position in 1..=20 {
        harness.receive(Message::Event(numbered(position)));
    }
    harness.serve_history(20);
    let end = [
        " 10:20               message 20",
        " 10:00            !  bob is taken; you are guest19",
        "─ ● guest19, bob is taken ──────────────────────── F1 help ─",
        "› |",
    ];
    assert_eq!(harness.rows()[4..], end);
    // The notice stays until the user is renamed.
    harness.receive(Message::Renamed { from: nick("guest19"), to: nick("rob") });
    assert!(harness.rows()[6].starts_with("─ ● rob ──"), "{:?}", harness.rows());
}

#[test]
fn after_a_reconnect_a_taken_nick_is_shown_below_the_missed_messages() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(1, "bob", "before");
    harness.type_in("/help who\n");
    harness.now.time_ms += 60_000;
    harness.link(Happening::State(welcome("guest19", Some(nick("ann")))));
    harness.receive_joined_as("tea", 20, true);
    for position in 2..=20 {
        harness.receive(Message::Event(numbered(position)));
    }
    let rows = harness.rows();
    assert!(rows[5].ends_with("!  ann is taken; you are guest19"), "{rows:#?}");
    assert!(rows[4].ends_with("message 20"), "{rows:#?}");
}

#[test]
fn an_answer_is_shown_over_the_older_messages_that_are_read() {
    let mut harness = scrolled_up(60, 12);
    let above = harness.rows();
    harness.type_in("/who\n");
    let reference = last_request(&mut harness, |request| matches!(request, Request::Who(_)));
    let nicks = ["ann", "bob", "小明"].map(nick).to_vec();
    let members = Message::Members { room: room("tea"), nicks, total: 3, page: 1, pages: 1 };
    harness.answer(reference, members);
    assert_eq!(harness.rows()[9], " · 3 here: ann, bob, 小明");
    harness.type_in("/topic\n");
    let reference = last_request(&mut harness, |request| matches!(request, Request::Topic(_)));
    harness.answer(reference, Message::Topic { room: room("tea"), topic: None });
    let rows = harness.rows();
    assert_eq!(rows[1..8], above[1..8]);
    assert_eq!(
        rows[8..10],
        ["─ answers; Esc closes ──────────────────────────────────────", " · #tea: no topic"]
    );
    // The first Esc closes the answer; the second goes to the end, where the answer stands among the messages.
    harness.key(Key::Esc);
    assert_eq!(harness.rows()[1..10], above[1..10]);
    harness.key(Key::Esc);
    assert!(harness.rows()[9].ends_with("·  #tea: no topic"), "{:#?}", harness.rows());
}

#[test]
fn an_error_is_shown_over_the_messages_and_on_a_small_screen_in_the_status() {
    let failure = |harness: &mut Harness| {
        harness.type_in("/ignore carl\n");
        let reference = last_request(harness, |request| matches!(request, Request::Ignore(_)));
        let message = "nobody is called carl".to_owned();
        let failure = Failure { code: Code::NotFound, message, field: None, id: None };
        harness.answer(reference, Message::Error(failure));
    };
    let mut harness = scrolled_up(60, 12);
    failure(&mut harness);
    assert_eq!(harness.rows()[9], " ! nobody is called carl");
    harness.input(Input::Resize(Size { columns: 60, rows: 4 }));
    failure(&mut harness);
    assert!(harness.rows()[2].contains("nobody is called carl"), "{:#?}", harness.rows());
}

#[test]
fn a_long_answer_covers_at_most_half_of_the_messages() {
    let mut harness = scrolled_up(40, 14);
    let above = harness.rows();
    let names = (0..80).map(|number| nick(&format!("guest{number}"))).collect();
    harness.type_in("/who\n");
    let reference = last_request(&mut harness, |request| matches!(request, Request::Who(_)));
    let members =
        Message::Members { room: room("tea"), nicks: names, total: 80, page: 1, pages: 1 };
    harness.answer(reference, members);
    let rows = harness.rows();
    assert_eq!(rows[1..7], above[1..7]);
    assert_eq!(rows[7], "─ answers, 17 more rows; Esc closes ────");
    assert_eq!(rows[8], " · 80 here: guest0, guest1, guest2,");
    assert_eq!(rows[9], " │ guest3, guest4, guest5, guest6,");
}

#[test]
fn a_short_answer_is_shown_whole_on_a_small_screen() {
    let mut harness = scrolled_up(24, 8);
    harness.type_in("/who\n");
    let reference = last_request(&mut harness, |request| matches!(request, Request::Who(_)));
    let nicks = ["ann", "bob", "carl", "dora"].map(nick).to_vec();
    let members = Message::Members { room: room("tea"), nicks, total: 4, page: 1, pages: 1 };
    harness.answer(reference, members);
    let rows = harness.rows();
    assert_eq!(rows[3..6], ["─ answers; Esc closes ──", " · 4 here: ann, bob,", " │ carl, dora"]);
}

#[test]
fn narrow_screens_too_show_that_the_user_does_not_read_at_the_end() {
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
        let mut harness = scrolled_up(columns, 10);
        assert_eq!(harness.rows()[8], nothing_new);
        harness.receive(Message::Event(numbered(101)));
        assert_eq!(harness.rows()[8], news);
    }
}

#[test]
fn questions_and_prompts_are_shown_whole_on_narrow_screens_too() {
    for (columns, question, prompt) in [
        (
            70,
            "send these 6 lines? y: send, any other key: back to them",
            "search #tea (Tab: where, Enter: search, Esc: back)",
        ),
        (40, "send 6 lines? y: yes, else no", "search #tea (Tab: where)"),
        (24, "send 6 lines? y/n", "search #tea"),
    ] {
        let mut harness = Harness::in_tea(columns, 10);
        harness.ctrl('f');
        let status = |harness: &mut Harness| {
            let rows = harness.rows();
            rows.into_iter().rfind(|row| row.starts_with('─')).unwrap()
        };
        assert!(status(&mut harness).starts_with(&format!("─ {prompt} ─")), "{columns}");
        harness.key(Key::Esc);
        harness.input(Input::Paste("a\nb\nc\nd\ne\nf".to_owned()));
        harness.key(Key::Enter);
        assert!(status(&mut harness).starts_with(&format!("─ {question} ─")), "{columns}");
    }
}

#[test]
fn a_notice_too_long_for_the_status_line_is_shown_whole_above_it() {
    let mut harness = Harness::in_tea(40, 8);
    harness.receive_message(1, "bob", "see https://tea.example/ and\nhttps://tea.example/2");
    let before = harness.rows();
    harness.type_in("/msg bob! hello\n");
    let rows = harness.rows();
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
    // A click on the panel does not open a hidden link.
    for row in 3..6 {
        for column in 0..40 {
            let does = crate::screen::MouseDoes::Press;
            harness.input(Input::Mouse(crate::screen::Mouse { column, row, does }));
        }
    }
    assert!(!harness.effects.iter().any(|effect| matches!(effect, Effect::Open(_))));
    harness.ctrl('u');
    harness.wait(5_000);
    assert_eq!(harness.rows(), before);
}

#[test]
fn an_error_disappears_with_the_next_action() {
    let mut harness = Harness::in_tea(60, 6);
    harness.type_in("/jion x\n");
    assert!(harness.rows()[4].contains("there is no /jion"));
    harness.ctrl('u');
    assert!(
        harness.rows()[4].contains("there is no /jion"),
        "it stays while the line is corrected"
    );
    harness.type_in("hello\n");
    assert!(harness.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
    assert_eq!(harness.rows()[4], "─ ● ann ────────────────────────────────────────── F1 help ─");
    harness.type_in("/jion x\n");
    harness.ctrl('u');
    harness.press(Press::of(Key::F(1)));
    harness.key(Key::Esc);
    assert!(!harness.rows()[4].contains("/jion"));
}

#[test]
fn an_error_of_a_hidden_room_is_shown_in_the_status() {
    let mut harness = Harness::in_tea(80, 8);
    harness.receive_joined("lobby", 0);
    harness.press(Press::alt(Key::Char('2')));
    let failure = Failure {
        code: Code::TooFast,
        message: "too fast".to_owned(),
        field: None,
        id: Some(teahouse_wire::api::Id([1; 16])),
    };
    harness.report_outgoing(1, "hello", crate::link::Stage::Refused(failure));
    assert!(harness.rows()[6].contains("tea: not sent: too fast"), "{:#?}", harness.rows());
}
