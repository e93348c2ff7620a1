//! Mutations of valid inputs: most results are still nearly valid, so that they get past the first checks of a parser.

use crate::Dice;

/// Pieces with a meaning in some protocol.
const PIECES: &[&[u8]] = &[
    b"\n",
    b"\r",
    b"\r\n",
    b"\r\0",
    b"\0",
    b"\xFF",
    b"\xFF\xFD\x01",
    b"\xFF\xFE",
    b"\x1B[2J",
    b"\x08",
    b"\x15",
    b" ",
    b"/",
    b"/join tea\n",
    b"#",
    b"%",
    b"%00",
    b"%C3%A4",
    b"?",
    b"&",
    b"=",
    b"-",
    b":",
    b"\"",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"null",
    b"true",
    b"1e999",
    b"-1",
    b"18446744073709551616",
    b"\xE8\x8C\xB6",
    b"\xE2\x80\xAE",
    b"\xCC\x81",
    b"\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x9A\x80",
    b"\x81\x80\0\0\0\0",
    b"\x89\x80\0\0\0\0",
    b"\x88\x80\0\0\0\0",
    b"\xC1",
    b"\x01",
    b"\x80",
    b"HTTP/1.1",
];
/// The most bytes of a mutated input: enough to exceed the limits of the parsers, and few enough to be fast.
const BYTES_MAX: usize = 192 * 1024;

/// Makes a few random changes to `bytes`. Some of them insert parts of `others`.
#[must_use]
pub fn mutate(bytes: &[u8], others: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut made = bytes.to_vec();
    for _ in 0..=dice.roll(4) {
        change(&mut made, others, dice);
    }
    made.truncate(BYTES_MAX);
    made
}

fn change(made: &mut Vec<u8>, others: &[Vec<u8>], dice: &mut Dice) {
    let start = dice.roll(made.len() + 1);
    let end = start + dice.roll((made.len() - start + 1).min(40));
    match dice.roll(10) {
        0 | 1 => insert(made, start, dice.pick(PIECES)),
        2 => drop(made.drain(start..end)),
        3 => {
            if let Some(byte) = made.get_mut(start) {
                *byte ^= 1 << dice.roll(8);
            }
        }
        4 => insert(made, start, &dice.bytes(8)),
        5 => {
            let again = made[start..end].repeat(1 + dice.roll(5));
            insert(made, start, &again);
        }
        6 => {
            let other = if others.is_empty() { Vec::new() } else { dice.pick(others) };
            insert(made, start, &other[dice.roll(other.len() + 1)..]);
        }
        7 | 8 => change_digit(made, dice),
        // Sometimes longer than a line or a message may be.
        _ if dice.roll(20) == 0 => {
            let many = vec![dice.pick(b"x \xE8/\n\xFF\0"); 70_000];
            insert(made, start, &many);
        }
        _ => made.truncate(end),
    }
}

/// Replaces a digit by another one, so that numbers stay well-formed.
fn change_digit(made: &mut [u8], dice: &mut Dice) {
    let is_digit = |index: &usize| made[*index].is_ascii_digit();
    let digits: Vec<usize> = (0..made.len()).filter(is_digit).collect();
    if !digits.is_empty() {
        made[dice.pick(&digits)] = dice.pick(b"0123456789");
    }
}

fn insert(made: &mut Vec<u8>, at: usize, piece: &[u8]) {
    made.splice(at..at, piece.iter().copied());
}
