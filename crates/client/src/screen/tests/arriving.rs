//! What arrives, and how it is shown.

use teahouse_wire::api::{Cause, Change, Event, HistoryPage, Kind, Message};

use super::played::{EPOCH, Played, event, nick, room, setup, text};
use crate::link::{Happening, State};
use crate::screen::model::entry::What;
use crate::screen::{Effect, Key};

#[test]
fn before_anything_is_heard_there_is_a_line_to_type_in() {
    let mut played = Played::begin(40, 6, setup());
    played.type_in("hi");
    played.check(&[" teahouse", "", "", "", "─ ◌ connecting … ───────────── F1 help ─", "› hi|"]);
}

#[test]
fn messages_stand_in_columns_above_the_line() {
    let mut played = Played::in_tea(110, 12);
    played.said(1, "bob", "hello ann, 你好");
    played.said(2, "小明", "お茶 👩\u{200D}👩\u{200D}👧 がぎ ❤\u{FE0F} e\u{301}, and a text that is too long for one row");
    let mut acted = event("tea", 3, "bob", "pours");
    acted.kind = Kind::Acted;
    played.receive(Message::Event(acted));
    played.said(4, "ann", "thanks");
    played.type_in("更多茶");
    played.check(&[
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
    let mut played = Played::in_tea(36, 9);
    played.said(1, "bob", "hello ann, 你好");
    played.said(2, "小明", "お茶をどうぞ、大家都来喝茶吧");
    played.type_in("ok");
    played.check(&[
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
    let mut played = Played::in_tea(14, 5);
    played.said(1, "alexandra", "dinner?");
    played.said(2, "小红", "no");
    played.check(&[" alexandra:", " │ dinner?", " 小红: no", "─ ● ann ──────", "› |"]);
}

#[test]
fn what_has_no_width_of_its_own_is_shown_as_spaces() {
    let mut played = Played::in_tea(60, 5);
    played.said(1, "bob", "a\tb\u{200b}c d");
    played.check(&[
        "",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  a       bc d",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn after_being_called_otherwise_one_knows_ones_own() {
    let mut played = Played::in_tea(60, 5);
    let mut own = event("tea", 1, "ann", "I was ann");
    own.sender.session = "1".to_owned();
    played.receive(Message::Renamed { from: nick("ann"), to: nick("anna") });
    played.receive(Message::Event(own));
    let entries = played.model.talk().window.entries();
    let is_own = |what: &What| matches!(what, What::Message(message) if message.is_own);
    assert!(entries.last().is_some_and(|entry| is_own(&entry.what)));
}

#[test]
fn ones_own_is_known_by_its_id_and_a_nick_may_be_somebody_elses() {
    let own = teahouse_wire::api::Id([7; 16]);
    let setup = crate::screen::Setup { rooms: vec![room("tea")], own: vec![own], ..setup() };
    let mut played = Played::begin(60, 8, setup);
    played.online();
    played.joined("tea", 3);
    let mut mine = event("tea", 1, "ann", "said yesterday");
    mine.id = Some(own);
    played.receive(Message::Event(mine));
    played.receive(Message::Event(event("tea", 2, "ann", "said by a visitor called ann")));
    // A server that was started anew gave somebody then the number that our session has.
    let mut earlier = event("tea", 3, "bob", "said by another session of this number");
    earlier.sender.session = "1".to_owned();
    played.receive(Message::Event(earlier));
    let entries = played.model.talk().window.entries();
    let is_own: Vec<bool> = entries
        .filter_map(|entry| match &entry.what {
            What::Message(message) => Some(message.is_own),
            What::Presence(_) | What::Notice(_) => None,
        })
        .collect();
    assert_eq!(is_own, [true, false, false]);
}

#[test]
fn days_are_parted() {
    let mut played = Played::in_tea(60, 8);
    played.said(1, "bob", "tonight?");
    played.said(1_000, "bob", "morning");
    played.check(&[
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
fn comings_and_goings_are_folded_into_one_line() {
    let mut played = Played::in_tea(60, 8);
    played.said(1, "bob", "hello");
    for who in ["carl", "dora", "小红"] {
        played.change(Change::Entered { nick: nick(who) });
    }
    played.change(Change::Offline { nick: nick("carl"), cause: Cause::Lost });
    played.change(Change::Renamed { from: nick("bob"), to: nick("rob") });
    played.check(&[
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
fn somebody_typing_is_shown_for_a_while() {
    let mut played = Played::in_tea(60, 4);
    played.change(Change::Typing { nick: nick("小明") });
    assert!(played.rows()[2].contains("小明 is typing"), "{:?}", played.rows());
    let wake_at = played.model.wake_at().unwrap();
    played.wait(wake_at - played.now.since_start_ms);
    assert!(!played.rows()[2].contains("typing"));
    assert_eq!(played.model.wake_at(), None);
}

#[test]
fn a_server_that_ends_it_says_why() {
    let mut played = Played::in_tea(60, 5);
    played.link(Happening::State(State::Ended { cause: Some(Cause::Replaced) }));
    played.check(&[
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:00            !  you came back on another connection.",
        "                     Ctrl-D leaves.",
        "─ ○ ann not connected ──────────────────────────── F1 help ─",
        "› |",
    ]);
}

#[test]
fn the_room_that_is_asked_for_is_shown_when_it_is_entered() {
    let mut played = Played::in_tea(80, 6);
    played.type_in("/join 茶室\n");
    assert!(played.effects.contains(&Effect::Join(room("茶室"))));
    played.joined("茶室", 0);
    played.type_in("/leave\n");
    assert!(played.effects.contains(&Effect::Leave(room("茶室"))));
    played.check(&[
        " 茶馆 teahouse  │ #茶室  tea and what goes with it",
        " #tea           │",
        "▌#茶室          │                               …",
        "                │",
        "─ ● ann ────────┴───────────────────────────────────────────────────── F1 help ─",
        "› |",
    ]);
    played.receive(Message::Left { room: room("茶室") });
    assert!(played.rows()[0].contains("#tea"));
}

#[test]
fn a_line_begun_in_a_room_that_closes_can_be_put_back() {
    let mut played = Played::in_tea(80, 6);
    played.joined("lobby", 0);
    played.type_in("half a line");
    played.receive(Message::Left { room: room("tea") });
    assert!(played.rows()[0].contains("#lobby"));
    assert_eq!(played.line(), "|");
    played.ctrl('y');
    assert_eq!(played.line(), "half a line|");
}

#[test]
fn who_takes_a_name_that_has_become_free_is_seen_to_come() {
    let mut played = Played::in_tea(60, 7);
    played.change(Change::Renamed { from: nick("dora"), to: nick("eva") });
    played.change(Change::Entered { nick: nick("dora") });
    let rows = played.rows();
    let words = ["⇄  dora is eva now", "⇄  dora came"];
    assert!(rows[3].ends_with(words[0]) && rows[4].ends_with(words[1]), "{rows:#?}");
}

#[test]
fn what_the_server_says_before_there_is_a_room_goes_along_into_the_first() {
    let mut played = Played::begin(60, 7, setup());
    played.link(Happening::Notice("another client is connected".to_owned()));
    played.online();
    played.joined("tea", 20);
    let events: Vec<_> = (1..=20).map(super::played::numbered).collect();
    played.answer_history(&events, 20);
    played.said(21, "bob", "after");
    played.check(&[
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
fn numbers_at_the_ends_of_their_ranges_are_numbers_like_others() {
    let mut played = Played::in_tea(110, 12);
    let strange = |position, time_ms| {
        Message::Event(Event { position, time_ms, ..event("tea", 1, "bob", "hi") })
    };
    for (position, time_ms) in [(0, i64::MIN), (1, i64::MAX), (2, i64::MIN), (u64::MAX, i64::MAX)] {
        played.receive(strange(position, time_ms));
        played.rows();
    }
    played.receive(Message::Told { time_ms: i64::MIN, from: nick("bob"), text: text("psst") });
    let folded = |members| Change::Folded {
        entered: Vec::new(),
        entered_count: usize::MAX,
        gone: Vec::new(),
        gone_count: usize::MAX,
        members,
    };
    played.change(folded(usize::MAX));
    played.change(Change::Entered { nick: nick("eve") });
    played.change(folded(0));
    for page in [0, u32::MAX] {
        let (room, nicks) = (room("tea"), vec![nick("bob")]);
        let (total, pages) = (usize::MAX, u32::MAX);
        played.receive(Message::Members { room, nicks, total, page, pages });
    }
    played.key(Key::PageUp);
    for (reference, _) in played.asked() {
        let events = [u64::MAX, 0]
            .map(|position| Event { position, ..event("tea", 1, "bob", "hi") })
            .to_vec();
        let (room, head) = (room("tea"), u64::MAX);
        let page = HistoryPage { room, epoch: EPOCH, first: 1, head, events };
        played.answer(reference, Message::History(page));
    }
    played.joined_as("tea", u64::MAX, true);
    played.receive(strange(u64::MAX, i64::MAX));
    played.rows();
}
