//! How a connection begins. Its first line decides which protocol it speaks, however late it comes
//! ([`teahouse_wire::sniff`]); until then no byte of it counts as input of a person.
//!
//! A silent connection may be a person with `nc` who waits, a spare connection of a browser, or a port scanner. So a
//! silent peer enters unseen and receives the room, but others see it only after [`APPEAR_AFTER_MS`] or its first line.
//! If a browser is known at its address, the peer is not even greeted, so that the connection can still carry an HTTP
//! request: Chromium opens a second connection with the first request of a page, and a page of another site can make it
//! open one without any request.

use bytes::Bytes;
use teahouse_core::{Action, RequestId};
use teahouse_wire::sniff::{self, Protocol, Sniff};
use tracing::debug;

use super::connection::{Connection, Stage};
use super::first_line::FirstLine;
use super::protocols::session_of;
use super::requests::Requests;
use super::sessions::Sessions;
use super::socket::Socket;
use super::timers::Timer;
use crate::key::Key;

/// A peer that has been silent for this long is greeted, milliseconds.
const GREET_AFTER_MS: u32 = 300;
/// How long an incomplete first line may take, and how long the server waits for bytes after a complete line that could
/// go on as another protocol, milliseconds. A TCP segment that is lost and sent again arrives one second late.
const HALF_LINE_MS: u32 = 2000;
/// A silent peer becomes visible to others after this time, milliseconds. Port scanners are gone by then.
const APPEAR_AFTER_MS: u32 = 1000;
/// A silent peer with a browser at its address is greeted only after this time, milliseconds. Chromium 156 keeps an
/// unused connection for 104 seconds.
const SPARE_MS: u32 = 180_000;

/// Sets the first deadline for a connection that may stay silent.
pub(super) fn await_first_line<S: Socket>(sessions: &mut Sessions<S>, key: Key) {
    let due = sessions.context.now.steady.plus_ms(GREET_AFTER_MS);
    sessions.timers.set(due, Timer::FirstLine(key));
}

/// Handles the deadline of a connection whose first line was missing or undecided.
pub(super) fn handle_timer<S: Socket>(
    sessions: &mut Sessions<S>,
    requests: &mut Requests,
    key: Key,
) {
    let Some(connection) = sessions.connections.get(key) else { return };
    let (stage, origin) = (connection.stage, connection.origin);
    let Some(opening) = connection.input.opening.as_deref() else { return };
    let (arrived, is_empty) = (opening.arrived, opening.bytes.is_empty());
    let nonblank = opening.nonblank_bytes();
    let now = sessions.context.now.steady;
    if let Some(due) = opening.line_due {
        // The line is complete, but further bytes could still have made it another protocol.
        if now >= due {
            decide_protocol(sessions, requests, key.index, sniff::sniff_all);
            // The task waits for the socket, but bytes may be left for the next turn.
            let connection = &mut sessions.connections[key.index];
            if connection.input.leftover.is_some() {
                connection.wake();
            }
        }
        return;
    }
    let (has_begun, age_ms) = (!nonblank.is_empty(), now.ms_since(arrived));
    let next = match stage {
        Stage::Sniffing if has_begun && age_ms < HALF_LINE_MS.into() => HALF_LINE_MS,
        // A browser sends no blank line first, so only an empty input may be a spare connection.
        Stage::Sniffing
            if is_empty
                && age_ms < SPARE_MS.into()
                && sessions.context.browsers.are_at(origin, now) =>
        {
            SPARE_MS
        }
        Stage::Sniffing => {
            sessions.enter_unseen(key.index);
            APPEAR_AFTER_MS.max(u32::try_from(age_ms).unwrap_or(u32::MAX))
        }
        // Bytes that have begun will show whether this is a person.
        Stage::Entered if !has_begun => {
            sessions.connections[key.index].count_as_member();
            return sessions.propose(key.index, RequestId::default(), Action::Appear);
        }
        Stage::Entered
        | Stage::NotEntered
        | Stage::Http
        | Stage::Leaving
        | Stage::Draining
        | Stage::Closed => {
            return;
        }
    };
    sessions.timers.set(arrived.plus_ms(next), Timer::FirstLine(key));
}

/// Handles first bytes of a connection, and decides its protocol once they suffice.
pub(super) fn handle_first_bytes<S: Socket>(
    sessions: &mut Sessions<S>,
    requests: &mut Requests,
    index: usize,
    bytes: &[u8],
) {
    let Some(opening) = sessions.connections[index].input.opening.as_deref_mut() else { return };
    opening.push(bytes);
    match sniff::sniff(&opening.bytes) {
        Sniff::Is(protocol) => decide_protocol(sessions, requests, index, |_| protocol),
        Sniff::Undecided => {
            if opening.line_due.is_none() && opening.has_line() {
                let due = sessions.context.now.steady.plus_ms(HALF_LINE_MS);
                opening.line_due = Some(due);
                let key = sessions.connections.key(index);
                sessions.timers.set(due, Timer::FirstLine(key));
            }
        }
    }
}

/// The peer has closed its side before its protocol was decided.
pub(super) fn handle_first_eof<S: Socket>(
    sessions: &mut Sessions<S>,
    requests: &mut Requests,
    index: usize,
) {
    let connection = &sessions.connections[index];
    let Some(opening) = connection.input.opening.as_deref() else { return };
    if !opening.nonblank_bytes().is_empty() {
        decide_protocol(sessions, requests, index, sniff::sniff_all);
    } else if connection.stage == Stage::Sniffing {
        // It closed after nothing but blank bytes, like a port scanner: others never saw it.
        sessions.begin_draining(index);
    }
}

/// The bytes that a connection which speaks HTTP has sent so far.
pub(super) fn first_bytes<S>(connection: &Connection<S>) -> Bytes {
    let bytes = connection.input.opening.as_deref().map_or(&[][..], FirstLine::nonblank_bytes);
    Bytes::copy_from_slice(bytes)
}

/// The protocol is decided: starts it, hands the connection over to HTTP, or refuses it.
fn decide_protocol<S: Socket>(
    sessions: &mut Sessions<S>,
    requests: &mut Requests,
    index: usize,
    decide: impl FnOnce(&[u8]) -> Protocol,
) {
    let connection = &mut sessions.connections[index];
    let Some(opening) = connection.input.opening.take() else { return };
    let protocol = decide(&opening.bytes);
    let is_greeted = connection.stage == Stage::Entered;
    let (origin, serial) = (connection.origin, connection.serial);
    if let Some(answer) = sniff::refusal(protocol, &opening.bytes, is_greeted) {
        debug!(serial, ?protocol, is_greeted, "not spoken here");
        if protocol == Protocol::Http && is_greeted {
            // Only a browser sends a request on a connection that was silent before.
            sessions.context.browsers.note(origin, sessions.context.now.steady);
        }
        return sessions.refuse(index, &answer);
    }
    if protocol == Protocol::Http {
        connection.stage = Stage::Http;
        connection.input.opening = Some(opening);
        return connection.wake();
    }
    if is_greeted {
        connection.count_as_member();
    } else if let Some(session) = session_of(protocol, &sessions.context.server) {
        sessions.start_protocol(index, session);
    }
    requests.handle_input(sessions, index, opening.nonblank_bytes());
}
