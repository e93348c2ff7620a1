//! How received events are shown.

use teahouse_wire::api::{Cause, Change, Event, HistoryPage, Kind, Message};

use super::harness::{EPOCH, Harness, event, nick, room, setup, text};
use crate::link::{Happening, State};
use crate::screen::model::entry::What;
use crate::screen::{Effect, Key};

#[test]
fn the_user_can_type_before_anything_is_received() {
    let mut harness = Harness::begin(40, 6, setup());
    harness.type_in("hi");
    harness.check(&[" teahouse", "", "", "", "─ ◌ connecting … ───────────── F1 help ─", "› hi|"]);
}

#[test]
fn messages_stand_in_columns_above_the_line() {
    let mut harness = Harness::in_tea(110, 12);
    harness.receive_message(1, "bob", "hello ann, 你好");
    harness.receive_message(2, "小明", "お茶 👩\u{200D}👩\u{200D}👧 がぎ ❤\u{FE0F} e\u{301}, and a text that is too long for one row");
    let mut acted = event("tea", 3, "bob", "pours");
    acted.kind = Kind::Acted;
    harness.receive(Message::Event(acted));
    harness.receive_message(4, "ann", "thanks");
    harness.type_in("更多茶");
    harness.check(&[
        " 茶馆 teahouse  │ #tea  tea and what goes with it                                            │ 3 here",
        "▌#tea           │                                                                            │",
        "                │                                                                            │",
        "                │                                                                            │",
        "                │ ──────────────────────── Monday, 23 November 2026 ──────────────────────── │",
        "                │▌10:01          bob  hello ann, 你好                                        │",
        "                │ 10:02         小明  お茶 👩\u{200d}👩\u{200d}👧 がぎ ❤\u{fe0f} é, and a text that is too long for one │",
        "                │                     row                                                    │",
        "                │ 10:03            *  bob pours                                              │",
        "                │ 10:04          ann  thanks                                                 │",
        "─ ● ann ────────┴────────────────────────────────────────────────────────────────────────────┴────── F1 help ─",
        "› 更多茶|",
    ]);
}

#[test]
fn a_narrow_screen_has_neither_rooms_nor_columns() {
    let mut harness = Harness::in_tea(36, 9);
    harness.receive_message(1, "bob", "hello ann, 你好");
    harness.receive_message(2, "小明", "お茶をどうぞ、大家都来喝茶吧");
    harness.type_in("ok");
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        "",
        " ──── Monday, 23 November 2026 ────",
        "▌10:01 bob: hello ann, 你好",
        " 10:02 小明: お茶をどうぞ、大家都来",
        "       │ 喝茶吧",
        "─ ● ann ────────────────── F1 help ─",
        "› ok|",
    ]);
}

#[test]
fn on_a_tiny_screen_a_long_nick_has_a_row_of_its_own() {
    let mut harness = Harness::in_tea(14, 5);
    harness.receive_message(1, "alexandra", "dinner?");
    harness.receive_message(2, "小红", "no");
    harness.check(&[" alexandra:", " │ dinner?", " 小红: no", "─ ● ann ──────", "› |"]);
}

#[test]
fn tabs_become_spaces_and_zero_width_characters_vanish() {
    let mut harness = Harness::in_tea(60, 5);
    harness.receive_message(1, "bob", "a\tb\u{200b}c d");
    harness.check(&[
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  a       bc d",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn own_messages_are_recognised_after_a_rename() {
    let mut harness = Harness::in_tea(60, 5);
    let mut own = event("tea", 1, "ann", "I was ann");
    own.sender.session = "1".to_owned();
    harness.receive(Message::Renamed { from: nick("ann"), to: nick("anna") });
    harness.receive(Message::Event(own));
    let entries = harness.model.talk().window.entries();
    let is_own = |what: &What| matches!(what, What::Message(message) if message.is_own);
    assert!(entries.last().is_some_and(|entry| is_own(&entry.what)));
}

#[test]
fn own_messages_are_recognised_by_id_and_not_by_nick() {
    let own = teahouse_wire::api::Id([7; 16]);
    let setup = crate::screen::Setup { rooms: vec![room("tea")], own: vec![own], ..setup() };
    let mut harness = Harness::begin(60, 8, setup);
    harness.connect();
    harness.receive_joined("tea", 3);
    let mut mine = event("tea", 1, "ann", "said yesterday");
    mine.id = Some(own);
    harness.receive(Message::Event(mine));
    harness.receive(Message::Event(event("tea", 2, "ann", "said by a visitor called ann")));
    // Before a restart, the server had given our session's number to another session.
    let mut earlier = event("tea", 3, "bob", "said by another session of this number");
    earlier.sender.session = "1".to_owned();
    harness.receive(Message::Event(earlier));
    let entries = harness.model.talk().window.entries();
    let is_own: Vec<bool> = entries
        .filter_map(|entry| match &entry.what {
            What::Message(message) => Some(message.is_own),
            What::Presence(_) | What::Notice(_) => None,
        })
        .collect();
    assert_eq!(is_own, [true, false, false]);
}

#[test]
fn days_are_separated() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(1, "bob", "tonight?");
    harness.receive_message(1_000, "bob", "morning");
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  tonight?",
        " ─────────────── Tuesday, 24 November 2026 ────────────────",
        " 02:40          bob  morning",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn presence_changes_are_folded_into_one_line() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(1, "bob", "hello");
    for who in ["carl", "dora", "小红"] {
        harness.receive_presence(Change::Entered { nick: nick(who) });
    }
    harness.receive_presence(Change::Offline { nick: nick("carl"), cause: Cause::Lost });
    harness.receive_presence(Change::Renamed { from: nick("bob"), to: nick("rob") });
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  hello",
        "                  ⇄  dora, 小红 came · carl came and left ·",
        "                     bob is rob now",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn a_typing_person_is_shown_for_a_while() {
    let mut harness = Harness::in_tea(60, 4);
    harness.receive_presence(Change::Typing { nick: nick("小明") });
    assert!(harness.rows()[2].contains("小明 is typing"), "{:?}", harness.rows());
    let wake_at = harness.model.wake_at().unwrap();
    harness.wait(wake_at - harness.now.since_start_ms);
    assert!(!harness.rows()[2].contains("typing"));
    assert_eq!(harness.model.wake_at(), None);
}

#[test]
fn the_reason_of_a_closed_connection_is_shown() {
    let mut harness = Harness::in_tea(60, 5);
    harness.link(Happening::State(State::Ended { cause: Some(Cause::Replaced) }));
    harness.check(&[
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:00            !  you came back on another connection.",
        "                     Ctrl-D leaves.",
        "─ ○ ann not connected ──────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn a_requested_room_is_shown_when_it_is_joined() {
    let mut harness = Harness::in_tea(80, 6);
    harness.type_in("/join 茶室\n");
    assert!(harness.effects.contains(&Effect::Join(room("茶室"))));
    harness.receive_joined("茶室", 0);
    harness.type_in("/leave\n");
    assert!(harness.effects.contains(&Effect::Leave(room("茶室"))));
    harness.check(&[
        " 茶馆 teahouse  │ #茶室  tea and what goes with it",
        " #tea           │",
        "▌#茶室          │                               …",
        "                │",
        "─ ● ann ────────┴───────────────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
    harness.receive(Message::Left { room: room("茶室") });
    assert!(harness.rows()[0].contains("#tea"));
}

#[test]
fn the_draft_of_a_closed_room_can_be_put_back() {
    let mut harness = Harness::in_tea(80, 6);
    harness.receive_joined("lobby", 0);
    harness.type_in("half a line");
    harness.receive(Message::Left { room: room("tea") });
    assert!(harness.rows()[0].contains("#lobby"));
    assert_eq!(harness.line(), "|");
    harness.ctrl('y');
    assert_eq!(harness.line(), "half a line|");
}

#[test]
fn a_person_who_takes_a_free_nick_is_shown_as_entering() {
    let mut harness = Harness::in_tea(60, 7);
    harness.receive_presence(Change::Renamed { from: nick("dora"), to: nick("eva") });
    harness.receive_presence(Change::Entered { nick: nick("dora") });
    let rows = harness.rows();
    let words = ["⇄  dora is eva now", "⇄  dora came"];
    assert!(rows[3].ends_with(words[0]) && rows[4].ends_with(words[1]), "{rows:#?}");
}

#[test]
fn notices_before_the_first_room_move_into_it() {
    let mut harness = Harness::begin(60, 7, setup());
    harness.link(Happening::Notice("another client is connected".to_owned()));
    harness.connect();
    harness.receive_joined("tea", 20);
    let events: Vec<_> = (1..=20).map(super::harness::numbered).collect();
    harness.answer_history(&events, 20);
    harness.receive_message(21, "bob", "after");
    harness.check(&[
        " #tea  tea and what goes with it",
        " 10:19          bob  message 19",
        " 10:20               message 20",
        " 10:00            ·  another client is connected",
        " 10:21          bob  after",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn numbers_at_the_limits_of_their_types_do_no_harm() {
    let mut harness = Harness::in_tea(110, 12);
    let strange = |position, time_ms| {
        Message::Event(Event { position, time_ms, ..event("tea", 1, "bob", "hi") })
    };
    for (position, time_ms) in [(0, i64::MIN), (1, i64::MAX), (2, i64::MIN), (u64::MAX, i64::MAX)] {
        harness.receive(strange(position, time_ms));
        harness.rows();
    }
    harness.receive(Message::Told { time_ms: i64::MIN, from: nick("bob"), text: text("psst") });
    let folded = |members| Change::Folded {
        entered: Vec::new(),
        entered_count: usize::MAX,
        gone: Vec::new(),
        gone_count: usize::MAX,
        members,
    };
    harness.receive_presence(folded(usize::MAX));
    harness.receive_presence(Change::Entered { nick: nick("eve") });
    harness.receive_presence(folded(0));
    for page in [0, u32::MAX] {
        let (room, nicks) = (room("tea"), vec![nick("bob")]);
        let (total, pages) = (usize::MAX, u32::MAX);
        harness.receive(Message::Members { room, nicks, total, page, pages });
    }
    harness.key(Key::PageUp);
    for (reference, _) in harness.take_requests() {
        let events = [u64::MAX, 0]
            .map(|position| Event { position, ..event("tea", 1, "bob", "hi") })
            .to_vec();
        let (room, head) = (room("tea"), u64::MAX);
        let page = HistoryPage { room, epoch: EPOCH, first: 1, head, events };
        harness.answer(reference, Message::History(page));
    }
    harness.receive_joined_as("tea", u64::MAX, true);
    harness.receive(strange(u64::MAX, i64::MAX));
    harness.rows();
}
