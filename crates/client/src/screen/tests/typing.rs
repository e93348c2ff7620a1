//! The line: nothing that arrives touches it, and keys do what people expect.

use teahouse_wire::api::{Message, Request, Room, RoomsPage};

use super::played::{Played, nick, room, setup};
use crate::screen::{Effect, Input, Keep, Key, Mouse, MouseDoes, Press, Size};
use teahouse_wire::api::Change;

#[test]
fn a_thousand_messages_leave_half_a_line_as_it_is() {
    let mut played = Played::in_tea(60, 8);
    played.type_in("half a 句子");
    played.key(Key::Left);
    let (line, row) = (played.line(), played.rows()[7].clone());
    assert_eq!(row, "› half a 句|子");
    for position in 1..=1_000 {
        played.said(position, "bob", "多 words, and ann among them");
        if position % 50 == 0 {
            played.change(Change::Entered { nick: nick(&format!("guest{position}")) });
            assert_eq!(played.rows()[7], row);
        }
    }
    assert_eq!(played.line(), line);
    played.check(&[
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
    let mut played = Played::in_tea(20, 9);
    played.type_in("one");
    played.press(Press::alt(Key::Enter));
    played.type_in("two two two two two");
    played.check(&[
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
    played.press(Press::alt(Key::Enter));
    played.type_in("三");
    played.check(&[
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
    let mut played = Played::in_tea(60, 5);
    played.said(1, "bob", "hi");
    played.said(2, "berta", "hi");
    played.type_in("b");
    played.key(Key::Tab);
    assert_eq!(played.line(), "berta: |");
    played.check(&[
        " ──────────────── Monday, 23 November 2026 ────────────────",
        " 10:01          bob  hi",
        " 10:02        berta  hi",
        "─ ● ann ─ berta  bob ───────────────────────────── F1 help ─",
        "› berta: |",
    ]);
    played.key(Key::Tab);
    assert_eq!(played.line(), "bob: |");
    played.press(Press::shift(Key::Tab));
    assert_eq!(played.line(), "berta: |");
    played.ctrl('u');
    played.type_in("/jo");
    played.key(Key::Tab);
    assert_eq!(played.line(), "/join |");
    assert_eq!(played.line(), "/join |");
}

/// Answers the question for a page of rooms.
fn answer_rooms(played: &mut Played, names: &[&str], page: u32, pages: u32) {
    let mut asked = played.asked().into_iter().rev();
    let asked = asked.find(|(_, request)| matches!(request, Request::Rooms(_)));
    let (reference, request) = asked.expect("rooms were asked for");
    assert_eq!(request, Request::Rooms(teahouse_wire::api::Rooms { page }));
    let of = |name: &&str| Room { name: room(name), members: 2, topic: None };
    let rooms = names.iter().map(of).collect();
    let page = RoomsPage { rooms, total: 9, page, pages };
    played.answer(reference, Message::Rooms(page));
}

#[test]
fn rooms_that_one_is_not_in_are_completed() {
    let mut played = Played::in_tea(60, 5);
    played.type_in("/join te");
    played.key(Key::Tab);
    assert_eq!(played.line(), "/join te|", "it waits for the rooms");
    answer_rooms(&mut played, &["lobby", "tea"], 1, 2);
    answer_rooms(&mut played, &["template"], 2, 2);
    assert_eq!(played.line(), "/join tea |");
    played.key(Key::Tab);
    assert_eq!(played.line(), "/join template |");
    // They are known for a while.
    played.ctrl('u');
    played.type_in("see #lo");
    played.key(Key::Tab);
    assert_eq!(played.line(), "see #lobby |");
    assert!(!played.asked().iter().any(|(_, asked)| matches!(asked, Request::Rooms(_))));
}

#[test]
fn a_line_that_went_on_is_not_completed_late() {
    let mut played = Played::in_tea(60, 5);
    played.type_in("/join te");
    played.key(Key::Tab);
    played.type_in("n");
    answer_rooms(&mut played, &["tennis", "template"], 1, 1);
    assert_eq!(played.line(), "/join ten|");
    played.key(Key::Tab);
    assert_eq!(played.line(), "/join tennis |");
}

#[test]
fn without_a_server_the_rooms_one_is_in_are_completed() {
    let mut played = Played::in_tea(60, 5);
    let (why, retry_in) = ("gone".to_owned(), std::time::Duration::from_secs(3));
    played.link(crate::link::Happening::State(crate::link::State::Offline { why, retry_in }));
    played.type_in("#t");
    played.key(Key::Tab);
    assert_eq!(played.line(), "#tea |");
}

#[test]
fn sent_lines_are_searched() {
    let mut played = Played::in_tea(60, 5);
    played.type_in("green tea\nblack tea\ncoffee\nhalf");
    played.ctrl('r');
    played.type_in("tea");
    played.check(&[
        "",
        "             nobody has said anything here yet",
        "",
        "─ sent lines with: tea ─────────────────────────── F1 help ─",
        "› black |tea",
    ]);
    played.ctrl('r');
    played.key(Key::Enter);
    assert_eq!(played.line(), "green |tea");
    played.ctrl('r');
    played.key(Key::Esc);
    assert_eq!(played.line(), "green |tea");
}

#[test]
fn each_room_has_its_own_line_and_it_is_kept() {
    let mut played = Played::in_tea(80, 5);
    played.joined("lobby", 0);
    played.type_in("for tea");
    played.wait(2_000);
    let draft = Keep::Draft { room: room("tea"), text: "for tea".to_owned() };
    assert!(played.effects.contains(&Effect::Keep(draft)));
    played.press(Press::alt(Key::Down));
    assert_eq!(played.line(), "|");
    played.type_in("for lobby");
    played.press(Press::alt(Key::Char('1')));
    assert_eq!(played.line(), "for tea|");
    played.press(Press::alt(Key::Char('2')));
    assert_eq!(played.line(), "for lobby|");
}

#[test]
fn a_line_begun_in_a_run_before_is_there_again() {
    let drafts = vec![(room("tea"), "begun".to_owned())];
    let setup = crate::screen::Setup { rooms: vec![room("tea")], drafts, ..setup() };
    let mut played = Played::begin(60, 5, setup);
    assert_eq!(played.line(), "begun|");
    played.online();
    played.joined("tea", 0);
    assert_eq!(played.line(), "begun|");
}

#[test]
fn a_line_begun_to_one_person_is_kept_among_the_sent_ones() {
    let mut played = Played::in_tea(80, 6);
    for (whom, words) in [("bob", "half a line"), ("carl", "/who carl")] {
        played.type_in(&format!("/msg {whom} hi\n{words}"));
        played.press(Press::alt(Key::Char('1')));
    }
    played.type_in("/msg dora hi\n");
    played.input(Input::Paste("/quit".to_owned()));
    let kept = played.model.close();
    let sent = |keep| {
        let Keep::Sent(line) = keep else { return None };
        Some(line)
    };
    let sent: Vec<_> = kept.into_iter().filter_map(sent).collect();
    assert_eq!(sent, ["/msg bob half a line", "/who carl", "/msg dora /quit"]);
    // Before there is a room.
    let mut played = Played::begin(80, 6, setup());
    played.type_in("good morning");
    assert_eq!(played.model.close(), [Keep::Sent("good morning".to_owned())]);
}

#[test]
fn the_mouse_places_the_caret_and_chooses_rooms() {
    let mut played = Played::in_tea(80, 6);
    played.joined("lobby", 0);
    played.type_in("你好 abc");
    let mut press = |column, row| {
        played.input(Input::Mouse(Mouse { column, row, does: MouseDoes::Press }));
        played.line()
    };
    assert_eq!(press(4, 5), "你|好 abc");
    assert_eq!(press(5, 5), "你|好 abc");
    assert_eq!(press(70, 5), "你好 abc|");
    assert_eq!(press(3, 2), "|");
    assert!(played.rows()[0].contains("#lobby"));
}

#[test]
fn leaving_takes_two_presses_or_an_empty_line() {
    let mut played = Played::in_tea(60, 5);
    played.type_in("x");
    played.ctrl('c');
    assert_eq!(played.line(), "|");
    played.ctrl('c');
    assert!(!played.effects.contains(&Effect::Quit));
    played.ctrl('c');
    assert!(played.effects.contains(&Effect::Quit));
}

#[test]
fn the_others_are_told_that_one_types_now_and_then() {
    let mut played = Played::in_tea(60, 5);
    played.type_in("/join x");
    played.ctrl('u');
    let typing = |played: &mut Played| {
        played.asked().iter().filter(|(_, asked)| matches!(asked, Request::Typing(_))).count()
    };
    assert_eq!(typing(&mut played), 0);
    played.type_in("hello");
    assert_eq!(typing(&mut played), 1);
    played.wait(4_000);
    assert_eq!(typing(&mut played), 0);
    played.type_in(" you");
    assert_eq!(typing(&mut played), 1);
}

#[test]
fn a_new_size_keeps_line_and_caret() {
    let mut played = Played::in_tea(60, 8);
    played.said(1, "bob", "hello there, how are you today?");
    played.type_in("一二三四五六七八九十");
    played.input(Input::Resize(Size { columns: 16, rows: 7 }));
    played.check(&[
        " #tea  tea and…",
        " │ there, how",
        " │ are you",
        " │ today?",
        "─ ● ann ────────",
        "› 一二三四五六七",
        "  八九十|",
    ]);
    assert_eq!(played.line(), "一二三四五六七八九十|");
}

#[test]
fn a_short_word_has_the_row_to_itself_where_it_is_narrow() {
    let mut played = Played::in_tea(70, 4);
    played.type_in("/jion x\n");
    let said = "─ there is no /jion; did you mean /join? (to say it, begin with //) ──";
    assert_eq!(played.rows()[2], said);
    let mut played = Played::in_tea(40, 4);
    played.type_in("/jion x\n");
    assert_eq!(played.rows()[2], "─ there is no /jion; did you mean /joi…─");
}

#[test]
fn what_a_word_may_be_completed_to_comes_before_a_short_word() {
    let mut played = Played::in_tea(60, 4);
    played.type_in("/jion x\n");
    played.ctrl('u');
    played.type_in("/ro");
    played.key(Key::Tab);
    assert_eq!(played.rows()[2], "─ ● ann ─ /room  /rooms ────────────────────────── F1 help ─");
}
