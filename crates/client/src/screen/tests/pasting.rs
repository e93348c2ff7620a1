//! A pasted text is text, a typed command is a command, and a refused paste changes nothing.

use teahouse_wire::api::Request;

use super::harness::{Harness, room, setup};
use crate::screen::{Effect, Input, Keep, Key, Press};

#[test]
fn a_pasted_command_is_text() {
    let mut harness = Harness::in_tea(60, 5);
    harness.input(Input::Paste("/quit\n".to_owned()));
    assert_eq!(harness.line(), "/quit|");
    harness.type_in("\n");
    assert!(
        harness
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Say { text, .. } if text.as_str() == "/quit"))
    );
    assert!(!harness.effects.contains(&Effect::Quit));
    harness.key(Key::Up);
    assert_eq!(harness.line(), "//quit|");
    harness.key(Key::Enter);
    assert!(!harness.effects.contains(&Effect::Quit));
}

#[test]
fn a_pasted_command_behind_invisible_characters_is_text_too() {
    for hidden in ["\u{200B}", "\u{2060}", "\u{2800}", "\u{3164}\u{200D}"] {
        let mut harness = Harness::in_tea(60, 5);
        harness.input(Input::Paste(format!("{hidden}/quit")));
        harness.wait(500);
        let kept = harness.effects.iter().rev().find_map(|effect| {
            let Effect::Keep(Keep::Draft { text, .. }) = effect else { return None };
            Some(text.clone())
        });
        assert!(kept.is_some_and(|kept| kept.ends_with("//quit")), "{hidden:?}");
        harness.type_in("\n");
        harness.key(Key::Up);
        harness.key(Key::Enter);
        assert!(!harness.effects.contains(&Effect::Quit), "{hidden:?}");
        assert_eq!(sent_texts(&harness).len(), 2, "{hidden:?}");
    }
}

#[test]
fn invisible_characters_pasted_before_a_command_leave_it_a_command() {
    for hidden in ["\u{200B}", "\u{2800}"] {
        let mut harness = Harness::in_tea(60, 8);
        harness.type_in("/topic a secret plan");
        harness.key(Key::Home);
        paste(&mut harness, hidden);
        check_is_command(harness, "a secret plan");
    }
}

#[test]
fn a_long_paste_needs_confirmation() {
    let mut harness = Harness::in_tea(70, 18);
    harness.input(Input::Paste("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n".to_owned()));
    harness.type_in("\n");
    let has_sent =
        |harness: &Harness| harness.effects.iter().any(|e| matches!(e, Effect::Say { .. }));
    assert!(!has_sent(&harness));
    harness.check(&[
        " #tea  tea and what goes with it",
        "",
        "",
        "",
        "",
        "",
        "                  nobody has said anything here yet",
        "",
        "",
        "",
        "",
        "─ send these 6 lines? y: send, any other key: back to them ─ F1 help ─",
        "› 1",
        "  2",
        "  3",
        "  4",
        "  5",
        "  6|",
    ]);
    harness.key(Key::Enter);
    assert!(!has_sent(&harness));
    harness.type_in("\ny");
    assert!(has_sent(&harness));
    assert_eq!(harness.line(), "|");
}

#[test]
fn five_lines_need_no_confirmation() {
    let mut harness = Harness::in_tea(70, 18);
    harness.input(Input::Paste("1\n2\n3\n4\n5".to_owned()));
    harness.type_in("\n");
    assert!(harness.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
}

#[test]
fn keys_faster_than_typing_are_a_paste_where_terminals_report_none() {
    let mut harness = Harness::begin(60, 12, crate::screen::Setup { has_bursts: true, ..setup() });
    harness.connect();
    harness.receive_joined("tea", 0);
    for c in "/quit\na\n\nand more\n".chars() {
        harness.now.since_start_ms += 1;
        harness.type_in(&c.to_string());
    }
    harness.wait(50);
    assert!(!harness.effects.iter().any(|e| matches!(e, Effect::Say { .. } | Effect::Quit)));
    assert_eq!(harness.line(), "/quit\na\n\nand more\n|");
    harness.wait(500);
    harness.type_in("\n");
    harness.wait(20);
    let sent_text = |effect: &Effect| {
        let Effect::Say { text, .. } = effect else { return None };
        Some(text.as_str().to_owned())
    };
    let texts: Vec<_> = harness.effects.iter().filter_map(sent_text).collect();
    assert_eq!(texts, ["/quit\na\n\nand more"]);
}

#[test]
fn typing_is_no_paste() {
    let mut harness = Harness::begin(60, 12, crate::screen::Setup { has_bursts: true, ..setup() });
    harness.connect();
    harness.receive_joined("tea", 0);
    for c in "hello\n".chars() {
        harness.wait(60);
        harness.type_in(&c.to_string());
    }
    harness.wait(20);
    assert!(harness.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
}

fn paste(harness: &mut Harness, text: &str) {
    harness.input(Input::Paste(text.to_owned()));
}

/// The texts sent to rooms.
fn sent_texts(harness: &Harness) -> Vec<&str> {
    fn sent_text(effect: &Effect) -> Option<&str> {
        let Effect::Say { text, .. } = effect else { return None };
        Some(text.as_str())
    }
    harness.effects.iter().filter_map(sent_text).collect()
}

/// The last topic that a request sets.
fn last_topic(harness: &mut Harness) -> Option<String> {
    let requests = harness.take_requests().into_iter().rev();
    requests.into_iter().find_map(|(_, request)| {
        let Request::Topic(topic) = request else { return None };
        topic.text.flatten().map(|text| text.as_str().to_owned())
    })
}

#[track_caller]
fn check_is_command(mut harness: Harness, words: &str) {
    harness.type_in("\n");
    assert!(sent_texts(&harness).is_empty(), "said: {:?}", sent_texts(&harness));
    assert_eq!(last_topic(&mut harness).as_deref(), Some(words));
}

#[test]
fn a_refused_or_empty_paste_leaves_a_command_a_command() {
    let too_long = "x".repeat(17_000);
    let too_many = "x\n".repeat(300);
    for pasted in ["", "\n", "\r\n\r\n", "\u{1b}\u{7}", &too_long, &too_many] {
        let mut harness = Harness::in_tea(60, 8);
        harness.type_in("/topic a secret plan");
        harness.key(Key::Home);
        paste(&mut harness, pasted);
        check_is_command(harness, "a secret plan");
    }
}

#[test]
fn an_undone_paste_leaves_a_command_a_command() {
    let mut harness = Harness::in_tea(60, 8);
    harness.type_in("/topic a secret plan");
    harness.key(Key::Home);
    paste(&mut harness, "/");
    harness.ctrl('_');
    assert_eq!(harness.line(), "|/topic a secret plan");
    check_is_command(harness, "a secret plan");
}

#[test]
fn a_paste_inside_a_command_leaves_it_a_command() {
    let mut harness = Harness::in_tea(60, 8);
    harness.type_in("/topic ");
    paste(&mut harness, "/a/path");
    check_is_command(harness, "/a/path");
}

#[test]
fn a_pasted_text_stays_text_after_undo_redo_cut_and_yank() {
    for keys in [
        &[] as &[Press],
        &[Press::ctrl(Key::Char('_')), Press::alt(Key::Char('_'))],
        &[Press::ctrl(Key::Char('u')), Press::ctrl(Key::Char('y'))],
    ] {
        let mut harness = Harness::in_tea(60, 8);
        paste(&mut harness, "/quit");
        keys.iter().for_each(|key| harness.press(*key));
        harness.type_in("\n");
        assert_eq!(sent_texts(&harness), ["/quit"], "{keys:?}");
    }
    let mut harness = Harness::in_tea(60, 8);
    paste(&mut harness, "/quit");
    harness.key(Key::Home);
    harness.type_in("x");
    harness.key(Key::Backspace);
    harness.type_in("\n");
    assert_eq!(sent_texts(&harness), ["/quit"]);
}

#[test]
fn a_command_that_is_cut_and_put_back_stays_a_command() {
    let mut harness = Harness::in_tea(60, 8);
    paste(&mut harness, "/pasted");
    harness.ctrl('u');
    harness.type_in("/topic plan");
    harness.ctrl('u');
    harness.ctrl('y');
    check_is_command(harness, "plan");
}

#[test]
fn a_command_that_is_recalled_over_a_pasted_text_stays_a_command() {
    let mut harness = Harness::in_tea(60, 8);
    harness.type_in("/topic plan\n");
    paste(&mut harness, "/etc/hosts");
    harness.key(Key::Up);
    assert_eq!(harness.line(), "/topic plan|");
    check_is_command(harness, "plan");
}

#[test]
fn a_paste_into_the_search_of_sent_lines_does_not_change_them() {
    let mut harness = Harness::in_tea(60, 8);
    harness.type_in("/topic plan\n");
    harness.ctrl('r');
    paste(&mut harness, "/topic");
    harness.key(Key::Enter);
    assert_eq!(harness.line(), "|/topic plan");
    check_is_command(harness, "plan");
}

#[test]
fn a_pasted_draft_stays_text_after_another_room_and_in_the_next_run() {
    let mut harness = Harness::in_tea(80, 8);
    harness.receive_joined("lobby", 0);
    paste(&mut harness, "/quit");
    harness.press(Press::alt(Key::Char('2')));
    let kept = Keep::Draft { room: room("tea"), text: "//quit".to_owned() };
    assert!(harness.effects.contains(&Effect::Keep(kept)));
    harness.press(Press::alt(Key::Char('1')));
    assert_eq!(harness.line(), "/quit|");
    harness.type_in("\n");
    assert_eq!(sent_texts(&harness), ["/quit"]);

    let drafts = vec![(room("tea"), "//quit".to_owned())];
    let mut harness =
        Harness::begin(60, 8, crate::screen::Setup { rooms: vec![room("tea")], drafts, ..setup() });
    harness.connect();
    harness.receive_joined("tea", 0);
    harness.type_in("\n");
    assert_eq!(sent_texts(&harness), ["/quit"]);
}

#[test]
fn the_draft_is_saved_while_a_sent_line_is_recalled() {
    let mut harness = Harness::in_tea(80, 8);
    harness.receive_joined("lobby", 0);
    harness.type_in("sent\nhalf a line");
    harness.key(Key::Up);
    assert_eq!(harness.line(), "sent|");
    harness.wait(2_000);
    let kept = |text: &str| Effect::Keep(Keep::Draft { room: room("tea"), text: text.to_owned() });
    assert!(harness.effects.contains(&kept("half a line")));
    assert!(!harness.effects.contains(&kept("sent")));
    harness.press(Press::alt(Key::Char('2')));
    harness.press(Press::alt(Key::Char('1')));
    assert_eq!(harness.line(), "half a line|");
}

#[test]
fn a_refused_paste_needs_no_confirmation_later() {
    let mut harness = Harness::in_tea(60, 8);
    harness.type_in("hi");
    paste(&mut harness, &"x\n".repeat(300));
    harness.type_in("\n");
    assert_eq!(sent_texts(&harness), ["hi"]);
}

#[test]
fn fast_keys_inside_a_command_leave_it_a_command() {
    let mut harness = Harness::begin(60, 12, crate::screen::Setup { has_bursts: true, ..setup() });
    harness.connect();
    harness.receive_joined("tea", 0);
    for c in "/topic ".chars() {
        harness.wait(60);
        harness.type_in(&c.to_string());
    }
    harness.wait(60);
    for c in "a secret plan".chars() {
        harness.now.since_start_ms += 1;
        harness.type_in(&c.to_string());
    }
    harness.wait(500);
    harness.type_in("\n");
    harness.wait(20);
    assert!(sent_texts(&harness).is_empty());
    assert_eq!(last_topic(&mut harness).as_deref(), Some("a secret plan"));
}

#[test]
fn tabs_keep_their_width() {
    let mut harness = Harness::in_tea(60, 8);
    paste(&mut harness, "a\tb\n\tc");
    assert_eq!(harness.line(), "a       b\n        c|");
}
