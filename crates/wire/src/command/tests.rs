//! Lines as people enter them, and the commands that they mean.

use super::*;

fn read(line: &str) -> String {
    match parse(line) {
        Ok(command) => format!("{command:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_line_is_a_message_unless_it_is_a_command() {
    let cases = [
        ("", "Nothing"),
        ("   ", "Nothing"),
        ("hi there ", r#"Say(Text("hi there"))"#),
        ("//join", r#"Say(Text("/join"))"#),
        (" /join", r#"Say(Text(" /join"))"#),
        ("/join #Tea", r#"Join(RoomName("tea"))"#),
        ("/JOIN 茶馆", r#"Join(RoomName("茶馆"))"#),
        ("/leave", "Leave(None)"),
        ("/room go", r#"Room(Some(RoomName("go")))"#),
        ("/nick 小明", r#"Nick(Nick("小明"))"#),
        ("/me waves", r#"Act(Text("waves"))"#),
        ("/msg bob hi  there", r#"Tell { nick: Nick("bob"), text: Text("hi  there") }"#),
        ("/who", "Who { room: None, page: 1 }"),
        ("/who 2", "Who { room: None, page: 2 }"),
        ("/who tea 2", r#"Who { room: Some(RoomName("tea")), page: 2 }"#),
        ("/rooms 3", "Rooms { page: 3 }"),
        ("/topic", "Topic(Ask)"),
        ("/topic -clear", "Topic(Clear)"),
        ("/topic green tea", r#"Topic(Set(Text("green tea")))"#),
        ("/history", "History { count: 20, before: None }"),
        ("/history 7", "History { count: 7, before: None }"),
        ("/history before 10:32", "History { count: 20, before: Some(TimeOfDay(10:32:00)) }"),
        (
            "/history before 2026-11-24 10:32",
            "History { count: 20, before: Some(Dated(2026-11-24T10:32:00)) }",
        ),
        ("/history before tea", "usage: /history [N | before TIME]"),
        ("/search 火锅", r#"Search { words: Some("火锅") }"#),
        ("/search", "Search { words: None }"),
        ("/ignore", "Ignore(None)"),
        ("/ignore eve", r#"Ignore(Some(Nick("eve")))"#),
        ("/help JOIN", "Help(Some(/join))"),
        ("/help /join", "Help(Some(/join))"),
        ("/quit", "Quit"),
    ];
    for (line, expected) in cases {
        assert_eq!(read(line), expected, "{line}");
    }
}

#[test]
fn an_error_says_what_to_do_instead() {
    let cases = [
        ("/jion tea", "there is no /jion; did you mean /join? (to say it, begin with //)"),
        ("/dance", "there is no /dance; /help lists what there is (to say it, begin with //)"),
        ("/", "there is no /; /help lists what there is (to say it, begin with //)"),
        ("/join", "usage: /join ROOM"),
        ("/join a b", "\"a b\" is no name: a space cannot be in a name"),
        ("/msg bob", "usage: /msg NAME WORDS"),
        ("/rooms 0", "usage: /rooms [PAGE]"),
        ("/history 500", "/history shows 1 to 200 messages at once"),
        ("/quit now", "usage: /quit"),
        ("/history 0", "/history shows 1 to 200 messages at once"),
        ("/nick a\u{202E} b", "\"a b\" is no name: a space cannot be in a name"),
        ("/msg a,b \u{7}", "\"a,b\" is no name: ',' cannot be in a name"),
        ("/help dance", "there is no /dance; /help lists what there is (to say it, begin with //)"),
    ];
    for (line, expected) in cases {
        assert_eq!(read(line), expected, "{line}");
    }
    assert!(read(&format!("/search {}", "x".repeat(300))).contains("at most 256 bytes"));
    assert!(read(&"x".repeat(20_000)).starts_with("not sent: it has 20000 bytes"));
}

#[test]
fn every_command_is_in_the_help_and_is_found_by_its_name() {
    assert_eq!(help(None).len(), VERBS.len() + 1);
    for verb in VERBS {
        assert_eq!(help(Some(verb)).len(), 1);
        let unknown =
            matches!(parse(&format!("/{}", verb.name)), Err(CommandError::Unknown { .. }));
        assert!(!unknown, "{verb:?}");
    }
}

#[test]
fn invisible_characters_before_a_command_do_not_make_it_a_message() {
    for hidden in ["\u{FEFF}", "\u{200B}\u{2060}", "\u{200E}", "\u{202A}", "\0"] {
        assert_eq!(parse(&format!("{hidden}/quit")), Ok(Command::Quit), "{hidden:?}");
    }
    let unknown = parse("/xy\u{202e}zzy").unwrap_err().to_string();
    assert!(unknown.contains("/xyzzy") && !unknown.contains('\u{202e}'), "{unknown}");
}

#[test]
fn a_line_of_white_space_is_ignored_and_an_invisible_text_is_refused() {
    assert_eq!(parse("\u{3000}\0\u{B}"), Ok(Command::Nothing));
    for words in ["\u{200B}", "\u{2800}", "\u{7}\u{1B}", "/me \u{7}"] {
        assert_eq!(read(words), "not sent: there is nothing in it", "{words:?}");
    }
}

#[test]
fn takes_room_is_true_for_the_commands_whose_first_argument_is_a_room() {
    let names: Vec<&str> =
        VERBS.iter().filter(|verb| verb.takes_room()).map(|verb| verb.name).collect();
    assert_eq!(names, ["join", "leave", "room", "who"]);
}
