//! Marks, counts and bells for messages that the user did not see arrive.

use std::time::Duration;

use teahouse_wire::api::Message;

use super::harness::{Harness, nick, text};
use crate::link::{Happening, State};
use crate::screen::{Effect, Input, Key, Press};

#[test]
fn messages_without_focus_are_marked_as_new_and_ring() {
    let mut harness = Harness::in_tea(60, 9);
    harness.receive_message(1, "bob", "before");
    harness.input(Input::Focus(false));
    harness.effects.clear();
    harness.receive_message(2, "bob", "are you there");
    harness.receive_message(3, "bob", "Ann?");
    harness.receive_message(4, "bob", "ann!");
    let rings = harness.effects.iter().filter(|effect| matches!(effect, Effect::Bell)).count();
    assert_eq!(rings, 1);
    let body = "Ann?".to_owned();
    assert!(harness.effects.contains(&Effect::Notify { title: "bob in #tea".to_owned(), body }));
    harness.input(Input::Focus(true));
    harness.check(&[
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
fn the_list_counts_unread_messages_and_mentions_in_other_rooms() {
    let mut harness = Harness::in_tea(80, 9);
    harness.receive_joined("lobby", 0);
    harness.receive_joined("茶室", 0);
    for position in 1..=12 {
        harness.receive_message_in("lobby", position, "bob", "ann: come");
        harness.receive_message_in("茶室", position, "bob", "来");
    }
    let from = nick("eva");
    harness.receive(Message::Told { time_ms: 0, from, text: text("psst") });
    harness.check(&[
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
fn messages_from_before_the_join_are_not_new() {
    let mut harness = Harness::in_tea(80, 6);
    harness.receive_joined("lobby", 2);
    harness.receive_message_in("lobby", 1, "bob", "ann?");
    harness.receive_message_in("lobby", 2, "bob", "ann!");
    assert!(!harness.effects.contains(&Effect::Bell));
    harness.check(&[
        " 茶馆 teahouse  │ #tea  tea and what goes with it",
        "▌#tea           │",
        " #lobby         │               nobody has said anything here yet",
        "                │",
        "─ ● ann ────────┴───────────────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn messages_missed_while_offline_are_new() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(1, "bob", "before");
    let (why, retry_in) = ("connection reset".to_owned(), Duration::from_secs(3));
    harness.link(Happening::State(State::Offline { why, retry_in }));
    harness.wait(1_000);
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        "",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  before",
        "─ ○ ann offline, again in 2 s: connection reset ── F1 help ─",
        "› |",
    ]);
    harness.connect();
    harness.receive_joined_as("tea", 3, true);
    harness.receive_message(2, "bob", "missed");
    harness.receive_message(3, "bob", "missed too");
    harness.check(&[
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
fn without_the_list_of_rooms_the_status_counts_unread_messages() {
    let mut harness = Harness::in_tea(40, 5);
    harness.receive_joined("milk", 0);
    harness.receive_message_in("milk", 1, "bob", "anyone here?");
    assert_eq!(harness.rows()[3], "─ ● ann ─ 1 new, Alt-A ─────── F1 help ─");
    harness.receive_message_in("milk", 2, "bob", "ann?");
    assert_eq!(harness.rows()[3], "─ ● ann ─ @1 of 2 new, Alt-A ─ F1 help ─");
    harness.press(Press::alt(Key::Char('a')));
    assert_eq!(harness.rows()[3], "─ ● ann ────────────────────── F1 help ─");
    // With the list of rooms, the status does not repeat the counts.
    let mut harness = Harness::in_tea(80, 5);
    harness.receive_joined("milk", 0);
    harness.receive_message_in("milk", 1, "bob", "anyone here?");
    assert!(!harness.rows()[3].contains("new"), "{:?}", harness.rows());
}
