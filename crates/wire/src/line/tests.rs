//! The line protocol: bytes to input, and facts to bytes.

mod framing;
mod rendering;

use jiff::tz::TimeZone;
use proptest::prelude::*;
use teahouse_core::harmless::harmless;
use teahouse_core::{
    Action, Answer, Event, EventKind, Excerpt, ExitCause, HistorySpan, IgnoreChange, Nick,
    Position, Presence, PrivateMessage, Query, Question, ReadGrant, Refusal, Request, RoomId,
    RoomName, RoomSummary, Scope, Sequence, SessionId, Text, Time,
};

use super::*;
use crate::Work;
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

/// The input that a session makes of bytes, one line for each.
fn input_in(session: &mut LineSession, bytes: &[u8]) -> Vec<String> {
    let mut input = Vec::new();
    session.handle_bytes(bytes, &clock(), &mut Work::unbounded(), &mut input);
    input.iter().map(display).collect()
}

fn input(bytes: &[u8]) -> Vec<String> {
    input_in(&mut session(), bytes)
}

fn display(input: &Input) -> String {
    match input {
        Input::Ask(_, Request::Action(Action::Say { room, text, acted, .. })) => {
            format!("{room}{} {:?}", if *acted { " acts" } else { "" }, text.as_str())
        }
        Input::Ask(_, request) => format!("{request:?}"),
        Input::Reply(bytes) => {
            String::from_utf8(bytes.clone()).unwrap_or_else(|_| format!("{bytes:?}"))
        }
        Input::Redraw => "redraw".to_owned(),
        Input::Broken => "broken".to_owned(),
        Input::Quit => "quit".to_owned(),
    }
}

fn rendered(render: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    render(&mut out);
    String::from_utf8(out).unwrap()
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
fn a_line_after_join_goes_to_the_new_room_at_once() {
    let mut session = session();
    assert_eq!(input_in(&mut session, b"/join Tea\nhi\n")[1], "#tea \"hi\"");
    assert!(session.is_current(RoomId(1)), "lobby is shown until the hub answers");
    session.make_current(RoomId(2), &room("tea"));
    assert!(session.is_current(RoomId(2)));
    assert_eq!(input_in(&mut session, b"/leave\nback\n")[1], "#lobby \"back\"");
    session.handle_left(RoomId(2));
    assert!(session.is_current(RoomId(1)));
    session.handle_left(RoomId(1));
    assert_eq!(
        input_in(&mut session, b"hello?\n"),
        ["-- error: you are in no room; /join one first\n"]
    );
}

#[test]
fn a_refused_join_leaves_the_next_line_where_it_was() {
    let mut session = session();
    input_in(&mut session, b"/join tea\n");
    session.handle_refused(&Refusal::InTooManyRooms { room: room("tea"), max: 50 });
    assert_eq!(input_in(&mut session, b"hi\n"), ["#lobby \"hi\""]);
}

#[test]
fn a_message_goes_to_the_room_that_is_shown_whatever_was_given_back() {
    let mut session = session();
    let give_back = |session: &mut LineSession, line: &[u8]| {
        let mut input = Vec::new();
        session.handle_bytes(line, &clock(), &mut Work::unbounded(), &mut input);
        let Input::Ask(_, request) = &input[0] else { panic!("{input:?}") };
        session.handle_given_back(request);
    };
    // A join is pending while later lines are refused because they come too fast.
    input_in(&mut session, b"/join tea\n");
    give_back(&mut session, b"/who\n");
    give_back(&mut session, b"/join cake\n");
    session.make_current(RoomId(2), &room("tea"));
    assert_eq!(input_in(&mut session, b"hi\n"), ["#tea \"hi\""]);
    for line in [&b"/join cake\n"[..], b"/room lobby\n", b"/leave\n", b"/leave lobby\n"] {
        give_back(&mut session, line);
        assert_eq!(input_in(&mut session, b"still here\n"), ["#tea \"still here\""]);
    }
    // The first of two joins is refused.
    input_in(&mut session, b"/join full\n/join cake\n");
    session.handle_refused(&Refusal::TooManyRooms { room: room("full"), max: 50 });
    session.make_current(RoomId(3), &room("cake"));
    assert_eq!(input_in(&mut session, b"hi\n"), ["#cake \"hi\""]);
}

#[test]
fn commands_become_requests() {
    let request_of = |line: &str| -> Request {
        let mut input = Vec::new();
        session().handle_bytes(
            format!("{line}\n").as_bytes(),
            &clock(),
            &mut Work::unbounded(),
            &mut input,
        );
        match input.pop() {
            Some(Input::Ask(_, request)) => request,
            other => panic!("{line}: {other:?}"),
        }
    };
    let lobby = || room("lobby");
    let text = |words: &str| Text::parse(words).unwrap();
    assert_eq!(request_of("/nick ann"), Action::Rename { nick: nick("ann") }.into());
    assert_eq!(request_of("/JOIN #Tea"), Action::Join { room: room("tea") }.into());
    assert_eq!(request_of("/leave"), Action::Leave { room: lobby() }.into());
    assert_eq!(request_of("/room lobby"), Action::Join { room: lobby() }.into());
    assert_eq!(request_of("/rooms 2"), Query::Rooms { page: 2 }.into());
    assert_eq!(request_of("/who"), Query::Who { room: lobby(), page: 1 }.into());
    assert_eq!(request_of("/who 3"), Query::Who { room: lobby(), page: 3 }.into());
    assert_eq!(request_of("/who tea 3"), Query::Who { room: room("tea"), page: 3 }.into());
    let topic = |topic| Request::from(Action::Topic { room: lobby(), topic });
    assert_eq!(request_of("/topic"), Query::Topic { room: lobby() }.into());
    assert_eq!(request_of("/topic -clear"), topic(None));
    assert_eq!(request_of("/topic green tea"), topic(Some(text("green tea"))));
    assert_eq!(
        request_of("/msg bob hi  there"),
        Action::Tell { nick: nick("bob"), text: text("hi  there") }.into()
    );
    let read = |question| Request::from(Query::Read { question });
    assert_eq!(request_of("/history"), read(Question::Latest { room: lobby(), count: 20 }));
    assert_eq!(request_of("/history 5"), read(Question::Latest { room: lobby(), count: 5 }));
    assert_eq!(
        request_of("/history before 2026-01-01"),
        read(Question::Before { room: lobby(), time: Time(1_767_225_600_000), count: 20 })
    );
    assert_eq!(
        request_of("/search 火锅"),
        read(Question::Search { words: "火锅".to_owned(), room: None, before: None, count: 20 })
    );
    assert_eq!(request_of("/ignore"), Query::Ignored.into());
    assert_eq!(request_of("/ignore bob"), Action::Ignore { nick: nick("bob") }.into());
    assert_eq!(input(b"/me waves\n"), ["#lobby acts \"waves\""]);
    assert_eq!(input(b"//quit is a command\n"), ["#lobby \"/quit is a command\""]);
    assert_eq!(input(b"/quit\n"), ["quit"]);
    assert_eq!(input(b"/room\n"), ["-- you speak in #lobby\n"]);
}

#[test]
fn a_wrong_command_is_explained_and_not_sent() {
    assert_eq!(
        input(b"/jion tea\n"),
        ["-- error: there is no /jion; did you mean /join? (to say it, begin with //)\n"]
    );
    assert_eq!(
        input(b"/xyzzy\n"),
        ["-- error: there is no /xyzzy; /help lists what there is (to say it, begin with //)\n"]
    );
    assert_eq!(
        input("/x\u{202e}yz\u{1b}zy\n/help x\u{202e}yz\n/nick a\u{202e} b\n".as_bytes()),
        [
            "-- error: there is no /xyz\u{fffd}zy; /help lists what there is (to say it, begin with //)\n",
            "-- error: there is no /xyz; /help lists what there is (to say it, begin with //)\n",
            "-- error: \"a b\" is no name: a space cannot be in a name\n"
        ]
    );
    assert_eq!(input(b"/msg bob\n"), ["-- error: usage: /msg NAME WORDS\n"]);
    assert_eq!(
        input(b"/nick a b\n"),
        ["-- error: \"a b\" is no name: a space cannot be in a name\n"]
    );
    assert_eq!(input(b"/history 500\n"), ["-- error: /history shows 1 to 200 messages at once\n"]);
    assert_eq!(input(b"/room tea\n"), ["-- error: you are not in #tea; /join #tea first\n"]);
}

#[test]
fn help_has_one_line_for_every_command() {
    let help = input(b"/help\n").concat();
    for verb in VERBS {
        let usage = format!("-- {}", verb.usage());
        let lines: Vec<&str> = help.lines().filter(|line| line.starts_with(&usage)).collect();
        assert!(!lines.is_empty(), "{usage:?} not in\n{help}");
        assert!(input(format!("/help {}\n", verb.name).as_bytes())[0].starts_with(&usage));
    }
    assert_eq!(help.lines().count(), VERBS.len() + 1);
}

#[test]
fn every_answer_is_whole_lines_with_the_mark_of_the_server() {
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
    let message =
        PrivateMessage { time: Time(0), from: nick("ann"), text: Text::parse("a\nb").unwrap() };
    assert_eq!(
        rendered(|out| render_answer(&Answer::Private(message), out)),
        "[private] <ann> a\n[private] <ann> b\n"
    );
}

#[test]
fn a_turn_reads_its_number_of_lines_and_commands_and_leaves_the_rest() {
    let mut session = session();
    let mut input = Vec::new();
    let mut turn = |bytes: &[u8], tokens| {
        let mut work = Work::new(tokens);
        let taken = session.handle_bytes(bytes, &clock(), &mut work, &mut input);
        (taken, work.spent())
    };
    let lines = b"a\n\n/help\n\xFF\xFD\x01b\n";
    assert_eq!(turn(lines, 2), (3, 2), "an empty line costs a token");
    assert_eq!(turn(&lines[3..], 2), (9, 2), "a command and a telnet option");
    assert_eq!(turn(&lines[12..], 2), (2, 1));
    assert_eq!(turn(b"c", 1), (1, 0), "a line costs a token when it ends");
    assert_eq!(
        turn("\u{8336}\x7f".as_bytes(), 9),
        (4, 1),
        "finding the last character costs a token"
    );
}

proptest! {
    #[test]
    fn any_bytes_cut_anywhere_give_the_same_input(
        bytes in proptest::collection::vec(
            prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(0), Just(0xFF), Just(0xFE), Just(b'/'),
                Just(0x08), Just(0x7F), Just(0x15), Just(0x17), Just(b' ')],
            0..300,
        ),
        cuts in proptest::collection::vec(0_usize..300, 0..8),
        tokens in 1_u32..5,
    ) {
        let mut whole = Vec::new();
        let mut one = session();
        one.handle_bytes(&bytes, &clock(), &mut Work::unbounded(), &mut whole);
        one.handle_end(&clock(), &mut whole);

        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.push(bytes.len());
        cuts.sort_unstable();
        let mut pieces = Vec::new();
        let mut other = session();
        let mut start = 0;
        for cut in cuts {
            // Turns of a few lines each.
            while start < cut {
                let mut work = Work::new(tokens);
                start += other.handle_bytes(&bytes[start..cut], &clock(), &mut work, &mut pieces);
                prop_assert!(start == cut || work.is_used_up());
                prop_assert_eq!(work.spent().min(tokens), work.spent(), "a turn spends no more than its tokens");
            }
        }
        other.handle_end(&clock(), &mut pieces);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn nothing_rendered_can_control_a_terminal_or_forge_a_line(words in any::<String>()) {
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
    fn a_line_that_is_given_back_means_the_same_when_it_is_entered_again(
        command in prop_oneof![
            Just(""), Just("/"), Just("//"), Just("/me "), Just("/nick "), Just("/join "), Just("/leave "),
            Just("/who "), Just("/rooms "), Just("/topic "), Just("/msg bob "), Just("/history "), Just("/search "),
            Just("/ignore "),
        ],
        words in "([a-z#/]{0,3}|[0-9]{0,3}|\\PC|[ \\u{200B}\\u{3000}\t\u{B}]|-clear){0,4}",
    ) {
        let request_of = |line: &str| match verbs::handle_line(&mut session().rooms, line, &clock()) {
            Ok(Some(Input::Ask(_, request))) => Some(request),
            Ok(Some(Input::Reply(_) | Input::Redraw | Input::Quit | Input::Broken) | None)
            | Err(_) => None,
        };
        if let Some(request) = request_of(&format!("{command}{words}")) {
            let line = command_line_of(&request);
            prop_assert_eq!(request_of(&line), Some(request), "{}", line);
        }
    }
}
