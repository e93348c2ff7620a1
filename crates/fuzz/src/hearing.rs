//! What a session hears of bytes, however they are cut.

use jiff::tz::TimeZone;
use teahouse_core::Time;
use teahouse_wire::protocol::ProtocolSession;
use teahouse_wire::{Clock, Input, Work};

use crate::cuts::ways_to_cut;

/// What a session hears of bytes and their end. A new one is made for each way to cut them.
///
/// # Panics
/// When another cut is heard otherwise, or more than `held_max` bytes are held of what has not ended.
pub(crate) fn heard<S: ProtocolSession>(
    bytes: &[u8],
    session: impl Fn() -> S,
    held_max: usize,
) -> Vec<Input> {
    // The first way as a whole, the others in turns of a few lines or frames each.
    let tokens = std::iter::once(u32::MAX).chain(std::iter::repeat(3));
    let mut ways = ways_to_cut(bytes)
        .into_iter()
        .zip(tokens)
        .map(|(way, tokens)| heard_so(session(), &way, tokens, held_max));
    let heard = ways.next().unwrap_or_default();
    for other in ways {
        assert_eq!(other, heard, "cut otherwise, something else is heard");
    }
    heard
}

fn heard_so(
    mut session: impl ProtocolSession,
    pieces: &[&[u8]],
    tokens: u32,
    held_max: usize,
) -> Vec<Input> {
    let clock = Clock { now: Time(1_795_500_000_000), zone: TimeZone::UTC };
    let mut heard = Vec::new();
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let mut work = Work::new(tokens);
            let taken = session.handle_bytes(rest, &clock, &mut work, &mut heard);
            assert!(taken > 0, "a turn takes nothing");
            rest = &rest[taken..];
        }
        let held = session.partial_input_bytes();
        assert!(held <= held_max, "{held} bytes are held of what has not ended");
    }
    session.handle_end(&clock, &mut heard);
    heard
}
