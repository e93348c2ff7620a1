//! Reading history: back to the beginning, without gaps, within the limits.

use teahouse_wire::api::{Code, Failure, HistoryPage, Message, Request};

use super::harness::{EPOCH, Harness, event, numbered, room};
use crate::screen::limits::ENTRIES_MAX;
use crate::screen::model::entry::What;
use crate::screen::{Effect, Input, Key, Mouse, MouseDoes, Press, Size};

/// #tea with this many messages, of which the last ten are loaded.
fn in_long_room(head: u64) -> Harness {
    let mut harness = Harness::begin(60, 12, super::harness::setup());
    harness.connect();
    harness.receive_joined("tea", head);
    for position in head - 9..=head {
        harness.receive(Message::Event(numbered(position)));
    }
    harness
}

/// The first and the last loaded position; checks that there is no gap between them.
#[track_caller]
fn positions(harness: &Harness) -> (u64, u64) {
    let entries = harness.model.talk().window.entries();
    let positions: Vec<u64> = entries.filter_map(|entry| entry.what.position()).collect();
    for pair in positions.windows(2) {
        assert_eq!(pair[0] + 1, pair[1], "a gap");
    }
    (*positions.first().unwrap(), *positions.last().unwrap())
}

#[test]
fn scrolling_back_reaches_the_beginning_within_the_limits() {
    let mut harness = in_long_room(5_000);
    harness.serve_history(5_000);
    for _ in 0..1_000 {
        harness.key(Key::PageUp);
        harness.serve_history(5_000);
        positions(&harness);
        assert!(harness.model.talk().len() <= ENTRIES_MAX);
    }
    assert_eq!(positions(&harness).0, 1);
    harness.check(&[
        " #tea  tea and what goes with it",
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  message 1",
        " 10:02               message 2",
        " 10:03               message 3",
        " 10:04               message 4",
        " 10:05               message 5",
        " 10:06               message 6",
        " 10:07               message 7",
        " 10:08               message 8",
        "─ ● ann ─────────────────── ↓ Esc: to the newest ─ F1 help ─",
        "› |",
    ]);
    for _ in 0..1_000 {
        harness.key(Key::PageDown);
        harness.serve_history(5_000);
        positions(&harness);
        assert!(harness.model.talk().len() <= ENTRIES_MAX);
    }
    assert_eq!(positions(&harness).1, 5_000);
    assert!(harness.model.talk().is_at_end());
}

#[test]
fn the_screen_stands_still_while_older_messages_are_read() {
    let mut harness = in_long_room(200);
    harness.serve_history(200);
    harness.key(Key::PageUp);
    let before = harness.rows();
    for position in 201..=4_000 {
        harness.receive(Message::Event(numbered(position)));
        harness.serve_history(position);
    }
    assert_eq!(harness.rows()[..10], before[..10]);
    assert!(harness.rows()[10].contains("3800 new"), "{:?}", harness.rows()[10]);
    harness.key(Key::Esc);
    harness.serve_history(4_000);
    assert_eq!(positions(&harness).1, 4_000);
    assert!(harness.rows()[9].contains("message 4000"), "{:?}", harness.rows());
}

#[test]
fn a_page_that_no_longer_adjoins_is_dropped() {
    let mut harness = in_long_room(1_000);
    let requests = harness.take_requests();
    let old =
        requests.iter().find(|(_, request)| matches!(request, Request::History(_))).unwrap().0;
    // So many messages arrive before the page that the events it would adjoin are dropped.
    for position in 1_001..=4_000 {
        harness.receive(Message::Event(numbered(position)));
    }
    let events = (891..=990).map(numbered).collect();
    let page = HistoryPage { room: room("tea"), epoch: EPOCH, first: 1, head: 1_000, events };
    harness.answer(old, Message::History(page));
    positions(&harness);
}

#[test]
fn messages_received_during_a_history_request_are_not_lost() {
    let mut harness = in_long_room(1_000);
    harness.serve_history(1_000);
    harness.type_in("/search x\n");
    let requests = harness.take_requests();
    let search =
        requests.iter().find(|(_, request)| matches!(request, Request::Search(_))).unwrap().0;
    let found = Message::Found { words: "x".to_owned(), events: vec![numbered(300)], more: None };
    harness.answer(search, found);
    harness.key(Key::Enter);
    harness.serve_history(1_000);
    assert_eq!(harness.model.talk().target, Some(300));
    for _ in 0..400 {
        harness.key(Key::PageDown);
        let requests = harness.take_requests();
        let head = harness.model.talk().head + 1;
        harness.receive(Message::Event(numbered(head)));
        // The page is from before that message.
        for (reference, request) in requests {
            if let Request::History(request) = request {
                let after = request.part.after.unwrap();
                let events = (after + 1..=(after + 100).min(head - 1)).map(numbered).collect();
                let page = HistoryPage {
                    room: room("tea"),
                    epoch: EPOCH,
                    first: 1,
                    head: head - 1,
                    events,
                };
                harness.answer(reference, Message::History(page));
            }
        }
        positions(&harness);
    }
    assert!(harness.model.talk().is_at_end());
    assert_eq!(positions(&harness).1, harness.model.talk().head);
}

#[test]
fn failed_history_is_requested_again_only_by_scrolling() {
    let mut harness = in_long_room(1_000);
    let history = |harness: &mut Harness| {
        let mut requests = harness.take_requests().into_iter();
        requests
            .find(|(_, request)| matches!(request, Request::History(_)))
            .map(|(reference, _)| reference)
    };
    let reference = history(&mut harness).unwrap();
    let message = "history cannot be read just now".to_owned();
    let failure = Failure { code: Code::Unreadable, message, field: None, id: None };
    harness.answer(reference, Message::Error(failure));
    harness.receive_message(1_001, "bob", "more");
    assert_eq!(history(&mut harness), None);
    assert!(harness.rows()[10].contains("history cannot be read"), "{:?}", harness.rows());
    harness.key(Key::PageUp);
    assert!(history(&mut harness).is_some());
}

#[test]
fn a_resume_with_a_gap_starts_over() {
    let mut harness = in_long_room(100);
    harness.serve_history(100);
    harness.receive_joined_as("tea", 900, false);
    for position in 895..=900 {
        harness.receive(Message::Event(numbered(position)));
    }
    positions(&harness);
    harness.serve_history(900);
    assert_eq!(positions(&harness).1, 900);
}

#[test]
fn links_are_listed_and_opened_by_key_and_by_mouse() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(1, "bob", "see https://tea.example/oolong.");
    harness.receive_message(2, "小明", "茶 https://tea.example/茶，好");
    harness.ctrl('o');
    harness.check(&[
        " #tea  tea and what goes with it",
        " links, the latest first  Enter goes there, Esc closes",
        "| 2026-11-23 10:02  小明",
        "   https://tea.example/茶",
        " 2026-11-23 10:01  bob",
        "   https://tea.example/oolong",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "›",
    ]);
    harness.key(Key::Down);
    harness.key(Key::Enter);
    let opened = |link: &str| Effect::Open(link.to_owned());
    assert!(harness.effects.contains(&opened("https://tea.example/oolong")));
    let rows = harness.rows();
    let row = rows.iter().position(|row| row.contains('茶')).unwrap();
    let (mouse, before) = (u16::try_from(row).unwrap(), rows[row].find("https").unwrap());
    let column = u16::try_from(teahouse_editor::width(&rows[row][..before])).unwrap();
    let mut press = |column| {
        let mouse = Mouse { column, row: mouse, does: MouseDoes::Press };
        harness.input(Input::Mouse(mouse));
        harness.effects.contains(&opened("https://tea.example/茶"))
    };
    assert!(!press(column - 1));
    assert!(press(column));
}

#[test]
fn the_wheel_scrolls_and_a_new_size_keeps_the_scroll_position() {
    let mut harness = in_long_room(300);
    harness.serve_history(300);
    for _ in 0..10 {
        harness.input(Input::Mouse(Mouse { column: 1, row: 1, does: MouseDoes::WheelUp }));
    }
    let top = harness.rows()[1].clone();
    harness.input(Input::Resize(Size { columns: 80, rows: 20 }));
    harness.serve_history(300);
    assert!(harness.rows()[1].contains(top.trim()), "{:?}\n{top}", harness.rows());
    harness.press(Press::ctrl(Key::End));
    assert!(harness.model.talk().is_at_end());
}

#[test]
fn a_long_message_scrolls_by_rows() {
    let mut harness = Harness::in_tea(60, 8);
    let lines: Vec<_> = (1..=60).map(|line| format!("line {line}")).collect();
    harness.receive(Message::Event(event("tea", 1, "bob", &lines.join("\n"))));
    assert!(harness.rows()[5].contains("line 60"));
    for _ in 0..30 {
        harness.key(Key::PageUp);
    }
    assert!(harness.rows()[2].contains("line 1"), "{:?}", harness.rows());
    let is_message = |what: &What| matches!(what, What::Message(_));
    assert!(harness.model.talk().window.entries().all(|entry| is_message(&entry.what)));
}
