//! Reading the past: without end, without gaps, within bounds.

use teahouse_wire::api::{Code, Failure, HistoryPage, Message, Request};

use super::played::{EPOCH, Played, event, numbered, room};
use crate::screen::limits::ENTRIES_MAX;
use crate::screen::model::entry::What;
use crate::screen::{Effect, Input, Key, Mouse, MouseDoes, Press, Size};

/// #tea with this many messages, of which the last ten are here.
fn long(head: u64) -> Played {
    let mut played = Played::begin(60, 12, super::played::setup());
    played.online();
    played.joined("tea", head);
    for position in head - 9..=head {
        played.receive(Message::Event(numbered(position)));
    }
    played
}

/// The positions at hand, which have no gap.
#[track_caller]
fn positions(played: &Played) -> (u64, u64) {
    let entries = played.model.talk().window.entries();
    let positions: Vec<u64> = entries.filter_map(|entry| entry.what.position()).collect();
    for pair in positions.windows(2) {
        assert_eq!(pair[0] + 1, pair[1], "a gap");
    }
    (*positions.first().unwrap(), *positions.last().unwrap())
}

#[test]
fn leafing_back_reaches_the_beginning_and_keeps_within_bounds() {
    let mut played = long(5_000);
    played.serve_history(5_000);
    for _ in 0..1_000 {
        played.key(Key::PageUp);
        played.serve_history(5_000);
        positions(&played);
        assert!(played.model.talk().len() <= ENTRIES_MAX);
    }
    assert_eq!(positions(&played).0, 1);
    played.check(&[
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
        played.key(Key::PageDown);
        played.serve_history(5_000);
        positions(&played);
        assert!(played.model.talk().len() <= ENTRIES_MAX);
    }
    assert_eq!(positions(&played).1, 5_000);
    assert!(played.model.talk().is_at_end());
}

#[test]
fn what_is_read_stands_still_while_others_talk() {
    let mut played = long(200);
    played.serve_history(200);
    played.key(Key::PageUp);
    let before = played.rows();
    for position in 201..=4_000 {
        played.receive(Message::Event(numbered(position)));
        played.serve_history(position);
    }
    assert_eq!(played.rows()[..10], before[..10]);
    assert!(played.rows()[10].contains("3800 new"), "{:?}", played.rows()[10]);
    played.key(Key::Esc);
    played.serve_history(4_000);
    assert_eq!(positions(&played).1, 4_000);
    assert!(played.rows()[9].contains("message 4000"), "{:?}", played.rows());
}

#[test]
fn a_page_that_no_longer_adjoins_is_not_put_in() {
    let mut played = long(1_000);
    let asked = played.asked();
    let old = asked.iter().find(|(_, asked)| matches!(asked, Request::History(_))).unwrap().0;
    // While it is on its way, so much is said that what it would adjoin to is dropped.
    for position in 1_001..=4_000 {
        played.receive(Message::Event(numbered(position)));
    }
    let events = (891..=990).map(numbered).collect();
    let page = HistoryPage { room: room("tea"), epoch: EPOCH, first: 1, head: 1_000, events };
    played.answer(old, Message::History(page));
    positions(&played);
}

#[test]
fn what_is_said_while_a_page_is_fetched_is_not_lost() {
    let mut played = long(1_000);
    played.serve_history(1_000);
    played.type_in("/search x\n");
    let asked = played.asked();
    let search = asked.iter().find(|(_, asked)| matches!(asked, Request::Search(_))).unwrap().0;
    let found = Message::Found { words: "x".to_owned(), events: vec![numbered(300)], more: None };
    played.answer(search, found);
    played.key(Key::Enter);
    played.serve_history(1_000);
    assert_eq!(played.model.talk().target, Some(300));
    for _ in 0..400 {
        played.key(Key::PageDown);
        let asked = played.asked();
        let head = played.model.talk().head + 1;
        played.receive(Message::Event(numbered(head)));
        // The page was made before that message.
        for (reference, request) in asked {
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
                played.answer(reference, Message::History(page));
            }
        }
        positions(&played);
    }
    assert!(played.model.talk().is_at_end());
    assert_eq!(positions(&played).1, played.model.talk().head);
}

#[test]
fn history_that_cannot_be_read_is_asked_for_again_by_scrolling_only() {
    let mut played = long(1_000);
    let history = |played: &mut Played| {
        let mut asked = played.asked().into_iter();
        asked
            .find(|(_, asked)| matches!(asked, Request::History(_)))
            .map(|(reference, _)| reference)
    };
    let reference = history(&mut played).unwrap();
    let message = "history cannot be read just now".to_owned();
    let failure = Failure { code: Code::Unreadable, message, field: None, id: None };
    played.answer(reference, Message::Error(failure));
    played.said(1_001, "bob", "more");
    assert_eq!(history(&mut played), None);
    assert!(played.rows()[10].contains("history cannot be read"), "{:?}", played.rows());
    played.key(Key::PageUp);
    assert!(history(&mut played).is_some());
}

#[test]
fn a_resume_with_a_gap_starts_over() {
    let mut played = long(100);
    played.serve_history(100);
    played.joined_as("tea", 900, false);
    for position in 895..=900 {
        played.receive(Message::Event(numbered(position)));
    }
    positions(&played);
    played.serve_history(900);
    assert_eq!(positions(&played).1, 900);
}

#[test]
fn links_are_listed_and_opened_by_key_and_by_mouse() {
    let mut played = Played::in_tea(60, 8);
    played.said(1, "bob", "see https://tea.example/oolong.");
    played.said(2, "小明", "茶 https://tea.example/茶，好");
    played.ctrl('o');
    played.check(&[
        " #tea  tea and what goes with it",
        " links, the latest first  Enter goes there, Esc closes",
        "| 2026-11-23 10:02  小明",
        "   https://tea.example/茶",
        " 2026-11-23 10:01  bob",
        "   https://tea.example/oolong",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "›",
    ]);
    played.key(Key::Down);
    played.key(Key::Enter);
    let opened = |link: &str| Effect::Open(link.to_owned());
    assert!(played.effects.contains(&opened("https://tea.example/oolong")));
    let rows = played.rows();
    let row = rows.iter().position(|row| row.contains('茶')).unwrap();
    let (mouse, before) = (u16::try_from(row).unwrap(), rows[row].find("https").unwrap());
    let column = u16::try_from(teahouse_editor::width(&rows[row][..before])).unwrap();
    let mut press = |column| {
        let mouse = Mouse { column, row: mouse, does: MouseDoes::Press };
        played.input(Input::Mouse(mouse));
        played.effects.contains(&opened("https://tea.example/茶"))
    };
    assert!(!press(column - 1));
    assert!(press(column));
}

#[test]
fn the_wheel_scrolls_and_a_new_size_keeps_the_place() {
    let mut played = long(300);
    played.serve_history(300);
    for _ in 0..10 {
        played.input(Input::Mouse(Mouse { column: 1, row: 1, does: MouseDoes::WheelUp }));
    }
    let top = played.rows()[1].clone();
    played.input(Input::Resize(Size { columns: 80, rows: 20 }));
    played.serve_history(300);
    assert!(played.rows()[1].contains(top.trim()), "{:?}\n{top}", played.rows());
    played.press(Press::ctrl(Key::End));
    assert!(played.model.talk().is_at_end());
}

#[test]
fn a_long_message_is_leafed_through_by_rows() {
    let mut played = Played::in_tea(60, 8);
    let lines: Vec<_> = (1..=60).map(|line| format!("line {line}")).collect();
    played.receive(Message::Event(event("tea", 1, "bob", &lines.join("\n"))));
    assert!(played.rows()[5].contains("line 60"));
    for _ in 0..30 {
        played.key(Key::PageUp);
    }
    assert!(played.rows()[2].contains("line 1"), "{:?}", played.rows());
    let is_message = |what: &What| matches!(what, What::Message(_));
    assert!(played.model.talk().window.entries().all(|entry| is_message(&entry.what)));
}
