//! Searching, and going to what was found.

use teahouse_wire::api::{Message, Request};

use ratatui::style::Modifier;

use super::played::{Played, TEN, event, numbered, room};
use crate::screen::{Key, Press};

fn search(played: &mut Played) -> (u64, teahouse_wire::api::Search) {
    let asked = played.asked().into_iter().rev();
    let mut found = asked.filter_map(|(reference, request)| {
        let Request::Search(search) = request else { return None };
        Some((reference, search))
    });
    found.next().unwrap()
}

#[test]
fn words_are_found_and_gone_to_and_left_again() {
    let mut played = Played::in_tea(70, 10);
    for position in 891..=900 {
        played.receive(Message::Event(numbered(position)));
    }
    played.serve_history(900);
    played.type_in("half");
    played.ctrl('f');
    played.type_in("茶");
    played.check(&[
        " #tea  tea and what goes with it",
        " 00:54          bob  message 894",
        " 00:55               message 895",
        " 00:56               message 896",
        " 00:57               message 897",
        " 00:58               message 898",
        " 00:59               message 899",
        " 01:00               message 900",
        "─ search #tea (Tab: where, Enter: search, Esc: back) ─────── F1 help ─",
        "/ 茶|",
    ]);
    played.key(Key::Enter);
    let (reference, asked) = search(&mut played);
    assert_eq!((asked.words.as_str(), asked.room), ("茶", Some(room("tea"))));
    let events = vec![event("tea", 450, "小明", "喝茶\n吧"), numbered(300)];
    played.answer(reference, Message::Found { words: "茶".to_owned(), events, more: None });
    played.check(&[
        " #tea  tea and what goes with it",
        " 2 messages with 茶  Enter goes there, Esc closes",
        "| 2026-11-23 17:30  小明  喝茶 ⏎ 吧",
        " 2026-11-23 15:00  bob   message 300",
        "",
        "",
        "",
        "",
        "─ ● ann ──────────────────────────────────────────────────── F1 help ─",
        "› half",
    ]);
    played.key(Key::Enter);
    played.serve_history(900);
    played.check(&[
        " #tea  tea and what goes with it",
        " 17:28          bob  message 448",
        " 17:29               message 449",
        "▶17:30               message 450",
        " 17:31               message 451",
        " 17:32               message 452",
        " 17:33               message 453",
        " 17:34               message 454",
        "─ ● ann ───────────────────────────── ↓ Esc: to the newest ─ F1 help ─",
        "› half|",
    ]);
    assert_eq!(played.line(), "half|");
    played.key(Key::Esc);
    played.serve_history(900);
    assert!(played.rows()[7].contains("message 900"), "{:?}", played.rows());
}

#[test]
fn everywhere_is_a_key_away_and_nothing_found_is_said() {
    let mut played = Played::in_tea(70, 6);
    played.ctrl('f');
    played.key(Key::Tab);
    played.type_in("nothing\n");
    let (reference, asked) = search(&mut played);
    assert_eq!(asked.room, None);
    played.answer(
        reference,
        Message::Found { words: "nothing".to_owned(), events: Vec::new(), more: None },
    );
    played.check(&[
        " #tea  tea and what goes with it",
        "| nothing found for nothing  Esc closes",
        "",
        "",
        "─ ● ann ──────────────────────────────────────────────────── F1 help ─",
        "›",
    ]);
    played.key(Key::Esc);
    assert_eq!(played.line(), "|");
}

#[test]
fn an_answer_to_a_list_that_was_closed_opens_nothing() {
    let mut played = Played::in_tea(70, 6);
    played.type_in("/search tea\n");
    let (reference, _) = search(&mut played);
    played.key(Key::Esc);
    played.answer(
        reference,
        Message::Found { words: "tea".to_owned(), events: Vec::new(), more: None },
    );
    assert!(played.rows()[5].starts_with("› |"));
}

/// What stands on the screen with this attribute, row by row.
fn with(played: &mut Played, modifier: Modifier) -> Vec<String> {
    let (buffer, _) = played.drawn();
    let cells = buffer.content().chunks(usize::from(buffer.area().width));
    let marked = |row: &[ratatui::buffer::Cell]| {
        let cells = row.iter().filter(|cell| cell.modifier.contains(modifier));
        cells.map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    cells.map(marked).map(|row| row.trim().to_owned()).filter(|row| !row.is_empty()).collect()
}

/// What is found for a word: one message, long, with the word near its end.
fn find_far(played: &mut Played) {
    let long = format!("{}and then there is the Tea at last", "one more word ".repeat(30));
    played.type_in("/search tea\n");
    let (reference, _) = search(played);
    let events =
        vec![event("tea", 40, "bob", &long), event("tea", 39, "小明", "tea, but no steam")];
    played.answer(reference, Message::Found { words: "tea".to_owned(), events, more: None });
}

#[test]
fn what_was_searched_for_is_seen_in_the_list_without_colours_too() {
    let mut played = Played::in_tea(70, 8);
    find_far(&mut played);
    let rows = played.rows();
    let first = "| 2026-11-23 10:40  bob   …more word and then there is the Tea at last";
    assert_eq!(rows[2], first);
    assert_eq!(with(&mut played, Modifier::UNDERLINED), ["Tea"]);
    assert!(with(&mut played, Modifier::REVERSED).contains(&"tea".to_owned()));
    played.key(Key::Down);
    assert_eq!(with(&mut played, Modifier::UNDERLINED), ["tea"]);
    assert!(with(&mut played, Modifier::REVERSED).contains(&"Tea".to_owned()));
}

#[test]
fn on_a_narrow_screen_what_was_found_has_two_rows() {
    let mut played = Played::in_tea(40, 8);
    find_far(&mut played);
    played.check(&[
        " #tea  tea and what goes with it",
        " 2 messages with tea  Enter, Esc closes",
        "| 2026-11-23 10:40  bob",
        "   …d and then there is the Tea at last",
        " 2026-11-23 10:39  小明",
        "   tea, but no steam",
        "─ ● ann ────────────────────── F1 help ─",
        "›",
    ]);
    assert_eq!(with(&mut played, Modifier::UNDERLINED), ["Tea"]);
}

#[test]
fn what_was_searched_for_is_seen_at_its_place_in_a_long_message() {
    for columns in [40, 80] {
        let mut played = Played::in_tea(columns, 8);
        let long = format!("{}and then there is the Tea at last", "one more word ".repeat(60));
        played.receive(Message::Event(event("tea", 40, "bob", &long)));
        for position in 41..=60 {
            played.receive(Message::Event(numbered(position)));
        }
        played.serve_history(60);
        find_far(&mut played);
        played.key(Key::Enter);
        let rows = played.rows();
        assert!(rows.iter().any(|row| row.contains("▶") && row.contains("Tea")), "{rows:#?}");
        assert_eq!(with(&mut played, Modifier::REVERSED), ["Tea"]);
        played.key(Key::Esc);
        assert!(with(&mut played, Modifier::REVERSED).is_empty());
    }
}

#[test]
fn history_before_a_time_is_gone_to() {
    let mut played = Played::in_tea(60, 10);
    for position in 191..=200 {
        played.said(position, "bob", &format!("message {position}"));
    }
    played.serve_history(200);
    played.type_in("/history before 11:40\n");
    let (reference, asked) = played.asked().into_iter().next_back().unwrap();
    let Request::History(asked) = asked else { panic!("{asked:?}") };
    assert_eq!(asked.part.before_time_ms, Some(TEN + 100 * super::played::MINUTE));
    let events = (80..=99).map(numbered).collect();
    let page = teahouse_wire::api::HistoryPage {
        room: room("tea"),
        epoch: super::played::EPOCH,
        first: 1,
        head: 200,
        events,
    };
    played.answer(reference, Message::History(page));
    played.serve_history(200);
    let rows = played.rows();
    assert!(rows.contains(&"▶11:39               message 99".to_owned()), "{rows:#?}");
    played.type_in("/history before noon\n");
    assert!(played.rows()[8].contains("usage: /history [N | before TIME]"));
    played.press(Press::ctrl(Key::Char('u')));
    played.type_in("/history before 2020-01-01\n");
    let (reference, _) = played.asked().into_iter().next_back().unwrap();
    let page = teahouse_wire::api::HistoryPage {
        room: room("tea"),
        epoch: super::played::EPOCH,
        first: 1,
        head: 200,
        events: Vec::new(),
    };
    played.answer(reference, Message::History(page));
    assert!(played.rows()[7].contains("nothing was said here before 2020-01-01"));
}

#[test]
fn what_was_found_is_listed_to_its_end() {
    let mut played = Played::in_tea(70, 9);
    played.type_in("/search message\n");
    let (reference, _) = search(&mut played);
    let found = |events: Vec<_>, more| Message::Found { words: "message".to_owned(), events, more };
    played.answer(reference, found(vec![numbered(60), numbered(50)], Some(50)));
    played.key(Key::Down);
    played.key(Key::Down);
    played.check(&[
        " #tea  tea and what goes with it",
        " the newest 2 with message  Enter goes there, Esc closes",
        " 2026-11-23 11:00  bob  message 60",
        " 2026-11-23 10:50  bob  message 50",
        "| …    Enter looks for older ones",
        "",
        "",
        "─ ● ann ──────────────────────────────────────────────────── F1 help ─",
        "›",
    ]);
    played.key(Key::Enter);
    played.key(Key::Enter);
    let (reference, asked) = search(&mut played);
    assert_eq!((asked.before, asked.words.as_str()), (Some(50), "message"));
    played.answer(reference, found(vec![numbered(40)], None));
    let rows = played.rows();
    assert_eq!(rows[1], " 3 messages with message  Enter goes there, Esc closes");
    assert_eq!(rows[4], "| 2026-11-23 10:40  bob  message 40");
    assert_eq!(rows[5], "");
}

#[test]
fn a_search_without_words_goes_on_with_the_last_one() {
    let mut played = Played::in_tea(70, 9);
    let flashed = "the last search has nothing older; /search WORDS finds messages";
    played.type_in("/search\n");
    assert!(played.rows()[7].contains(flashed), "{:?}", played.rows());
    played.type_in("/search message\n");
    let (reference, _) = search(&mut played);
    let found = |events: Vec<_>, more| Message::Found { words: "message".to_owned(), events, more };
    played.answer(reference, found(vec![numbered(60), numbered(50)], Some(50)));
    played.key(Key::Esc);
    played.type_in("/search\n");
    let (reference, asked) = search(&mut played);
    assert_eq!((asked.before, asked.words.as_str()), (Some(50), "message"));
    played.answer(reference, found(vec![numbered(40)], None));
    played.check(&[
        " #tea  tea and what goes with it",
        " 3 messages with message  Enter goes there, Esc closes",
        "| 2026-11-23 11:00  bob  message 60",
        " 2026-11-23 10:50  bob  message 50",
        " 2026-11-23 10:40  bob  message 40",
        "",
        "",
        "─ ● ann ──────────────────────────────────────────────────── F1 help ─",
        "›",
    ]);
    played.key(Key::Esc);
    played.type_in("/search\n");
    assert!(played.rows()[7].contains(flashed), "{:?}", played.rows());
}

#[test]
fn the_help_does_not_lose_the_words_that_are_searched_for() {
    let mut played = Played::in_tea(70, 10);
    played.ctrl('f');
    played.type_in("green te");
    played.key(Key::F(1));
    assert!(played.rows()[0].contains("Help"));
    played.key(Key::Esc);
    played.type_in("a\n");
    assert_eq!(search(&mut played).1.words, "green tea");
}
