//! Ways in which a network may cut the same bytes.

use std::hash::{DefaultHasher, Hasher};

use crate::Dice;

/// Bytes up to which all are also given one by one.
const ONE_BY_ONE_MAX: usize = 4 * 1024;

/// All at once, one by one where they are few, and at places that depend on the bytes alone, so that the same bytes
/// fail again.
pub(crate) fn ways_to_cut(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    let mut dice = Dice::new(hasher.finish());
    let mut ways = vec![vec![bytes]];
    if bytes.len() <= ONE_BY_ONE_MAX {
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
