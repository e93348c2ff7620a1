//! Bytes made from others that mean something: most of what they become is still nearly that.

use crate::Dice;

/// Pieces that protocols take for more than words.
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
/// Bytes of what a mutation grows to at most: a limit or two are passed, and one case costs little.
const BYTES_MAX: usize = 192 * 1024;

/// Bytes that some changes made of `bytes` and, now and then, of `others`.
#[must_use]
pub fn mutated(bytes: &[u8], others: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
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
        7 | 8 => count_otherwise(made, dice),
        // Past what a line or a message may have, once in a while.
        _ if dice.roll(20) == 0 => {
            let many = vec![dice.pick(b"x \xE8/\n\xFF\0"); 70_000];
            insert(made, start, &many);
        }
        _ => made.truncate(end),
    }
}

/// Another digit: what is written in numbers stays well formed.
fn count_otherwise(made: &mut [u8], dice: &mut Dice) {
    let is_digit = |index: &usize| made[*index].is_ascii_digit();
    let digits: Vec<usize> = (0..made.len()).filter(is_digit).collect();
    if !digits.is_empty() {
        made[dice.pick(&digits)] = dice.pick(b"0123456789");
    }
}

fn insert(made: &mut Vec<u8>, at: usize, piece: &[u8]) {
    made.splice(at..at, piece.iter().copied());
}
