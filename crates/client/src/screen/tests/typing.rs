//! The line: nothing that arrives changes it, and keys do what a user expects.

use teahouse_wire::api::{Message, Request, Room, RoomsPage};

use super::harness::{Harness, nick, room, setup};
use crate::screen::{Effect, Input, Keep, Key, Mouse, MouseDoes, Press, Size};
use teahouse_wire::api::Change;

#[test]
fn a_thousand_messages_do_not_change_the_draft() {
    let mut harness = Harness::in_tea(60, 8);
    harness.type_in("half a 句子");
    harness.key(Key::Left);
    let (line, row) = (harness.line(), harness.rows()[7].clone());
    assert_eq!(row, "› half a 句|子");
    for position in 1..=1_000 {
        harness.receive_message(position, "bob", "多 words, and ann among them");
        if position % 50 == 0 {
            harness.receive_presence(Change::Entered { nick: nick(&format!("guest{position}")) });
            assert_eq!(harness.rows()[7], row);
        }
    }
    assert_eq!(harness.line(), line);
    harness.check(&[
        " #tea  tea and what goes with it",
        "▌02:37          bob  多 words, and ann among them",
        "▌02:38               多 words, and ann among them",
        "▌02:39               多 words, and ann among them",
        "▌02:40               多 words, and ann among them",
        "                  ⇄  guest1000 came",
        "─ ● ann ────────────────────────────────────────── F1 help ─",
        "› half a 句|子",
    ]);
}

#[test]
fn the_line_grows_to_a_third_of_the_screen() {
    let mut harness = Harness::in_tea(20, 9);
    harness.type_in("one");
    harness.press(Press::alt(Key::Enter));
    harness.type_in("two two two two two");
    harness.check(&[
        " #tea  tea and wha…",
        "",
        "",
        "nobody has said any…",
        "",
        "─ ● ann ────────────",
        "› one",
        "  two two two two tw",
        "  o|",
    ]);
    harness.press(Press::alt(Key::Enter));
    harness.type_in("三");
    harness.check(&[
        " #tea  tea and wha…",
        "",
        "",
        "nobody has said any…",
        "",
        "─ ● ann ────────────",
        "  two two two two tw",
        "  o",
        "  三|",
    ]);
}

#[test]
fn words_are_completed() {
    let mut harness = Harness::in_tea(60, 5);
    harness.receive_message(1, "bob", "hi");
    harness.receive_message(2, "berta", "hi");
    harness.type_in("b");
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "berta: |");
    harness.check(&[
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  hi",
        " 10:02        berta  hi",
        "─ ● ann ─ berta  bob ───────────────────────────── F1 help ─",
        "› berta: |",
    ]);
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "bob: |");
    harness.press(Press::shift(Key::Tab));
    assert_eq!(harness.line(), "berta: |");
    harness.ctrl('u');
    harness.type_in("/jo");
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "/join |");
    assert_eq!(harness.line(), "/join |");
}

/// Answers the request for a page of rooms.
fn answer_rooms(harness: &mut Harness, names: &[&str], page: u32, pages: u32) {
    let mut requests = harness.take_requests().into_iter().rev();
    let found = requests.find(|(_, request)| matches!(request, Request::Rooms(_)));
    let (reference, request) = found.expect("rooms were asked for");
    assert_eq!(request, Request::Rooms(teahouse_wire::api::Rooms { page }));
    let of = |name: &&str| Room { name: room(name), members: 2, topic: None };
    let rooms = names.iter().map(of).collect();
    let page = RoomsPage { rooms, total: 9, page, pages };
    harness.answer(reference, Message::Rooms(page));
}

#[test]
fn rooms_not_joined_are_completed() {
    let mut harness = Harness::in_tea(60, 5);
    harness.type_in("/join te");
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "/join te|", "it waits for the rooms");
    answer_rooms(&mut harness, &["lobby", "tea"], 1, 2);
    answer_rooms(&mut harness, &["template"], 2, 2);
    assert_eq!(harness.line(), "/join tea |");
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "/join template |");
    // The rooms stay known for a while.
    harness.ctrl('u');
    harness.type_in("see #lo");
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "see #lobby |");
    assert!(
        !harness.take_requests().iter().any(|(_, request)| matches!(request, Request::Rooms(_)))
    );
}

#[test]
fn a_changed_line_is_not_completed_late() {
    let mut harness = Harness::in_tea(60, 5);
    harness.type_in("/join te");
    harness.key(Key::Tab);
    harness.type_in("n");
    answer_rooms(&mut harness, &["tennis", "template"], 1, 1);
    assert_eq!(harness.line(), "/join ten|");
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "/join tennis |");
}

#[test]
fn the_joined_rooms_are_completed_while_offline() {
    let mut harness = Harness::in_tea(60, 5);
    let (why, retry_in) = ("gone".to_owned(), std::time::Duration::from_secs(3));
    harness.link(crate::link::Happening::State(crate::link::State::Offline { why, retry_in }));
    harness.type_in("#t");
    harness.key(Key::Tab);
    assert_eq!(harness.line(), "#tea |");
}

#[test]
fn sent_lines_are_searched() {
    let mut harness = Harness::in_tea(60, 5);
    harness.type_in("green tea\nblack tea\ncoffee\nhalf");
    harness.ctrl('r');
    harness.type_in("tea");
    harness.check(&[
        "",
        "             nobody has said anything here yet",
        "",
        "─ sent lines with: tea ─────────────────────────── F1 help ─",
        "› black |tea",
    ]);
    harness.ctrl('r');
    harness.key(Key::Enter);
    assert_eq!(harness.line(), "green |tea");
    harness.ctrl('r');
    harness.key(Key::Esc);
    assert_eq!(harness.line(), "green |tea");
}

#[test]
fn each_room_has_its_own_draft_and_it_is_saved() {
    let mut harness = Harness::in_tea(80, 5);
    harness.receive_joined("lobby", 0);
    harness.type_in("for tea");
    harness.wait(2_000);
    let draft = Keep::Draft { room: room("tea"), text: "for tea".to_owned() };
    assert!(harness.effects.contains(&Effect::Keep(draft)));
    harness.press(Press::alt(Key::Down));
    assert_eq!(harness.line(), "|");
    harness.type_in("for lobby");
    harness.press(Press::alt(Key::Char('1')));
    assert_eq!(harness.line(), "for tea|");
    harness.press(Press::alt(Key::Char('2')));
    assert_eq!(harness.line(), "for lobby|");
}

#[test]
fn a_draft_of_an_earlier_run_is_restored() {
    let drafts = vec![(room("tea"), "begun".to_owned())];
    let setup = crate::screen::Setup { rooms: vec![room("tea")], drafts, ..setup() };
    let mut harness = Harness::begin(60, 5, setup);
    assert_eq!(harness.line(), "begun|");
    harness.connect();
    harness.receive_joined("tea", 0);
    assert_eq!(harness.line(), "begun|");
}

#[test]
fn a_draft_of_an_earlier_run_that_was_sent_does_not_come_back_when_the_room_is_joined_again() {
    let drafts = vec![(room("tea"), "begun".to_owned())];
    let rooms = vec![room("tea"), room("lobby")];
    let setup = crate::screen::Setup { rooms, drafts, ..setup() };
    let mut harness = Harness::begin(80, 6, setup);
    harness.connect();
    harness.receive_joined("tea", 0);
    harness.receive_joined("lobby", 0);
    assert_eq!(harness.line(), "begun|");
    harness.key(Key::Enter);
    harness.receive(Message::Left { room: room("tea") });
    harness.type_in("/join tea\n");
    harness.receive_joined("tea", 0);
    assert!(harness.rows()[0].contains("#tea"), "{:?}", harness.rows());
    assert_eq!(harness.line(), "|");
}

#[test]
fn a_private_draft_is_saved_among_the_sent_lines() {
    let mut harness = Harness::in_tea(80, 6);
    for (whom, words) in [("bob", "half a line"), ("carl", "/who carl")] {
        harness.type_in(&format!("/msg {whom} hi\n{words}"));
        harness.press(Press::alt(Key::Char('1')));
    }
    harness.type_in("/msg dora hi\n");
    harness.input(Input::Paste("/quit".to_owned()));
    let kept = harness.model.close();
    let sent = |keep| {
        let Keep::Sent(line) = keep else { return None };
        Some(line)
    };
    let sent: Vec<_> = kept.into_iter().filter_map(sent).collect();
    assert_eq!(sent, ["/msg bob half a line", "/who carl", "/msg dora /quit"]);
    // The same before the first room.
    let mut harness = Harness::begin(80, 6, setup());
    harness.type_in("good morning");
    assert_eq!(harness.model.close(), [Keep::Sent("good morning".to_owned())]);
}

#[test]
fn the_mouse_places_the_caret_and_chooses_rooms() {
    let mut harness = Harness::in_tea(80, 6);
    harness.receive_joined("lobby", 0);
    harness.type_in("你好 abc");
    let mut press = |column, row| {
        harness.input(Input::Mouse(Mouse { column, row, does: MouseDoes::Press }));
        harness.line()
    };
    assert_eq!(press(4, 5), "你|好 abc");
    assert_eq!(press(5, 5), "你|好 abc");
    assert_eq!(press(70, 5), "你好 abc|");
    assert_eq!(press(3, 2), "|");
    assert!(harness.rows()[0].contains("#lobby"));
}

#[test]
fn leaving_takes_two_presses_or_an_empty_line() {
    let mut harness = Harness::in_tea(60, 5);
    harness.type_in("x");
    harness.ctrl('c');
    assert_eq!(harness.line(), "|");
    harness.ctrl('c');
    assert!(!harness.effects.contains(&Effect::Quit));
    harness.ctrl('c');
    assert!(harness.effects.contains(&Effect::Quit));
}

#[test]
fn typing_is_announced_at_intervals() {
    let mut harness = Harness::in_tea(60, 5);
    harness.type_in("/join x");
    harness.ctrl('u');
    let typing = |harness: &mut Harness| {
        harness
            .take_requests()
            .iter()
            .filter(|(_, request)| matches!(request, Request::Typing(_)))
            .count()
    };
    assert_eq!(typing(&mut harness), 0);
    harness.type_in("hello");
    assert_eq!(typing(&mut harness), 1);
    harness.wait(4_000);
    assert_eq!(typing(&mut harness), 0);
    harness.type_in(" you");
    assert_eq!(typing(&mut harness), 1);
}

#[test]
fn a_new_size_keeps_line_and_caret() {
    let mut harness = Harness::in_tea(60, 8);
    harness.receive_message(1, "bob", "hello there, how are you today?");
    harness.type_in("一二三四五六七八九十");
    harness.input(Input::Resize(Size { columns: 16, rows: 7 }));
    harness.check(&[
        " #tea  tea and…",
        " │ there, how",
        " │ are you",
        " │ today?",
        "─ ● ann ────────",
        "› 一二三四五六七",
        "  八九十|",
    ]);
    assert_eq!(harness.line(), "一二三四五六七八九十|");
}

#[test]
fn a_notice_has_the_status_row_to_itself_on_a_narrow_screen() {
    let mut harness = Harness::in_tea(70, 4);
    harness.type_in("/jion x\n");
    let expected = "─ there is no /jion; did you mean /join? (to say it, begin with //) ──";
    assert_eq!(harness.rows()[2], expected);
    let mut harness = Harness::in_tea(40, 4);
    harness.type_in("/jion x\n");
    assert_eq!(harness.rows()[2], "─ there is no /jion; did you mean /joi…─");
}

#[test]
fn completions_replace_a_notice_in_the_status() {
    let mut harness = Harness::in_tea(60, 4);
    harness.type_in("/jion x\n");
    harness.ctrl('u');
    harness.type_in("/ro");
    harness.key(Key::Tab);
    assert_eq!(harness.rows()[2], "─ ● ann ─ /room  /rooms ────────────────────────── F1 help ─");
}
