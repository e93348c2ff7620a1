//! Runs a session over bytes, which are cut in several ways.

use jiff::tz::TimeZone;
use teahouse_core::Time;
use teahouse_wire::protocol::ProtocolSession;
use teahouse_wire::{Clock, Input, Work};

use crate::cuts::ways_to_cut;

/// The inputs that a session makes of bytes and their end. Each way to cut the bytes gets a new session.
///
/// # Panics
/// When two cuts give different inputs, or a session holds more than `held_max` bytes of partial input.
pub(crate) fn inputs_of<S: ProtocolSession>(
    bytes: &[u8],
    session: impl Fn() -> S,
    held_max: usize,
) -> Vec<Input> {
    // The first way in one turn, the others in turns of a few lines or frames.
    let tokens = std::iter::once(u32::MAX).chain(std::iter::repeat(3));
    let mut ways = ways_to_cut(bytes)
        .into_iter()
        .zip(tokens)
        .map(|(way, tokens)| inputs_of_pieces(session(), &way, tokens, held_max));
    let inputs = ways.next().unwrap_or_default();
    for other in ways {
        assert_eq!(other, inputs, "cut in another way, the bytes mean something else");
    }
    inputs
}

fn inputs_of_pieces(
    mut session: impl ProtocolSession,
    pieces: &[&[u8]],
    tokens: u32,
    held_max: usize,
) -> Vec<Input> {
    let clock = Clock { now: Time(1_795_500_000_000), zone: TimeZone::UTC };
    let mut inputs = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let mut work = Work::new(tokens);
            let taken = session.handle_bytes(rest, &clock, &mut work, &mut inputs);
            assert!(taken > 0, "a turn consumes nothing");
            rest = &rest[taken..];
        }
        let held = session.partial_input_bytes();
        assert!(held <= held_max, "{held} bytes of partial input are held");
    }
    session.handle_end(&clock, &mut inputs);
    inputs
}
