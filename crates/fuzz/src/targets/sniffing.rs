//! The first bytes of a connection, which decide its protocol.

use teahouse_wire::sniff::{
    FIRST_BYTES_MAX, Protocol, Sniff, droppable_bytes, refusal, sniff, sniff_all,
};

use crate::cuts::ways_to_cut;

/// The byte that begins an escape sequence of a terminal.
const ESCAPE: u8 = 0x1B;

/// Checks that the decision does not depend on how the bytes are cut, and that an answer is harmless.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    let mut ways = ways_to_cut(bytes).into_iter().map(|pieces| decide(&pieces));
    let decided = ways.next().unwrap_or(Protocol::Line);
    for other in ways {
        assert_eq!(other, decided, "cut otherwise, something else is decided");
    }
    if let Sniff::Is(protocol) = sniff(bytes) {
        assert_eq!(sniff_all(bytes), protocol, "that nothing more comes changes what is known");
    }
    for is_greeted in [false, true] {
        let answer = refusal(decided, bytes, is_greeted).unwrap_or_default();
        assert!(!answer.contains(&ESCAPE), "{}", answer.escape_ascii());
    }
}

/// Decides as the server does: it drops blank bytes before it waits for more.
fn decide(pieces: &[&[u8]]) -> Protocol {
    let mut first = Vec::new();
    for piece in pieces {
        first.extend_from_slice(piece);
        if let Sniff::Is(protocol) = sniff(&first) {
            return protocol;
        }
        first.drain(..droppable_bytes(&first));
        assert!(
            first.len() <= 2 * FIRST_BYTES_MAX + piece.len(),
            "{} bytes decide nothing",
            first.len()
        );
    }
    sniff_all(&first)
}
