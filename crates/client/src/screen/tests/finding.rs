//! Searching, and going to results.

use teahouse_wire::api::{Message, Request};

use ratatui::style::Modifier;

use super::harness::{Harness, TEN, event, numbered, room};
use crate::screen::{Key, Press};

fn last_search(harness: &mut Harness) -> (u64, teahouse_wire::api::Search) {
    let requests = harness.take_requests().into_iter().rev();
    let mut found = requests.filter_map(|(reference, request)| {
        let Request::Search(search) = request else { return None };
        Some((reference, search))
    });
    found.next().unwrap()
}

#[test]
fn the_user_searches_goes_to_a_result_and_returns() {
    let mut harness = Harness::in_tea(70, 10);
    for position in 891..=900 {
        harness.receive(Message::Event(numbered(position)));
    }
    harness.serve_history(900);
    harness.type_in("half");
    harness.ctrl('f');
    harness.type_in("茶");
    harness.check(&[
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
    harness.key(Key::Enter);
    let (reference, request) = last_search(&mut harness);
    assert_eq!((request.words.as_str(), request.room), ("茶", Some(room("tea"))));
    let events = vec![event("tea", 450, "小明", "喝茶\n吧"), numbered(300)];
    harness.answer(reference, Message::Found { words: "茶".to_owned(), events, more: None });
    harness.check(&[
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
    harness.key(Key::Enter);
    harness.serve_history(900);
    harness.check(&[
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
    assert_eq!(harness.line(), "half|");
    harness.key(Key::Esc);
    harness.serve_history(900);
    assert!(harness.rows()[7].contains("message 900"), "{:?}", harness.rows());
}

#[test]
fn tab_searches_all_rooms_and_an_empty_result_is_shown() {
    let mut harness = Harness::in_tea(70, 6);
    harness.ctrl('f');
    harness.key(Key::Tab);
    harness.type_in("nothing\n");
    let (reference, request) = last_search(&mut harness);
    assert_eq!(request.room, None);
    harness.answer(
        reference,
        Message::Found { words: "nothing".to_owned(), events: Vec::new(), more: None },
    );
    harness.check(&[
        " #tea  tea and what goes with it",
        "| nothing found for nothing  Esc closes",
        "",
        "",
        "─ ● ann ──────────────────────────────────────────────────── F1 help ─",
        "›",
    ]);
    harness.key(Key::Esc);
    assert_eq!(harness.line(), "|");
}

#[test]
fn an_answer_for_a_closed_list_opens_nothing() {
    let mut harness = Harness::in_tea(70, 6);
    harness.type_in("/search tea\n");
    let (reference, _) = last_search(&mut harness);
    harness.key(Key::Esc);
    harness.answer(
        reference,
        Message::Found { words: "tea".to_owned(), events: Vec::new(), more: None },
    );
    assert!(harness.rows()[5].starts_with("› |"));
}

/// The text on the screen with this attribute, row by row.
fn cells_with(harness: &mut Harness, modifier: Modifier) -> Vec<String> {
    let (buffer, _) = harness.draw();
    let cells = buffer.content().chunks(usize::from(buffer.area().width));
    let marked = |row: &[ratatui::buffer::Cell]| {
        let cells = row.iter().filter(|cell| cell.modifier.contains(modifier));
        cells.map(ratatui::buffer::Cell::symbol).collect::<String>()
    };
    cells.map(marked).map(|row| row.trim().to_owned()).filter(|row| !row.is_empty()).collect()
}

/// Searches for a word. The results are a long message with the word near its end, and a short one.
fn search_for_a_long_message(harness: &mut Harness) {
    let long = format!("{}and then there is the Tea at last", "one more word ".repeat(30));
    harness.type_in("/search tea\n");
    let (reference, _) = last_search(harness);
    let events =
        vec![event("tea", 40, "bob", &long), event("tea", 39, "小明", "tea, but no steam")];
    harness.answer(reference, Message::Found { words: "tea".to_owned(), events, more: None });
}

#[test]
fn searched_words_stand_out_in_the_list_without_colours() {
    let mut harness = Harness::in_tea(70, 8);
    search_for_a_long_message(&mut harness);
    let rows = harness.rows();
    let first = "| 2026-11-23 10:40  bob   …more word and then there is the Tea at last";
    assert_eq!(rows[2], first);
    assert_eq!(cells_with(&mut harness, Modifier::UNDERLINED), ["Tea"]);
    assert!(cells_with(&mut harness, Modifier::REVERSED).contains(&"tea".to_owned()));
    harness.key(Key::Down);
    assert_eq!(cells_with(&mut harness, Modifier::UNDERLINED), ["tea"]);
    assert!(cells_with(&mut harness, Modifier::REVERSED).contains(&"Tea".to_owned()));
}

#[test]
fn on_a_narrow_screen_a_result_has_two_rows() {
    let mut harness = Harness::in_tea(40, 8);
    search_for_a_long_message(&mut harness);
    harness.check(&[
        " #tea  tea and what goes with it",
        " 2 messages with tea  Enter, Esc closes",
        "| 2026-11-23 10:40  bob",
        "   …d and then there is the Tea at last",
        " 2026-11-23 10:39  小明",
        "   tea, but no steam",
        "─ ● ann ────────────────────── F1 help ─",
        "›",
    ]);
    assert_eq!(cells_with(&mut harness, Modifier::UNDERLINED), ["Tea"]);
}

#[test]
fn a_long_result_is_shown_at_the_searched_word() {
    for columns in [40, 80] {
        let mut harness = Harness::in_tea(columns, 8);
        let long = format!("{}and then there is the Tea at last", "one more word ".repeat(60));
        harness.receive(Message::Event(event("tea", 40, "bob", &long)));
        for position in 41..=60 {
            harness.receive(Message::Event(numbered(position)));
        }
        harness.serve_history(60);
        search_for_a_long_message(&mut harness);
        harness.key(Key::Enter);
        let rows = harness.rows();
        assert!(rows.iter().any(|row| row.contains("▶") && row.contains("Tea")), "{rows:#?}");
        assert_eq!(cells_with(&mut harness, Modifier::REVERSED), ["Tea"]);
        harness.key(Key::Esc);
        assert!(cells_with(&mut harness, Modifier::REVERSED).is_empty());
    }
}

#[test]
fn history_before_a_time_shows_the_last_message_before_it() {
    let mut harness = Harness::in_tea(60, 10);
    for position in 191..=200 {
        harness.receive_message(position, "bob", &format!("message {position}"));
    }
    harness.serve_history(200);
    harness.type_in("/history before 11:40\n");
    let (reference, request) = harness.take_requests().into_iter().next_back().unwrap();
    let Request::History(request) = request else { panic!("{request:?}") };
    assert_eq!(request.part.before_time_ms, Some(TEN + 100 * super::harness::MINUTE));
    let events = (80..=99).map(numbered).collect();
    let page = teahouse_wire::api::HistoryPage {
        room: room("tea"),
        epoch: super::harness::EPOCH,
        first: 1,
        head: 200,
        events,
    };
    harness.answer(reference, Message::History(page));
    harness.serve_history(200);
    let rows = harness.rows();
    assert!(rows.contains(&"▶11:39               message 99".to_owned()), "{rows:#?}");
    harness.type_in("/history before noon\n");
    assert!(harness.rows()[8].contains("usage: /history [N | before TIME]"));
    harness.press(Press::ctrl(Key::Char('u')));
    harness.type_in("/history before 2020-01-01\n");
    let (reference, _) = harness.take_requests().into_iter().next_back().unwrap();
    let page = teahouse_wire::api::HistoryPage {
        room: room("tea"),
        epoch: super::harness::EPOCH,
        first: 1,
        head: 200,
        events: Vec::new(),
    };
    harness.answer(reference, Message::History(page));
    assert!(harness.rows()[7].contains("nothing was said here before 2020-01-01"));
}

#[test]
fn older_results_are_added_until_there_are_no_more() {
    let mut harness = Harness::in_tea(70, 9);
    harness.type_in("/search message\n");
    let (reference, _) = last_search(&mut harness);
    let results =
        |events: Vec<_>, more| Message::Found { words: "message".to_owned(), events, more };
    harness.answer(reference, results(vec![numbered(60), numbered(50)], Some(50)));
    harness.key(Key::Down);
    harness.key(Key::Down);
    harness.check(&[
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
    harness.key(Key::Enter);
    harness.key(Key::Enter);
    let (reference, request) = last_search(&mut harness);
    assert_eq!((request.before, request.words.as_str()), (Some(50), "message"));
    harness.answer(reference, results(vec![numbered(40)], None));
    let rows = harness.rows();
    assert_eq!(rows[1], " 3 messages with message  Enter goes there, Esc closes");
    assert_eq!(rows[4], "| 2026-11-23 10:40  bob  message 40");
    assert_eq!(rows[5], "");
}

#[test]
fn a_search_without_words_continues_the_last_one() {
    let mut harness = Harness::in_tea(70, 9);
    let flashed = "the last search has nothing older; /search WORDS finds messages";
    harness.type_in("/search\n");
    assert!(harness.rows()[7].contains(flashed), "{:?}", harness.rows());
    harness.type_in("/search message\n");
    let (reference, _) = last_search(&mut harness);
    let results =
        |events: Vec<_>, more| Message::Found { words: "message".to_owned(), events, more };
    harness.answer(reference, results(vec![numbered(60), numbered(50)], Some(50)));
    harness.key(Key::Esc);
    harness.type_in("/search\n");
    let (reference, request) = last_search(&mut harness);
    assert_eq!((request.before, request.words.as_str()), (Some(50), "message"));
    harness.answer(reference, results(vec![numbered(40)], None));
    harness.check(&[
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
    harness.key(Key::Esc);
    harness.type_in("/search\n");
    assert!(harness.rows()[7].contains(flashed), "{:?}", harness.rows());
}

#[test]
fn the_help_keeps_the_words_that_are_searched_for() {
    let mut harness = Harness::in_tea(70, 10);
    harness.ctrl('f');
    harness.type_in("green te");
    harness.key(Key::F(1));
    assert!(harness.rows()[0].contains("Help"));
    harness.key(Key::Esc);
    harness.type_in("a\n");
    assert_eq!(last_search(&mut harness).1.words, "green tea");
}
