//! The line protocol, from bytes to what is heard and from facts to bytes.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use teahouse_core::harmless::harmless;
use teahouse_core::{
    Action, Answer, Event, EventKind, Excerpt, ExitCause, Granted, HistorySpan, IgnoreChange, Nick,
    Position, Presence, PrivateMessage, Query, Question, Refusal, Request, RoomId, RoomName,
    RoomSummary, Scope, Sequence, SessionId, Text, Time,
};

use super::*;
use crate::command::VERBS;
use crate::protocol::ProtocolSession;

fn clock() -> Clock {
    Clock { now: Time(1_795_500_000_000), zone: TimeZone::UTC }
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

fn nick(name: &str) -> Nick {
    Nick::parse(name).unwrap()
}

fn session() -> LineSession {
    let mut session = LineSession::new(room("lobby"));
    session.make_current(RoomId(1), &room("lobby"));
    session
}

/// What is heard, a line each.
fn heard_in(session: &mut LineSession, bytes: &[u8]) -> Vec<String> {
    let mut heard = Vec::new();
    session.handle_bytes(bytes, &clock(), &mut heard);
    heard.iter().map(shown).collect()
}

fn heard(bytes: &[u8]) -> Vec<String> {
    heard_in(&mut session(), bytes)
}

fn shown(heard: &Heard) -> String {
    match heard {
        Heard::Ask(_, Request::Action(Action::Say { room, text, acted, .. })) => {
            format!("{room}{} {:?}", if *acted { " acts" } else { "" }, text.as_str())
        }
        Heard::Ask(_, request) => format!("{request:?}"),
        Heard::Reply(bytes) => {
            String::from_utf8(bytes.clone()).unwrap_or_else(|_| format!("{bytes:?}"))
        }
        Heard::Redraw => "redraw".to_owned(),
        Heard::Broken => "broken".to_owned(),
        Heard::Quit => "quit".to_owned(),
    }
}

fn rendered(render: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    render(&mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn every_kind_of_line_end_ends_a_line() {
    let said = ["#lobby \"a\"", "#lobby \"b\"", "#lobby \"c\"", "#lobby \"d\""];
    assert_eq!(heard(b"a\nb\r\nc\r\0d\n"), said);
    assert_eq!(heard(b"\n\r\n   \n"), [""; 0]);
    assert_eq!(heard(b"one\rtwo\r"), ["#lobby \"one\"", "#lobby \"two\""]);
    assert_eq!(heard(b"a\r\r\n\rb\n"), ["#lobby \"a\"", "#lobby \"b\""]);
}

#[test]
fn a_line_without_an_end_counts_when_the_peer_has_finished() {
    let mut session = session();
    assert_eq!(heard_in(&mut session, b"build done"), [""; 0]);
    let mut heard = Vec::new();
    session.handle_end(&clock(), &mut heard);
    assert_eq!(heard.iter().map(shown).collect::<Vec<_>>(), ["#lobby \"build done\"", "quit"]);
}

#[test]
fn a_line_that_is_too_long_or_not_utf8_is_refused_and_the_session_goes_on() {
    let long = [vec![b'x'; LINE_BYTES_MAX + 1], b"\nok\n".to_vec()].concat();
    assert_eq!(
        heard(&long),
        ["-- error: a line longer than 65536 bytes was not sent; split it\n", "#lobby \"ok\""]
    );
    let just = [vec![b'x'; LINE_BYTES_MAX], b"\n".to_vec()].concat();
    assert_eq!(heard(&just), ["-- error: not sent: it has 65536 bytes; the limit is 16384\n"]);
    assert_eq!(
        heard(b"caf\xe9\nok\n"),
        [
            "-- error: that line is not UTF-8 and was not sent; set your terminal to UTF-8\n",
            "#lobby \"ok\""
        ]
    );
}

#[test]
fn what_a_program_writes_before_or_instead_of_utf8_is_known() {
    assert_eq!(heard(b"\xEF\xBB\xBF/quit\n"), ["quit"]);
    assert_eq!(heard("\u{202A}/quit\n\u{200B}\u{200E}/quit\n".as_bytes()), ["quit", "quit"]);
    assert_eq!(heard(b"ok\0\n\0\n"), ["#lobby \"ok\""], "zeros are padding");
    let all = "-- error: nothing is taken: this is UTF-16; send UTF-8\n";
    assert_eq!(heard(b"\xFF\xFE\x60\x4F\x7D\x59\n\0h\0i\0\n\0"), [all]);
    assert_eq!(heard(b"\xFE\xFF\x4F\x60\0\n"), [all]);
    assert_eq!(
        heard(b"h\0i\0\n"),
        ["-- error: that line was not sent: this is UTF-16; send UTF-8\n"]
    );
}

#[test]
fn a_telnet_that_sends_each_key_edits_its_line() {
    assert_eq!(heard(b"helo\x08lo\n"), ["#lobby \"hello\""]);
    assert_eq!(
        heard("吃👩\u{200D}👩\u{200D}👧\x7f茶e\u{301}\x7f\n".as_bytes()),
        ["#lobby \"吃茶\""]
    );
    assert_eq!(heard(b"\x08\x7f\x17\x15ok\n"), ["#lobby \"ok\""]);
    assert_eq!(heard(b"/nick me \x17\x17\x17one two  \x17three\n"), ["#lobby \"one three\""]);
    assert_eq!(heard(b"secret\x15ok\n"), ["#lobby \"ok\""]);
    assert_eq!(heard(b"ab\xE5\x90\x08\x08c\n"), ["#lobby \"ac\""], "a character that is not whole");
    // What overstrikes on a printer is the plain letter.
    assert_eq!(heard(b"N\x08NA\x08A\n"), ["#lobby \"NA\""]);
}

#[test]
fn a_message_that_shows_nothing_is_refused_and_an_empty_line_is_not_one() {
    let nothing = "-- error: not sent: there is nothing in it\n";
    for words in [
        "\u{200B}",
        "\u{2800}",
        "\u{3164}",
        "\u{FE0F}",
        "\u{301}",
        "\u{7}\u{1B}",
        "\u{AD}",
        "/me \u{7}",
    ] {
        assert_eq!(heard(format!("{words}\n").as_bytes()), [nothing], "{words:?}");
    }
    assert_eq!(heard("\u{FEFF}\n\u{3000}\n\u{B}\n".as_bytes()), [""; 0]);
}

#[test]
fn telnet_options_are_declined_and_commands_are_not_text() {
    // IAC IP, IAC DO TIMING-MARK: what stock telnet sends on Ctrl-C.
    assert_eq!(heard(b"a\xff\xf4\xff\xfd\x06b\n"), ["[255, 252, 6]", "#lobby \"ab\""]);
    assert_eq!(
        heard(b"\xff\xfb\x1f\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0hi\n"),
        ["[255, 254, 31]", "#lobby \"hi\""]
    );
    assert_eq!(heard("你好\u{ff}".as_bytes()), [""; 0]);
    assert_eq!(
        heard(
            "吃x"
                .as_bytes()
                .iter()
                .copied()
                .chain(*b"\xff\xf7\xff\xf7ok\n")
                .collect::<Vec<_>>()
                .as_slice()
        ),
        ["#lobby \"ok\""]
    );
    assert_eq!(
        heard(b"gone\xff\xf8ok\xff\xf6\n"),
        ["-- yes, the house is here\n", "#lobby \"ok\""]
    );
}

#[test]
fn what_is_typed_after_join_goes_to_the_new_room_at_once() {
    let mut session = session();
    assert_eq!(heard_in(&mut session, b"/join Tea\nhi\n")[1], "#tea \"hi\"");
    assert!(session.is_current(RoomId(1)), "until the hub says so, lobby is what is shown");
    session.make_current(RoomId(2), &room("tea"));
    assert!(session.is_current(RoomId(2)));
    assert_eq!(heard_in(&mut session, b"/leave\nback\n")[1], "#lobby \"back\"");
    session.handle_parted(RoomId(2));
    assert!(session.is_current(RoomId(1)));
    session.handle_parted(RoomId(1));
    assert_eq!(
        heard_in(&mut session, b"hello?\n"),
        ["-- error: you are in no room; /join one first\n"]
    );
}

#[test]
fn a_refused_join_leaves_the_next_line_where_it_was() {
    let mut session = session();
    heard_in(&mut session, b"/join tea\n");
    session.handle_refused(&Refusal::InTooManyRooms { room: room("tea"), max: 50 });
    assert_eq!(heard_in(&mut session, b"hi\n"), ["#lobby \"hi\""]);
}

#[test]
fn what_is_typed_goes_where_people_are_read_whatever_was_given_back() {
    let mut session = session();
    let given_back = |session: &mut LineSession, line: &[u8]| {
        let mut heard = Vec::new();
        session.handle_bytes(line, &clock(), &mut heard);
        let Heard::Ask(_, request) = &heard[0] else { panic!("{heard:?}") };
        session.handle_given_back(request);
    };
    // A join that waits for its turn, while later lines come too fast.
    heard_in(&mut session, b"/join tea\n");
    given_back(&mut session, b"/who\n");
    given_back(&mut session, b"/join cake\n");
    session.make_current(RoomId(2), &room("tea"));
    assert_eq!(heard_in(&mut session, b"hi\n"), ["#tea \"hi\""]);
    for line in [&b"/join cake\n"[..], b"/room lobby\n", b"/leave\n", b"/leave lobby\n"] {
        given_back(&mut session, line);
        assert_eq!(heard_in(&mut session, b"still here\n"), ["#tea \"still here\""]);
    }
    // Of two rooms asked for, the first is refused.
    heard_in(&mut session, b"/join full\n/join cake\n");
    session.handle_refused(&Refusal::TooManyRooms { room: room("full"), max: 50 });
    session.make_current(RoomId(3), &room("cake"));
    assert_eq!(heard_in(&mut session, b"hi\n"), ["#cake \"hi\""]);
}

#[test]
fn commands_become_requests() {
    let asks = |line: &str| -> Request {
        let mut heard = Vec::new();
        session().handle_bytes(format!("{line}\n").as_bytes(), &clock(), &mut heard);
        match heard.pop() {
            Some(Heard::Ask(_, request)) => request,
            other => panic!("{line}: {other:?}"),
        }
    };
    let lobby = || room("lobby");
    let text = |words: &str| Text::parse(words).unwrap();
    assert_eq!(asks("/nick ann"), Action::Rename { nick: nick("ann") }.into());
    assert_eq!(asks("/JOIN #Tea"), Action::Join { room: room("tea") }.into());
    assert_eq!(asks("/leave"), Action::Leave { room: lobby() }.into());
    assert_eq!(asks("/room lobby"), Action::Join { room: lobby() }.into());
    assert_eq!(asks("/rooms 2"), Query::Rooms { page: 2 }.into());
    assert_eq!(asks("/who"), Query::Who { room: lobby(), page: 1 }.into());
    assert_eq!(asks("/who 3"), Query::Who { room: lobby(), page: 3 }.into());
    assert_eq!(asks("/who tea 3"), Query::Who { room: room("tea"), page: 3 }.into());
    let topic = |topic| Request::from(Action::Topic { room: lobby(), topic });
    assert_eq!(asks("/topic"), Query::Topic { room: lobby() }.into());
    assert_eq!(asks("/topic -clear"), topic(None));
    assert_eq!(asks("/topic green tea"), topic(Some(text("green tea"))));
    assert_eq!(
        asks("/msg bob hi  there"),
        Action::Tell { nick: nick("bob"), text: text("hi  there") }.into()
    );
    let read = |question| Request::from(Query::Read { question });
    assert_eq!(asks("/history"), read(Question::Latest { room: lobby(), count: 20 }));
    assert_eq!(asks("/history 5"), read(Question::Latest { room: lobby(), count: 5 }));
    assert_eq!(
        asks("/history before 2026-01-01"),
        read(Question::Before { room: lobby(), time: Time(1_767_225_600_000), count: 20 })
    );
    assert_eq!(
        asks("/search 火锅"),
        read(Question::Search { words: "火锅".to_owned(), room: None, before: None, count: 20 })
    );
    assert_eq!(asks("/ignore"), Query::Ignored.into());
    assert_eq!(asks("/ignore bob"), Action::Ignore { nick: nick("bob") }.into());
    assert_eq!(heard(b"/me waves\n"), ["#lobby acts \"waves\""]);
    assert_eq!(heard(b"//quit is a command\n"), ["#lobby \"/quit is a command\""]);
    assert_eq!(heard(b"/quit\n"), ["quit"]);
    assert_eq!(heard(b"/room\n"), ["-- you speak in #lobby\n"]);
}

#[test]
fn a_command_that_is_wrong_is_explained_and_not_said() {
    assert_eq!(
        heard(b"/jion tea\n"),
        ["-- error: there is no /jion; did you mean /join? (to say it, begin with //)\n"]
    );
    assert_eq!(
        heard(b"/xyzzy\n"),
        ["-- error: there is no /xyzzy; /help lists what there is (to say it, begin with //)\n"]
    );
    assert_eq!(
        heard("/x\u{202e}yz\u{1b}zy\n/help x\u{202e}yz\n/nick a\u{202e} b\n".as_bytes()),
        [
            "-- error: there is no /xyz\u{fffd}zy; /help lists what there is (to say it, begin with //)\n",
            "-- error: there is no /xyz; /help lists what there is (to say it, begin with //)\n",
            "-- error: \"a b\" is no name: a space cannot be in a name\n"
        ]
    );
    assert_eq!(heard(b"/msg bob\n"), ["-- error: usage: /msg NAME WORDS\n"]);
    assert_eq!(
        heard(b"/nick a b\n"),
        ["-- error: \"a b\" is no name: a space cannot be in a name\n"]
    );
    assert_eq!(heard(b"/history 500\n"), ["-- error: /history shows 1 to 200 messages at once\n"]);
    assert_eq!(heard(b"/room tea\n"), ["-- error: you are not in #tea; /join #tea first\n"]);
}

#[test]
fn help_has_one_line_for_every_command() {
    let help = heard(b"/help\n").concat();
    for verb in VERBS {
        let usage = format!("-- {}", verb.usage());
        let lines: Vec<&str> = help.lines().filter(|line| line.starts_with(&usage)).collect();
        assert!(!lines.is_empty(), "{usage:?} not in\n{help}");
        assert!(heard(format!("/help {}\n", verb.name).as_bytes())[0].starts_with(&usage));
    }
    assert_eq!(help.lines().count(), VERBS.len() + 1);
}

fn event(kind: EventKind, text: Option<&str>) -> Event {
    Event {
        room: RoomId(1),
        position: Position(7),
        time: Time(1_795_500_000_000 - 60_000),
        session: SessionId(3),
        nick: nick("ann"),
        kind,
        text: text.map(|text| Text::parse(text).unwrap()),
        id: None,
        author: None,
    }
}

#[test]
fn events_are_one_line_each_with_the_mark_of_who_speaks() {
    let tea = room("tea");
    let said = event(EventKind::Said, Some("hi"));
    assert_eq!(rendered(|out| render_event(&said, None, out)), "<ann> hi\n");
    assert_eq!(rendered(|out| render_event(&said, Some(&tea), out)), "[#tea] <ann> hi\n");
    let two = event(EventKind::Said, Some("one\n-- ann is offline"));
    assert_eq!(
        rendered(|out| render_event(&two, None, out)),
        "<ann> one\n<ann> -- ann is offline\n"
    );
    let acted = event(EventKind::Acted, Some("waves"));
    assert_eq!(rendered(|out| render_event(&acted, None, out)), "* ann waves\n");
    let topic = event(EventKind::Topic, Some("tea"));
    assert_eq!(rendered(|out| render_event(&topic, None, out)), "-- ann set the topic: tea\n");
    let cleared = event(EventKind::Topic, None);
    assert_eq!(rendered(|out| render_event(&cleared, None, out)), "-- ann cleared the topic\n");
}

#[test]
fn comings_and_goings_are_told_as_the_seed_did() {
    let tea = room("tea");
    let told = |presence: Presence| rendered(|out| render_presence(&presence, &tea, None, out));
    assert_eq!(told(Presence::Entered { nick: nick("ann") }), "-- ann entered #tea\n");
    assert_eq!(told(Presence::Left { nick: nick("ann") }), "-- ann left #tea\n");
    let offline = |cause| told(Presence::Offline { nick: nick("ann"), cause });
    assert_eq!(offline(ExitCause::Quit), "-- ann is offline\n");
    assert_eq!(offline(ExitCause::Lost), "-- ann is offline (connection lost)\n");
    assert_eq!(offline(ExitCause::Idle), "-- ann is offline (silent too long)\n");
    let renamed = Presence::Renamed { from: nick("ann"), to: nick("zoe") };
    assert_eq!(told(renamed), "-- ann is now known as zoe\n");
    let folded = Presence::Folded {
        entered: vec![nick("ann"), nick("bob")],
        entered_count: 9,
        gone: vec![nick("carl")],
        gone_count: 1,
        members: 60,
    };
    assert_eq!(told(folded), "-- #tea: ann, bob and 7 others entered; carl went; 60 here\n");
    let counted = Presence::Folded {
        entered: vec![],
        entered_count: 40,
        gone: vec![],
        gone_count: 0,
        members: 5213,
    };
    assert_eq!(told(counted), "-- #tea: 40 entered; 5213 here\n");
}

#[test]
fn history_comes_with_times_and_a_search_with_rooms() {
    let tea = room("tea");
    let events = [event(EventKind::Said, Some("one\ntwo"))];
    let page = |title, room| {
        let shown = events.iter().map(|event| EventView::of(event, room));
        rendered(|out| render_history(title, shown, &clock(), out))
    };
    assert_eq!(
        page(HistoryTitle::Latest(&tea), None),
        "-- the last 1 message in #tea (times: UTC)\n[05:59] <ann> one\n[05:59] <ann> two\n"
    );
    assert_eq!(
        page(HistoryTitle::Found { words: "one", is_cut: false }, Some(&tea)),
        "-- 1 message found for one, newest first (times: UTC)\n\
         [05:59] [#tea] <ann> one\n[05:59] [#tea] <ann> two\n"
    );
}

#[test]
fn a_search_that_was_cut_says_how_to_go_on_and_goes_on() {
    let mut session = session();
    assert_eq!(
        heard_in(&mut session, b"/search\n"),
        ["-- error: the last search has nothing older; /search WORDS finds messages\n"]
    );
    let question =
        |before| Question::Search { words: "one".to_owned(), room: None, before, count: 20 };
    let span = HistorySpan { room: RoomId(1), name: room("tea"), upto: Position(9) };
    let granted = Granted { question: question(None), scope: Scope::Rooms(vec![span]) };
    let events = vec![event(EventKind::Said, Some("one"))];
    let mut found = |more: Option<u64>| {
        let excerpt = Excerpt { events: events.clone(), more: more.map(Sequence) };
        session.handle_found(&granted.question, &excerpt);
        let shown = rendered(|out| render_page(&granted, &excerpt, &clock(), out));
        (shown, heard_in(&mut session, b"/search\n"))
    };
    let title = "-- 1 message found for one, newest first (times: UTC)\n[05:59] [#tea] <ann> one\n";
    let (shown, asked) = found(Some(812));
    assert_eq!(shown, format!("{title}-- there may be older ones; /search alone shows them\n"));
    let older =
        format!("{:?}", Request::from(Query::Read { question: question(Some(Sequence(812))) }));
    assert_eq!(asked, [older]);
    let (shown, asked) = found(None);
    assert_eq!(shown, title);
    assert!(asked[0].contains("nothing older"), "{asked:?}");
}

#[test]
fn a_page_of_history_that_is_full_before_its_number_says_how_to_go_on() {
    let span = HistorySpan { room: RoomId(1), name: room("tea"), upto: Position(9) };
    let page = |count| {
        let question = Question::Latest { room: room("tea"), count };
        let granted = Granted { question, scope: Scope::Rooms(vec![span.clone()]) };
        let events = vec![event(EventKind::Said, Some("one"))];
        let excerpt = Excerpt { events, more: None };
        rendered(|out| render_page(&granted, &excerpt, &clock(), out))
    };
    assert!(page(2).ends_with("one\n-- a page is full; /history before 05:59 goes on\n"));
    assert!(page(1).ends_with("one\n"));
}

#[test]
fn every_answer_is_whole_lines_of_the_house() {
    let name = || room("tea");
    let answers = [
        Answer::Welcome { nick: nick("guest1"), taken: Some(nick("ann")), resumed: false },
        Answer::AlreadyIn { room: RoomId(1), name: name() },
        Answer::Renamed { from: nick("ann"), to: nick("zoe") },
        Answer::Delivered { to: nick("bob") },
        Answer::Topic { name: name(), topic: None },
        Answer::Members { name: name(), nicks: vec![nick("ann")], total: 1, page: 1, pages: 1 },
        Answer::Rooms {
            rooms: vec![RoomSummary { name: name(), members: 2, topic: None }],
            total: 1,
            page: 1,
            pages: 2,
        },
        Answer::Ignoring {
            nicks: vec![],
            change: Some(IgnoreChange::Added { nick: nick("bob"), is_here: true }),
        },
        Answer::Ignoring {
            nicks: vec![],
            change: Some(IgnoreChange::Added { nick: nick("bob"), is_here: false }),
        },
        Answer::Refused(Refusal::Yourself),
    ];
    for answer in answers {
        let lines = rendered(|out| render_answer(&answer, out));
        assert!(
            lines.lines().all(|line| line.starts_with("-- ")) && lines.ends_with('\n'),
            "{lines:?}"
        );
    }
    let told =
        PrivateMessage { time: Time(0), from: nick("ann"), text: Text::parse("a\nb").unwrap() };
    assert_eq!(
        rendered(|out| render_answer(&Answer::Told(told), out)),
        "[private] <ann> a\n[private] <ann> b\n"
    );
}

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_are_heard_the_same(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(0), Just(0xFF), Just(0xFE), Just(b'/'),
                Just(0x08), Just(0x7F), Just(0x15), Just(0x17), Just(b' ')],
            0..300,
        ),
        cuts in proptest::collection::vec(0_usize..300, 0..8),
    ) {
        let mut whole = Vec::new();
        let mut one = session();
        one.handle_bytes(&bytes, &clock(), &mut whole);
        one.handle_end(&clock(), &mut whole);

        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.push(bytes.len());
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut other = session();
        let mut start = 0;
        for cut in cuts {
            other.handle_bytes(&bytes[start..cut], &clock(), &mut pieces);
            start = cut;
        }
        other.handle_end(&clock(), &mut pieces);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn nothing_rendered_can_act_on_a_terminal_or_forge_a_line(words in any::<String>()) {
        if let Ok(text) = Text::parse(&words) {
            let mut said = event(EventKind::Said, None);
            said.text = Some(text);
            let lines = rendered(|out| render_event(&said, None, out));
            prop_assert_eq!(harmless(&lines), lines.as_str());
            prop_assert!(lines.split_terminator('\n').all(|line| line.starts_with("<ann> ")));
        }
        let refusal = Refusal::TooFast { burst: 1, per_second: 1, text: words };
        let line = rendered(|out| render_refusal(&refusal, out));
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert_eq!(harmless(&line), line.as_str());
    }

    #[test]
    fn what_is_given_back_means_the_same_when_it_is_entered_again(
        command in prop_oneof![
            Just(""), Just("/"), Just("//"), Just("/me "), Just("/nick "), Just("/join "), Just("/leave "),
            Just("/who "), Just("/rooms "), Just("/topic "), Just("/msg bob "), Just("/history "), Just("/search "),
            Just("/ignore "),
        ],
        words in "([a-z#/]{0,3}|[0-9]{0,3}|\\PC|[ \\u{200B}\\u{3000}\t\u{B}]|-clear){0,4}",
    ) {
        let asked = |line: &str| match verbs::handle_line(&mut session().rooms, line, &clock()) {
            Ok(Some(Heard::Ask(_, request))) => Some(request),
            Ok(Some(Heard::Reply(_) | Heard::Redraw | Heard::Quit | Heard::Broken) | None)
            | Err(_) => None,
        };
        if let Some(request) = asked(&format!("{command}{words}")) {
            let line = typed(&request);
            prop_assert_eq!(asked(&line), Some(request), "{}", line);
        }
    }
}
