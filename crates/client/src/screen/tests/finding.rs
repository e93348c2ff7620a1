//! Searching, and going to what was found.

use teahouse_wire::api::{Message, Request};

use super::played::{Played, event, numbered, room};
use crate::screen::Key;

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
