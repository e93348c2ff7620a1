//! How a connection begins: the first line decides what it speaks, however late it comes
//! ([`teahouse_wire::sniff`]), and until then nothing of it is anybody's words.
//!
//! A connection that says nothing may be a person with `nc` who waits, a browser's that it may need later, or a
//! program that looks for open ports. So it comes in unseen and hears; it looks like a person to others after
//! [`APPEAR_AFTER_MS`] or with its first line. Where a browser is at its address it is not even greeted, so that it
//! can still carry a request: Chromium opens a second connection with the first request of a page, and a page of
//! another site can make it open one without any.

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

/// How long the first bytes are awaited before a silent peer is greeted, milliseconds.
const GREET_AFTER_MS: u32 = 300;
/// How long a first line may take that has begun, and what decides about it behind its end, milliseconds: one
/// segment that is lost and sent again is one second late.
const HALF_LINE_MS: u32 = 2000;
/// When a peer that stays silent looks like a person to others, milliseconds: programs that look for open ports
/// are gone by then.
const APPEAR_AFTER_MS: u32 = 1000;
/// When a silent peer is greeted that has a browser at its address, milliseconds: Chromium 156 keeps what it has
/// not used for 104 seconds.
const SPARE_MS: u32 = 180_000;

/// From now on it is looked whether this connection stays silent.
pub(super) fn await_first_line<S: Socket>(sessions: &mut Sessions<S>, key: Key) {
    let due = sessions.context.now.steady.plus_ms(GREET_AFTER_MS);
    sessions.timers.set(due, Timer::FirstLine(key));
}

/// Looks at a connection whose first line had not come.
pub(super) fn look<S: Socket>(sessions: &mut Sessions<S>, requests: &mut Requests, key: Key) {
    let Some(connection) = sessions.connections.get(key) else { return };
    let (stage, origin) = (connection.stage, connection.origin);
    let Some(opening) = connection.input.opening.as_deref() else { return };
    let (arrived, is_empty) = (opening.arrived, opening.first.is_empty());
    let words = opening.words();
    let now = sessions.context.now.steady;
    if let Some(due) = opening.line_due {
        // A whole line that could have gone on as something else.
        if now >= due {
            settle(sessions, requests, key.index, sniff::sniff_all);
            // Its task waits for its socket, and may have something left for the next turn.
            let connection = &mut sessions.connections[key.index];
            if connection.input.kept.is_some() {
                connection.wake();
            }
        }
        return;
    }
    let (has_begun, age_ms) = (!words.is_empty(), now.ms_since(arrived));
    let next = match stage {
        Stage::Sniffing if has_begun && age_ms < HALF_LINE_MS.into() => HALF_LINE_MS,
        // Whoever presses Enter is no browser.
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
        // What it has begun to say will show whether it is a person.
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

/// Looks at the first bytes of a connection, as far as they have come.
pub(super) fn hear_first<S: Socket>(
    sessions: &mut Sessions<S>,
    requests: &mut Requests,
    index: usize,
    bytes: &[u8],
) {
    let Some(opening) = sessions.connections[index].input.opening.as_deref_mut() else { return };
    opening.push(bytes);
    match sniff::sniff(&opening.first) {
        Sniff::Is(protocol) => settle(sessions, requests, index, |_| protocol),
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

/// The peer has closed its side before it was known what it speaks.
pub(super) fn end_first<S: Socket>(
    sessions: &mut Sessions<S>,
    requests: &mut Requests,
    index: usize,
) {
    let connection = &sessions.connections[index];
    let Some(opening) = connection.input.opening.as_deref() else { return };
    if !opening.words().is_empty() {
        settle(sessions, requests, index, sniff::sniff_all);
    } else if connection.stage == Stage::Sniffing {
        // Came and went without a word, like a port scanner: nobody was here.
        sessions.over(index);
    }
}

/// The first bytes of a connection that speaks HTTP.
pub(super) fn first_bytes<S>(connection: &Connection<S>) -> Bytes {
    let words = connection.input.opening.as_deref().map_or(&[][..], FirstLine::words);
    Bytes::copy_from_slice(words)
}

/// It is known what the peer speaks.
fn settle<S: Socket>(
    sessions: &mut Sessions<S>,
    requests: &mut Requests,
    index: usize,
    decide: impl FnOnce(&[u8]) -> Protocol,
) {
    let connection = &mut sessions.connections[index];
    let Some(opening) = connection.input.opening.take() else { return };
    let protocol = decide(&opening.first);
    let is_greeted = connection.stage == Stage::Entered;
    let (origin, serial) = (connection.origin, connection.serial);
    if let Some(answer) = sniff::refusal(protocol, &opening.first, is_greeted) {
        debug!(serial, ?protocol, is_greeted, "not spoken here");
        if protocol == Protocol::Http && is_greeted {
            // Only a browser makes a request on a connection that was silent before.
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
        sessions.begin(index, session);
    }
    requests.handle_input(sessions, index, opening.words());
}
