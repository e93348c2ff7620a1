//! Ways in which a network may cut the same bytes.

use std::hash::{DefaultHasher, Hasher};

use crate::Dice;

/// The most bytes that are also cut into single bytes.
const SINGLE_BYTES_MAX: usize = 4 * 1024;

/// Ways to cut bytes: not at all, into single bytes if they are few, and at random points. The points depend only on the
/// bytes, so that a failure can be repeated.
pub(crate) fn ways_to_cut(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let mut dice = Dice::new(hasher.finish());
    let mut ways = vec![vec![bytes]];
    if bytes.len() <= SINGLE_BYTES_MAX {
        ways.push(bytes.chunks(1).collect());
    }
    for piece_bytes_max in [8, 200, bytes.len()] {
        let (mut rest, mut pieces) = (bytes, Vec::new());
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(rest.len().min(1 + dice.roll(piece_bytes_max)));
            pieces.push(piece);
            rest = behind;
        }
        ways.push(pieces);
    }
    ways
}
