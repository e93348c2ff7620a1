//! What is new: marks, counts and bells for what came while one looked elsewhere.

use std::time::Duration;

use teahouse_wire::api::Message;

use super::played::{Played, nick, text};
use crate::link::{Happening, State};
use crate::screen::{Effect, Input, Key, Press};

#[test]
fn what_came_while_nobody_looked_is_marked_and_rings() {
    let mut played = Played::in_tea(60, 9);
    played.said(1, "bob", "before");
    played.input(Input::Focus(false));
    played.effects.clear();
    played.said(2, "bob", "are you there");
    played.said(3, "bob", "Ann?");
    played.said(4, "bob", "ann!");
    let rings = played.effects.iter().filter(|effect| matches!(effect, Effect::Bell)).count();
    assert_eq!(rings, 1);
    let body = "Ann?".to_owned();
    assert!(played.effects.contains(&Effect::Notify { title: "bob in #tea".to_owned(), body }));
    played.input(Input::Focus(true));
    played.check(&[
        " #tea  tea and what goes with it",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  before",
        " ────────────────────────── new ───────────────────────────",
        " 10:02          bob  are you there",
        "▌10:03               Ann?",
        "▌10:04               ann!",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn other_rooms_count_what_is_unread_and_what_speaks_of_you() {
    let mut played = Played::in_tea(80, 9);
    played.joined("lobby", 0);
    played.joined("茶室", 0);
    for position in 1..=12 {
        played.said_in("lobby", position, "bob", "ann: come");
        played.said_in("茶室", position, "bob", "来");
    }
    let from = nick("eva");
    played.receive(Message::Told { time_ms: 0, from, text: text("psst") });
    played.check(&[
        " 茶馆 teahouse  │ #tea  tea and what goes with it",
        "▌#tea           │",
        " #lobby  @12 12 │",
        " #茶室       12 │",
        " @eva      @1 1 │               nobody has said anything here yet",
        "                │",
        "                │",
        "─ ● ann ────────┴───────────────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn what_was_said_before_one_came_is_no_news() {
    let mut played = Played::in_tea(80, 6);
    played.joined("lobby", 2);
    played.said_in("lobby", 1, "bob", "ann?");
    played.said_in("lobby", 2, "bob", "ann!");
    assert!(!played.effects.contains(&Effect::Bell));
    played.check(&[
        " 茶馆 teahouse  │ #tea  tea and what goes with it",
        "▌#tea           │",
        " #lobby         │               nobody has said anything here yet",
        "                │",
        "─ ● ann ────────┴───────────────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn what_was_missed_while_offline_is_new() {
    let mut played = Played::in_tea(60, 8);
    played.said(1, "bob", "before");
    let (why, retry_in) = ("connection reset".to_owned(), Duration::from_secs(3));
    played.link(Happening::State(State::Offline { why, retry_in }));
    played.wait(1_000);
    played.check(&[
        " #tea  tea and what goes with it",
        "",
        "",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  before",
        "─ ○ ann offline, again in 2 s: connection reset ── F1 help ─",
        "› |",
    ]);
    played.online();
    played.joined_as("tea", 3, true);
    played.said(2, "bob", "missed");
    played.said(3, "bob", "missed too");
    played.check(&[
        " #tea  tea and what goes with it",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  before",
        " ────────────────────────── new ───────────────────────────",
        " 10:02          bob  missed",
        " 10:03               missed too",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn where_the_rooms_are_not_on_the_screen_it_is_said_what_is_new_in_them() {
    let mut played = Played::in_tea(40, 5);
    played.joined("milk", 0);
    played.said_in("milk", 1, "bob", "anyone here?");
    assert_eq!(played.rows()[3], "─ ● ann ─ 1 new, Alt-A ─────── F1 help ─");
    played.said_in("milk", 2, "bob", "ann?");
    assert_eq!(played.rows()[3], "─ ● ann ─ @1 of 2 new, Alt-A ─ F1 help ─");
    played.press(Press::alt(Key::Char('a')));
    assert_eq!(played.rows()[3], "─ ● ann ────────────────────── F1 help ─");
    // Where they are, the list says it.
    let mut played = Played::in_tea(80, 5);
    played.joined("milk", 0);
    played.said_in("milk", 1, "bob", "anyone here?");
    assert!(!played.rows()[3].contains("new"), "{:?}", played.rows());
}
