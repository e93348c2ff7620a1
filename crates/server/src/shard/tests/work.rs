//! Input is handled one turn at a time, while the peer has tokens.

use std::task::Waker;

use teahouse_wire::api::ApiSession;
use teahouse_wire::websocket::Deflater;

use super::*;
use crate::shard::ReadOutcome;

/// An unknown command, which is answered immediately with one line.
const UNKNOWN: &str = "/nothing\n";

impl Bench {
    /// A bench with these limits on the work of a connection.
    fn with_work(work_burst: u32, work_per_second: u32) -> Self {
        Self::new(|settings| {
            let flood = &mut settings.limits.flood;
            (flood.work_burst, flood.work_per_second) = (work_burst, work_per_second);
        })
    }

    /// A person who has sent something, and has all tokens.
    fn rested(&mut self) -> Person {
        let person = self.join_line();
        self.send(&person, UNKNOWN);
        self.advance(10_000);
        person.answers();
        person
    }

    /// Whether a person is read, and from where.
    fn reading(&mut self, person: &Person) -> Reading {
        match self.shard.interest(person.key, Waker::noop()) {
            Interest::Ready { read, .. } => read,
            other @ (Interest::Http | Interest::Closed) => panic!("{other:?}"),
        }
    }

    /// One turn of a person's input, as its task would take it.
    fn turn(&mut self, person: &Person) -> ReadOutcome {
        self.step(|shard| shard.handle_readable(person.key))
    }
}

impl Person {
    /// The number of lines answered since the last call.
    fn answers(&self) -> usize {
        self.received().lines().count()
    }
}

#[test]
fn a_read_of_many_lines_is_handled_in_turns_while_tokens_last_and_then_in_time() {
    let mut bench = Bench::with_work(100, 10);
    let ann = bench.rested();
    ann.socket.send(UNKNOWN.repeat(200).as_bytes());
    assert_eq!(bench.turn(&ann), ReadOutcome::Full);
    assert_eq!(ann.answers(), 64, "a turn");
    assert_eq!(bench.reading(&ann), Reading::Leftover);
    bench.turn(&ann);
    assert_eq!(ann.answers(), 35, "one token was for the KiB read");
    assert_eq!(bench.turn(&ann), ReadOutcome::Nothing);
    assert_eq!((ann.answers(), bench.reading(&ann)), (0, Reading::No));
    bench.advance(99);
    assert_eq!(bench.reading(&ann), Reading::No);
    bench.advance(1);
    assert_eq!(bench.reading(&ann), Reading::Leftover, "0.1 s is a token");
    bench.turn(&ann);
    assert_eq!(ann.answers(), 1);
    for _ in 0..100 {
        bench.advance(1000);
        bench.turn(&ann);
        let connection = bench.shard.sessions.connections.get(ann.key).unwrap();
        let leftover = connection.input.leftover.as_ref();
        assert!(leftover.is_none_or(|bytes| bytes.capacity() <= 2 * bytes.len() + 1));
    }
    assert_eq!((ann.answers(), bench.reading(&ann)), (100, Reading::Socket), "nothing is lost");
}

#[test]
fn a_connection_without_tokens_is_not_read_however_little_it_sends() {
    let mut bench = Bench::with_work(50, 10);
    let ann = bench.rested();
    // Empty lines, each in its own read.
    for _ in 0..50 {
        bench.send(&ann, "\n");
    }
    ann.socket.send(UNKNOWN.as_bytes());
    assert_eq!(bench.turn(&ann), ReadOutcome::Nothing);
    assert!(ann.socket.is_readable(), "it stays in the socket");
    assert_eq!(bench.reading(&ann), Reading::No);
    bench.advance(100);
    assert_eq!(bench.reading(&ann), Reading::Socket);
    bench.turn(&ann);
    assert_eq!(ann.answers(), 1);
}

#[test]
fn a_peer_that_connects_again_has_no_more_tokens_than_its_address() {
    let mut bench = Bench::new(|settings| {
        settings.limits.addresses.address_work_burst = 100;
        settings.limits.addresses.address_work_per_second = 10;
    });
    let (ann, bob) = (bench.rested(), bench.rested());
    ann.socket.send(UNKNOWN.repeat(200).as_bytes());
    while bench.turn(&ann) != ReadOutcome::Nothing {}
    assert_eq!(ann.answers(), 99);
    ann.socket.break_off();
    let again = bench.connect();
    for person in [&again, &bob] {
        person.socket.send(UNKNOWN.as_bytes());
        assert_eq!(bench.turn(person), ReadOutcome::Nothing);
        assert_eq!((person.answers(), bench.reading(person)), (0, Reading::No));
    }
    bench.advance(1000);
    bench.turn(&bob);
    assert_eq!(bob.answers(), 1);
}

#[test]
fn input_is_handled_to_its_end_after_a_close_before_the_first_line_has_ended() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.connect();
    // Each erased character costs a token, and there are more of them than one turn handles.
    bench.send(&ann, &format!("{}tea", "x\x7f".repeat(100)));
    ann.socket.close();
    let mut actions = Vec::new();
    while bench.reading(&ann) != Reading::No {
        bench.turn(&ann);
        actions.extend(bench.take_actions());
    }
    let [Action::Enter { .. }, Action::Say { text, .. }, Action::Exit { .. }] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(text.as_str(), "tea");
}

#[test]
fn the_rest_of_a_beginning_decided_by_time_is_handled_without_another_byte() {
    let mut bench = Bench::new(|_| {});
    let ann = bench.connect();
    // The beginning of a Redis request, if a length follows.
    bench.send(&ann, &format!("*3\n{}", "\n".repeat(100)));
    assert_eq!(bench.shard.interest(ann.key, &ann.socket.waker()), waits());
    ann.socket.take_woken();
    bench.advance(2000);
    assert!(ann.socket.take_woken());
    assert_eq!(bench.reading(&ann), Reading::Leftover);
    bench.turn(&ann);
    assert_eq!(bench.reading(&ann), Reading::Socket);
}

fn waits() -> Interest {
    Interest::Ready { read: Reading::Socket, write: false }
}

#[test]
fn one_compressed_message_is_handled_in_one_step_and_costs_its_content() {
    let mut bench = Bench::with_work(12, 10);
    let ann = bench.websocket();
    let hello = masked(0x81, br#"{"op":"hello"}"#);
    let large = format!(r#"{{"op":"none","more":"{}"}}"#, "x".repeat(4 * 1024));
    let compressed = compressed(&large);
    let frames = [hello, compressed.clone(), compressed].concat();
    ann.socket.send(&frames);
    bench.turn(&ann);
    assert_eq!(ann.frames(), 1, "the hello, and one unknown request");
    assert_eq!(bench.reading(&ann), Reading::Leftover);
    bench.turn(&ann);
    assert_eq!(ann.frames(), 1);
    // 1 + 5 + 5 of 12 tokens.
    bench.send(&ann, "");
    ann.socket.send(&masked(0x89, b""));
    bench.turn(&ann);
    assert_eq!(ann.frames(), 1, "the last token");
    ann.socket.send(&masked(0x89, b""));
    assert_eq!(bench.turn(&ann), ReadOutcome::Nothing);
}

impl Bench {
    /// A client on a WebSocket that has agreed to compress.
    fn websocket(&mut self) -> Person {
        let socket = VirtualSocket::new(usize::MAX / 2);
        let permit = self.gate.admit([10, 0, 0, 1].into()).unwrap();
        let (ours, origin) = (socket.clone(), permit.origin());
        let peer = (origin, Some(permit));
        let key =
            self.step(|shard| shard.accept_as(Box::new(ApiSession::new(true)), ours, peer, &[]));
        let session = self.shard.session(key).unwrap();
        Person { socket, key, session }
    }
}

impl Person {
    /// The number of frames received since the last call; none may be long.
    fn frames(&self) -> usize {
        let mut count = 0;
        let bytes = self.socket.take_received();
        let mut rest = bytes.as_slice();
        while let [_, length, after @ ..] = rest {
            let (length, head) = match length {
                126 => (usize::from(u16::from_be_bytes([after[0], after[1]])), 2),
                short => (usize::from(*short), 0),
            };
            rest = &after[head + length..];
            count += 1;
        }
        count
    }
}

/// A client's frame, masked with zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).ok().filter(|length| *length < 126).unwrap();
    [&[first, 0x80 | length, 0, 0, 0, 0], payload].concat()
}

/// A client's compressed text message.
fn compressed(text: &str) -> Vec<u8> {
    let mut frame = Vec::new();
    Deflater::default().render_text(text.as_bytes(), &mut frame);
    masked(0xC1, &frame[2..])
}
