//! What is pasted is text, what is typed means what it says, and a paste that is refused leaves no mark.

use teahouse_wire::api::Request;

use super::played::{Played, room, setup};
use crate::screen::{Effect, Input, Keep, Key, Press};

#[test]
fn a_pasted_command_is_text() {
    let mut played = Played::in_tea(60, 5);
    played.input(Input::Paste("/quit\n".to_owned()));
    assert_eq!(played.line(), "/quit|");
    played.type_in("\n");
    assert!(
        played
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Say { text, .. } if text.as_str() == "/quit"))
    );
    assert!(!played.effects.contains(&Effect::Quit));
    played.key(Key::Up);
    assert_eq!(played.line(), "//quit|");
    played.key(Key::Enter);
    assert!(!played.effects.contains(&Effect::Quit));
}

#[test]
fn a_pasted_command_behind_what_does_not_show_is_text_too() {
    for hidden in ["\u{200B}", "\u{2060}", "\u{2800}", "\u{3164}\u{200D}"] {
        let mut played = Played::in_tea(60, 5);
        played.input(Input::Paste(format!("{hidden}/quit")));
        played.wait(500);
        let kept = played.effects.iter().rev().find_map(|effect| {
            let Effect::Keep(Keep::Draft { text, .. }) = effect else { return None };
            Some(text.clone())
        });
        assert!(kept.is_some_and(|kept| kept.ends_with("//quit")), "{hidden:?}");
        played.type_in("\n");
        played.key(Key::Up);
        played.key(Key::Enter);
        assert!(!played.effects.contains(&Effect::Quit), "{hidden:?}");
        assert_eq!(said(&played).len(), 2, "{hidden:?}");
    }
}

#[test]
fn what_does_not_show_and_is_pasted_before_a_command_leaves_it_a_command() {
    for hidden in ["\u{200B}", "\u{2800}"] {
        let mut played = Played::in_tea(60, 8);
        played.type_in("/topic a secret plan");
        played.key(Key::Home);
        paste(&mut played, hidden);
        check_is_command(played, "a secret plan");
    }
}

#[test]
fn a_long_paste_is_asked_about() {
    let mut played = Played::in_tea(70, 18);
    played.input(Input::Paste("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n".to_owned()));
    played.type_in("\n");
    let says = |played: &Played| played.effects.iter().any(|e| matches!(e, Effect::Say { .. }));
    assert!(!says(&played));
    played.check(&[
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
    played.key(Key::Enter);
    assert!(!says(&played));
    played.type_in("\ny");
    assert!(says(&played));
    assert_eq!(played.line(), "|");
}

#[test]
fn five_lines_are_not_asked_about() {
    let mut played = Played::in_tea(70, 18);
    played.input(Input::Paste("1\n2\n3\n4\n5".to_owned()));
    played.type_in("\n");
    assert!(played.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
}

#[test]
fn keys_faster_than_fingers_are_a_paste_where_terminals_do_not_tell() {
    let mut played = Played::begin(60, 12, crate::screen::Setup { has_bursts: true, ..setup() });
    played.online();
    played.joined("tea", 0);
    for c in "/quit\na\n\nand more\n".chars() {
        played.now.since_start_ms += 1;
        played.type_in(&c.to_string());
    }
    played.wait(50);
    assert!(!played.effects.iter().any(|e| matches!(e, Effect::Say { .. } | Effect::Quit)));
    assert_eq!(played.line(), "/quit\na\n\nand more\n|");
    played.wait(500);
    played.type_in("\n");
    played.wait(20);
    let said = |effect: &Effect| {
        let Effect::Say { text, .. } = effect else { return None };
        Some(text.as_str().to_owned())
    };
    let said: Vec<_> = played.effects.iter().filter_map(said).collect();
    assert_eq!(said, ["/quit\na\n\nand more"]);
}

#[test]
fn fingers_are_no_paste() {
    let mut played = Played::begin(60, 12, crate::screen::Setup { has_bursts: true, ..setup() });
    played.online();
    played.joined("tea", 0);
    for c in "hello\n".chars() {
        played.wait(60);
        played.type_in(&c.to_string());
    }
    played.wait(20);
    assert!(played.effects.iter().any(|effect| matches!(effect, Effect::Say { .. })));
}

fn paste(played: &mut Played, text: &str) {
    played.input(Input::Paste(text.to_owned()));
}

/// What was said in a room.
fn said(played: &Played) -> Vec<&str> {
    fn said(effect: &Effect) -> Option<&str> {
        let Effect::Say { text, .. } = effect else { return None };
        Some(text.as_str())
    }
    played.effects.iter().filter_map(said).collect()
}

/// The last topic that was asked to be set.
fn topic(played: &mut Played) -> Option<String> {
    let asked = played.asked().into_iter().rev();
    asked.into_iter().find_map(|(_, request)| {
        let Request::Topic(topic) = request else { return None };
        topic.text.flatten().map(|text| text.as_str().to_owned())
    })
}

#[track_caller]
fn check_is_command(mut played: Played, words: &str) {
    played.type_in("\n");
    assert!(said(&played).is_empty(), "said: {:?}", said(&played));
    assert_eq!(topic(&mut played).as_deref(), Some(words));
}

#[test]
fn a_paste_that_is_refused_or_empty_makes_no_command_a_text() {
    let too_long = "x".repeat(17_000);
    let too_many = "x\n".repeat(300);
    for pasted in ["", "\n", "\r\n\r\n", "\u{1b}\u{7}", &too_long, &too_many] {
        let mut played = Played::in_tea(60, 8);
        played.type_in("/topic a secret plan");
        played.key(Key::Home);
        paste(&mut played, pasted);
        check_is_command(played, "a secret plan");
    }
}

#[test]
fn a_paste_that_is_undone_leaves_no_mark() {
    let mut played = Played::in_tea(60, 8);
    played.type_in("/topic a secret plan");
    played.key(Key::Home);
    paste(&mut played, "/");
    played.ctrl('_');
    assert_eq!(played.line(), "|/topic a secret plan");
    check_is_command(played, "a secret plan");
}

#[test]
fn a_paste_inside_a_command_leaves_it_a_command() {
    let mut played = Played::in_tea(60, 8);
    played.type_in("/topic ");
    paste(&mut played, "/a/path");
    check_is_command(played, "/a/path");
}

#[test]
fn a_pasted_text_stays_text_when_it_is_undone_cut_and_put_back() {
    for keys in [
        &[] as &[Press],
        &[Press::ctrl(Key::Char('_')), Press::alt(Key::Char('_'))],
        &[Press::ctrl(Key::Char('u')), Press::ctrl(Key::Char('y'))],
    ] {
        let mut played = Played::in_tea(60, 8);
        paste(&mut played, "/quit");
        keys.iter().for_each(|key| played.press(*key));
        played.type_in("\n");
        assert_eq!(said(&played), ["/quit"], "{keys:?}");
    }
    let mut played = Played::in_tea(60, 8);
    paste(&mut played, "/quit");
    played.key(Key::Home);
    played.type_in("x");
    played.key(Key::Backspace);
    played.type_in("\n");
    assert_eq!(said(&played), ["/quit"]);
}

#[test]
fn a_command_that_is_cut_and_put_back_stays_a_command() {
    let mut played = Played::in_tea(60, 8);
    paste(&mut played, "/pasted");
    played.ctrl('u');
    played.type_in("/topic plan");
    played.ctrl('u');
    played.ctrl('y');
    check_is_command(played, "plan");
}

#[test]
fn a_command_that_is_recalled_over_a_pasted_text_stays_a_command() {
    let mut played = Played::in_tea(60, 8);
    played.type_in("/topic plan\n");
    paste(&mut played, "/etc/hosts");
    played.key(Key::Up);
    assert_eq!(played.line(), "/topic plan|");
    check_is_command(played, "plan");
}

#[test]
fn what_is_pasted_into_a_search_of_sent_lines_leaves_them_as_they_are() {
    let mut played = Played::in_tea(60, 8);
    played.type_in("/topic plan\n");
    played.ctrl('r');
    paste(&mut played, "/topic");
    played.key(Key::Enter);
    assert_eq!(played.line(), "|/topic plan");
    check_is_command(played, "plan");
}

#[test]
fn a_pasted_text_is_still_text_after_another_room_and_in_the_next_run() {
    let mut played = Played::in_tea(80, 8);
    played.joined("lobby", 0);
    paste(&mut played, "/quit");
    played.press(Press::alt(Key::Char('2')));
    let kept = Keep::Draft { room: room("tea"), text: "//quit".to_owned() };
    assert!(played.effects.contains(&Effect::Keep(kept)));
    played.press(Press::alt(Key::Char('1')));
    assert_eq!(played.line(), "/quit|");
    played.type_in("\n");
    assert_eq!(said(&played), ["/quit"]);

    let drafts = vec![(room("tea"), "//quit".to_owned())];
    let mut played =
        Played::begin(60, 8, crate::screen::Setup { rooms: vec![room("tea")], drafts, ..setup() });
    played.online();
    played.joined("tea", 0);
    played.type_in("\n");
    assert_eq!(said(&played), ["/quit"]);
}

#[test]
fn the_line_one_writes_is_kept_while_a_sent_one_is_looked_at() {
    let mut played = Played::in_tea(80, 8);
    played.joined("lobby", 0);
    played.type_in("sent\nhalf a line");
    played.key(Key::Up);
    assert_eq!(played.line(), "sent|");
    played.wait(2_000);
    let kept = |text: &str| Effect::Keep(Keep::Draft { room: room("tea"), text: text.to_owned() });
    assert!(played.effects.contains(&kept("half a line")));
    assert!(!played.effects.contains(&kept("sent")));
    played.press(Press::alt(Key::Char('2')));
    played.press(Press::alt(Key::Char('1')));
    assert_eq!(played.line(), "half a line|");
}

#[test]
fn a_paste_that_is_refused_is_not_asked_about_later() {
    let mut played = Played::in_tea(60, 8);
    played.type_in("hi");
    paste(&mut played, &"x\n".repeat(300));
    played.type_in("\n");
    assert_eq!(said(&played), ["hi"]);
}

#[test]
fn keys_that_are_a_paste_make_no_text_of_the_command_they_are_put_into() {
    let mut played = Played::begin(60, 12, crate::screen::Setup { has_bursts: true, ..setup() });
    played.online();
    played.joined("tea", 0);
    for c in "/topic ".chars() {
        played.wait(60);
        played.type_in(&c.to_string());
    }
    played.wait(60);
    for c in "a secret plan".chars() {
        played.now.since_start_ms += 1;
        played.type_in(&c.to_string());
    }
    played.wait(500);
    played.type_in("\n");
    played.wait(20);
    assert!(said(&played).is_empty());
    assert_eq!(topic(&mut played).as_deref(), Some("a secret plan"));
}

#[test]
fn tabs_keep_their_width() {
    let mut played = Played::in_tea(60, 8);
    paste(&mut played, "a\tb\n\tc");
    assert_eq!(played.line(), "a       b\n        c|");
}
