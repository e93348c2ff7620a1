//! The bytes of a client of the line protocol, with telnet commands among them.

use teahouse_core::{
    Action, Event, EventKind, Nick, Position, Request, RoomId, RoomName, SessionId, Text, Time,
};
use teahouse_wire::Input;
use teahouse_wire::line::{self, LINE_BYTES_MAX, LineSession};

use crate::harmless::{assert_harmless, assert_harmless_bytes};
use crate::session::inputs_of;

/// Telnet's "interpret as command" (RFC 854).
const IAC: u8 = 0xFF;

/// Checks that replies, and messages as other members read them, are harmless and have their marks.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let Ok(room) = RoomName::parse("lobby") else { return };
    let session = || LineSession::new(room.clone());
    inputs_of(bytes, session, LINE_BYTES_MAX).iter().for_each(check);
}

fn check(input: &Input) {
    match input {
        // The answer to a telnet option is telnet bytes.
        Input::Reply(reply) if reply.first() == Some(&IAC) => assert_eq!(reply.len() % 3, 0),
        Input::Reply(reply) => {
            assert_harmless_bytes(reply);
            assert!(reply.starts_with(b"-- ") && reply.ends_with(b"\n"), "not a line of the house");
        }
        Input::Ask(_, Request::Action(Action::Say { text, acted, .. })) => {
            check_message(text, *acted);
        }
        Input::Ask(_, Request::Action(Action::Tell { text, .. })) => assert_harmless(text.as_str()),
        Input::Ask(..) | Input::Redraw | Input::Quit | Input::Broken => {}
    }
}

/// Checks a message as other members read it: each line begins with a mark that no text can begin a line with.
fn check_message(text: &Text, acted: bool) {
    let (Ok(nick), Ok(room)) = (Nick::parse("ann"), RoomName::parse("tea")) else { return };
    let event = Event {
        room: RoomId(1),
        position: Position(1),
        time: Time(0),
        session: SessionId(1),
        nick,
        kind: if acted { EventKind::Acted } else { EventKind::Said },
        text: Some(text.clone()),
        id: None,
        author: None,
    };
    for (named, marks) in
        [(None, ["<ann> ", "* ann "]), (Some(&room), ["[#tea] <ann> ", "[#tea] * ann "])]
    {
        let mut out = Vec::new();
        line::render_event(&event, named, &mut out);
        assert_harmless_bytes(&out);
        let shown = String::from_utf8_lossy(&out);
        let is_marked = |line: &str| marks.iter().any(|mark| line.starts_with(mark));
        assert!(shown.ends_with('\n') && shown.lines().all(is_marked), "{shown:?}");
    }
}
