//! What can be looked at besides the messages: the help, who is here, the rooms; on wide and narrow screens.

use teahouse_wire::api::{Message, Request};

use super::played::{Played, nick, room};
use crate::screen::{Effect, Input, Key, Mouse, MouseDoes, Press, Size};

#[test]
fn the_help_is_a_page_of_its_own_that_says_how_to_scroll_and_close_it() {
    let mut played = Played::in_tea(80, 10);
    played.key(Key::F(1));
    played.check(&[
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
    played.key(Key::PageDown);
    assert!(!played.rows()[1].contains("Reading"));
    played.key(Key::Esc);
    assert!(played.rows()[9].starts_with("› |"));
}

#[test]
fn the_help_can_be_read_on_a_narrow_screen_to_its_end() {
    let mut played = Played::in_tea(40, 10);
    played.key(Key::F(1));
    played.check(&[
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
        seen += &(played.rows()[1..8].join("\n") + "\n");
        played.key(Key::Down);
    }
    for verb in teahouse_wire::command::VERBS {
        assert!(seen.contains(&verb.usage()), "{}", verb.usage());
        let last = verb.help.split(' ').next_back().unwrap();
        assert!(seen.contains(last), "{last}");
    }
    let end = played.rows();
    assert!(end[7].contains("the line") || !end[7].is_empty(), "no empty rows: {end:#?}");
    played.key(Key::Up);
    assert_ne!(played.rows(), end, "one key up is one row up");
}

#[test]
fn what_lies_under_the_help_is_not_pressed() {
    let mut played = Played::in_tea(60, 8);
    played.said(1, "bob", "https://tea.example/ is a link");
    played.key(Key::F(1));
    for row in 0..7 {
        let mouse = Mouse { column: 25, row, does: MouseDoes::Press };
        played.input(Input::Mouse(mouse));
    }
    assert!(!played.effects.iter().any(|effect| matches!(effect, Effect::Open(_))));
}

#[test]
fn who_is_here_can_be_had_beside_the_messages_at_eighty_columns() {
    let mut played = Played::in_tea(80, 8);
    played.said(1, "bob", "good morning! 今天喝什么？");
    let reference = {
        played.press(Press::ctrl(Key::Char('l')));
        played.key(Key::F(3));
        played.type_in("/who\n");
        let mut asked = played.asked().into_iter().rev();
        asked.find(|(_, request)| matches!(request, Request::Who(_))).unwrap().0
    };
    let nicks = ["ann", "bob", "christopher_1", "christopher_2"].map(nick).to_vec();
    played.answer(
        reference,
        Message::Members { room: room("tea"), nicks, total: 40, page: 1, pages: 1 },
    );
    played.check(&[
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
    let mut played = Played::in_tea(30, 6);
    played.key(Key::F(3));
    assert_eq!(played.rows()[4], "─ too narrow for the members…─");
    let mut played = Played::in_tea(34, 6);
    played.key(Key::F(2));
    assert!(played.rows()[4].contains("too narrow for the rooms"), "{:?}", played.rows()[4]);
    let mut played = Played::begin(80, 6, super::played::setup());
    played.online();
    played.key(Key::F(3));
    assert!(played.rows()[4].contains("this is no room"), "{:?}", played.rows()[4]);
    // Once there is room for it, it is there.
    let mut played = Played::in_tea(30, 6);
    played.key(Key::F(3));
    played.input(Input::Resize(Size { columns: 60, rows: 6 }));
    assert!(played.rows()[0].ends_with("│ 3 here"), "{:?}", played.rows()[0]);
}
