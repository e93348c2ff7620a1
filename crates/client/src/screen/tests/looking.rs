//! The help, the members and the rooms, on wide and narrow screens.

use teahouse_wire::api::{Message, Request};

use super::harness::{Harness, nick, room};
use crate::screen::{Effect, Input, Key, Mouse, MouseDoes, Press, Size};

#[test]
fn the_help_is_a_page_that_shows_how_to_scroll_and_close_it() {
    let mut harness = Harness::in_tea(80, 10);
    harness.key(Key::F(1));
    harness.check(&[
        "| Help  ↑ ↓ PgUp PgDn scroll, Esc closes                          100 rows below",
        " Reading",
        "   PgUp                          older messages, without end",
        "   PgDn                          newer messages",
        "   Shift-↑                       some rows up",
        "   Shift-↓                       some rows down",
        "   Ctrl-End, Alt-End             to the newest message",
        "   Ctrl-F, F4                    search, and go to what was found",
        "─ ● ann ────────────────────────────────────────────────────────────── F1 help ─",
        "›",
    ]);
    harness.key(Key::PageDown);
    assert!(!harness.rows()[1].contains("Reading"));
    harness.key(Key::Esc);
    assert!(harness.rows()[9].starts_with("› |"));
}

#[test]
fn the_help_can_be_read_on_a_narrow_screen_to_its_end() {
    let mut harness = Harness::in_tea(40, 10);
    harness.key(Key::F(1));
    harness.check(&[
        "| Help  ↑ ↓ PgUp PgDn scroll, Esc closes",
        " Reading",
        "   PgUp            older messages,",
        "                   without end",
        "   PgDn            newer messages",
        "   Shift-↑         some rows up",
        "   Shift-↓         some rows down",
        "   Ctrl-End, Alt-End",
        "─ ● ann ────────────────────── F1 help ─",
        "›",
    ]);
    let mut seen = String::new();
    for _ in 0..200 {
        seen += &(harness.rows()[1..8].join("\n") + "\n");
        harness.key(Key::Down);
    }
    for verb in teahouse_wire::command::VERBS {
        assert!(seen.contains(&verb.usage()), "{}", verb.usage());
        let last = verb.help.split(' ').next_back().unwrap();
        assert!(seen.contains(last), "{last}");
    }
    let end = harness.rows();
    assert!(end[7].contains("the line") || !end[7].is_empty(), "no empty rows: {end:#?}");
    harness.key(Key::Up);
    assert_ne!(harness.rows(), end, "one key up is one row up");
}

#[test]
fn a_click_on_the_help_does_not_reach_the_messages() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(1, "bob", "https://tea.example/ is a link");
    harness.key(Key::F(1));
    for row in 0..7 {
        let mouse = Mouse { column: 25, row, does: MouseDoes::Press };
        harness.input(Input::Mouse(mouse));
    }
    assert!(!harness.effects.iter().any(|effect| matches!(effect, Effect::Open(_))));
}

#[test]
fn members_fit_beside_the_messages_at_eighty_columns() {
    let mut harness = Harness::in_tea(80, 8);
    harness.receive_message(1, "bob", "good morning! 今天喝什么？");
    let reference = {
        harness.press(Press::ctrl(Key::Char('l')));
        harness.key(Key::F(3));
        harness.type_in("/who\n");
        let mut requests = harness.take_requests().into_iter().rev();
        requests.find(|(_, request)| matches!(request, Request::Who(_))).unwrap().0
    };
    let nicks = ["ann", "bob", "christopher_1", "christopher_2"].map(nick).to_vec();
    harness.answer(
        reference,
        Message::Members { room: room("tea"), nicks, total: 40, page: 1, pages: 1 },
    );
    harness.check(&[
        " 茶馆 teahouse  │ #tea  tea and what goes with it                    │ 40 here",
        "▌#tea           │                                                    │ ann",
        "                │ ──────────── Monday, 23 November 2026 ──────────── │ bob",
        "                │ 10:01          bob  good morning! 今天喝什么？     │ christo",
        "                │                  ·  40 here: ann, bob,             │   pher_1",
        "                │                     christopher_1, christopher_2   │ … 37 more",
        "─ ● ann ────────┴────────────────────────────────────────────────────┴ F1 help ─",
        "› |",
    ]);
}

#[test]
fn a_key_that_can_show_nothing_says_why() {
    let mut harness = Harness::in_tea(30, 6);
    harness.key(Key::F(3));
    assert_eq!(harness.rows()[4], "─ too narrow for the members…─");
    let mut harness = Harness::in_tea(34, 6);
    harness.key(Key::F(2));
    assert!(harness.rows()[4].contains("too narrow for the rooms"), "{:?}", harness.rows()[4]);
    let mut harness = Harness::begin(80, 6, super::harness::setup());
    harness.connect();
    harness.key(Key::F(3));
    assert!(harness.rows()[4].contains("this is no room"), "{:?}", harness.rows()[4]);
    // It appears as soon as there is room for it.
    let mut harness = Harness::in_tea(30, 6);
    harness.key(Key::F(3));
    harness.input(Input::Resize(Size { columns: 60, rows: 6 }));
    assert!(harness.rows()[0].ends_with("│ 3 here"), "{:?}", harness.rows()[0]);
}
