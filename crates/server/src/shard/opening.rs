//! How a connection begins: the first line decides what it speaks, however late it comes
//! ([`teahouse_wire::sniff`]), and until then nothing of it is anybody's words.
//!
//! A connection that says nothing may be a person with `nc` who waits, a browser's that it may need later, or a
//! program that looks for open ports. So it comes in unseen and hears; it looks like a person to others after
//! [`APPEAR_AFTER`] or with its first line. Where a browser is at its address it is not even greeted, so that it
//! can still carry a request: Chromium opens a second connection with the first request of a page, and a page of
//! another site can make it open one without any.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use bytes::Bytes;
use teahouse_core::{Action, ExitCause, RequestId};
use teahouse_wire::sniff::{self, Protocol, Sniff};
use tracing::debug;

use super::connection::Stage;
use super::{Key, Shard};

/// How long the first bytes are awaited before a silent peer is greeted.
const GREET_AFTER: Duration = Duration::from_millis(300);
/// How long a first line may take that has begun, and what decides about it behind its end: one segment that is lost
/// and sent again is one second late.
const HALF_LINE_TIME: Duration = Duration::from_secs(2);
/// When a peer that stays silent looks like a person to others: programs that look for open ports are gone by
/// then.
const APPEAR_AFTER: Duration = Duration::from_secs(1);
/// When a silent peer is greeted that has a browser at its address: Chromium 156 keeps what it has not used for
/// 104 seconds.
const SPARE_TIME: Duration = Duration::from_secs(180);
/// Blank bytes at the front that are kept; what is beyond them was passed over.
const BLANK_BYTES_KEPT: usize = 64;

/// A connection that is looked at again, and when.
pub(super) type Look = Reverse<(Instant, u64, usize)>;

impl Shard {
    /// From now on it is looked whether this connection stays silent. One timer serves the whole shard.
    pub(super) fn await_first_line(&mut self, key: Key) {
        self.look_again(key, Instant::now() + GREET_AFTER);
    }

    fn look_again(&mut self, key: Key, at: Instant) {
        let is_next = self.silent.peek().is_none_or(|Reverse((next, ..))| at < *next);
        self.silent.push(Reverse((at, key.serial, key.index)));
        if !is_next {
            return;
        }
        if let Some(timer) = self.silent_timer.take() {
            timer.abort();
        }
        let me = self.me.clone();
        self.silent_timer = Some(self.spawn(move || async move {
            let mut next = Some(at);
            while let Some(at) = next {
                tokio::time::sleep_until(at.into()).await;
                let Some(shard) = me.upgrade() else { return };
                next = shard.borrow_mut().look_at_silent();
            }
        }));
    }

    /// Looks at those whose time has come; gives the next moment to look.
    fn look_at_silent(&mut self) -> Option<Instant> {
        let now = Instant::now();
        loop {
            let Reverse((at, serial, index)) = *self.silent.peek()?;
            if at > now {
                return Some(at);
            }
            self.silent.pop();
            if let Some(next) = self.look(Key { index, serial }, now) {
                self.silent.push(Reverse((next, serial, index)));
            }
        }
    }

    /// Looks at one whose first line has not come; gives when to look again.
    fn look(&mut self, key: Key, now: Instant) -> Option<Instant> {
        let connection = self.connection(key)?;
        let (stage, origin) = (connection.stage, connection.origin);
        let opening = connection.opening.as_deref()?;
        let (arrived, is_empty) = (opening.arrived, opening.first.is_empty());
        let words = opening.words();
        if let Some(due) = opening.line_due {
            // A whole line that could have gone on as something else.
            if now >= due {
                self.settle(key, sniff::sniff_all);
            }
            return None;
        }
        let (has_begun, age) = (!words.is_empty(), now.saturating_duration_since(arrived));
        match stage {
            Stage::Sniffing if has_begun && age < HALF_LINE_TIME => Some(arrived + HALF_LINE_TIME),
            // Whoever presses Enter is no browser.
            Stage::Sniffing
                if is_empty && age < SPARE_TIME && self.browsers.are_at(origin, now) =>
            {
                Some(arrived + SPARE_TIME)
            }
            Stage::Sniffing => {
                self.enter_unseen(key.index);
                Some(arrived + APPEAR_AFTER.max(age))
            }
            // What it has begun to say will show whether it is a person.
            Stage::In if !has_begun => {
                self.connections[key.index].count_as_member();
                self.propose(key.index, RequestId::default(), Action::Appear);
                None
            }
            Stage::In | Stage::Outside | Stage::Leaving | Stage::Over => None,
        }
    }

    /// Looks at the first bytes of a connection, as far as they have come; gives them back if they are HTTP.
    pub(super) fn hear_first(&mut self, key: Key, bytes: &[u8]) -> Option<Bytes> {
        let opening = self.connection(key)?.opening.as_deref_mut()?;
        opening.first.extend_from_slice(bytes);
        let spent = sniff::spent_bytes(&opening.first);
        if spent > BLANK_BYTES_KEPT {
            opening.first.drain(..spent);
        }
        match sniff::sniff(&opening.first) {
            Sniff::Is(protocol) => self.settle(key, |_| protocol),
            Sniff::Undecided => {
                if opening.line_due.is_none() && has_line(opening.words()) {
                    let due = Instant::now() + HALF_LINE_TIME;
                    opening.line_due = Some(due);
                    self.look_again(key, due);
                }
                None
            }
        }
    }

    /// The peer has closed its side before it was known what it speaks; gives back what is HTTP.
    pub(super) fn end_first(&mut self, key: Key) -> Option<Bytes> {
        let connection = self.connection(key)?;
        if !connection.opening.as_deref()?.words().is_empty() {
            return self.settle(key, sniff::sniff_all);
        }
        if connection.stage == Stage::Sniffing {
            // Came and went without a word, like a port scanner: nobody was here.
            self.remove(key.index);
        }
        None
    }

    /// It is known what the peer speaks.
    fn settle(&mut self, key: Key, decide: impl FnOnce(&[u8]) -> Protocol) -> Option<Bytes> {
        let connection = self.connection(key)?;
        let opening = connection.opening.take()?;
        let protocol = decide(&opening.first);
        let is_greeted = connection.stage == Stage::In;
        let origin = connection.origin;
        if let Some(answer) = sniff::refusal(protocol, &opening.first, is_greeted) {
            debug!(serial = key.serial, ?protocol, is_greeted, "not spoken here");
            if protocol == Protocol::Http && is_greeted {
                // Only a browser makes a request on a connection that was silent before.
                self.browsers.note(origin, Instant::now());
            }
            self.refuse(key, &answer);
            return None;
        }
        if protocol == Protocol::Http {
            return Some(Bytes::copy_from_slice(opening.words()));
        }
        if is_greeted {
            self.connections[key.index].count_as_member();
        } else {
            self.enter(key.index);
        }
        self.hear(key, opening.words());
        None
    }

    /// Ends a connection with one answer; nothing of what it said is done.
    fn refuse(&mut self, key: Key, answer: &[u8]) {
        let Some(connection) = self.connection(key) else { return };
        let is_in = connection.stage == Stage::In;
        connection.is_refused = true;
        if !is_in {
            connection.stage = Stage::Over;
        }
        self.tell_bytes(key.index, answer);
        if self.connection(key).is_none() {
            return;
        }
        if is_in {
            self.leave(key.index, ExitCause::Lost);
        } else {
            self.finish(key.index);
        }
    }
}

fn has_line(words: &[u8]) -> bool {
    words.iter().any(|byte| matches!(byte, b'\r' | b'\n'))
}
