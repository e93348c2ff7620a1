//! Splits bytes into lines: LF, CR, CR LF and CR NUL end a line (RFC 854 for the last). Telnet commands are removed, and
//! the editing keys of a telnet that sends each key as it is typed edit the line: BS and DEL erase its last character,
//! Ctrl-W its last word, Ctrl-U all of it.

use unicode_segmentation::GraphemeCursor;

use super::telnet::{self, Command, Telnet};
use crate::Work;
use crate::decode::begins_as_utf16;

const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7F;
const CTRL_U: u8 = 0x15;
const CTRL_W: u8 = 0x17;

/// The most bytes at the end of a line that are searched for its last character. The longest emoji in use have 35, and
/// the bound keeps the cost of one byte from a peer small.
const LAST_CHARACTER_BYTES_MAX: usize = 64;

/// The most bytes in a line without its end. A longer line is refused as a whole, and nothing of it is kept.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// A piece of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A line without its end.
    Line(&'a [u8]),
    /// A line that had too many bytes.
    TooLong,
    /// The bytes that answer a telnet negotiation.
    Negotiate(Vec<u8>),
    /// Telnet's "are you there".
    AreYouThere,
    /// The whole input is UTF-16: nothing of it is read.
    Utf16,
}

/// What the first bytes of the input are. A telnet that was offered nothing does not begin with `IAC DONT`, so these two
/// bytes are the byte-order mark of UTF-16.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Start {
    /// No byte has come.
    #[default]
    Awaited,
    /// The first byte may be half of a byte-order mark; it is not read in another way yet.
    Half(u8),
    /// The first bytes are read as usual.
    Past,
    /// A byte-order mark of UTF-16.
    Utf16,
}

#[derive(Debug, Default)]
pub(super) struct Framing {
    partial: Vec<u8>,
    telnet: Telnet,
    start: Start,
    /// Whether a CR has just ended a line: a LF or NUL after it belongs to the same line end.
    after_return: bool,
    /// Whether the line has too many bytes, so that the rest of it is discarded.
    is_too_long: bool,
}

impl Framing {
    /// Reads bytes until `work` is used up. Returns how many were consumed.
    pub(super) fn handle_bytes(
        &mut self,
        all: &[u8],
        work: &mut Work,
        found: &mut impl FnMut(Piece<'_>),
    ) -> usize {
        let mut bytes = all;
        if self.start != Start::Past {
            bytes = self.handle_start(bytes, work, found);
        }
        while !bytes.is_empty() && !work.is_used_up() {
            if self.is_plain() {
                bytes = whole_lines(bytes, work, found);
            }
            // The remaining bytes do not begin with a plain line: read byte by byte up to the end of a line.
            while !work.is_used_up()
                && let Some((byte, rest)) = bytes.split_first()
            {
                bytes = rest;
                if self.handle_byte(*byte, work, found) {
                    break;
                }
            }
        }
        if self.partial.is_empty() && self.partial.capacity() > 0 {
            self.partial = Vec::new();
        }
        all.len() - bytes.len()
    }

    /// Reads the first bytes of the input. Returns the remaining ones.
    fn handle_start<'a>(
        &mut self,
        mut bytes: &'a [u8],
        work: &mut Work,
        found: &mut impl FnMut(Piece<'_>),
    ) -> &'a [u8] {
        while let Some((byte, rest)) = bytes.split_first() {
            match self.start {
                Start::Awaited if matches!(byte, 0xFE | 0xFF) => self.start = Start::Half(*byte),
                Start::Half(half) if begins_as_utf16(&[half, *byte]) => {
                    self.start = Start::Utf16;
                    found(Piece::Utf16);
                }
                Start::Half(half) => {
                    self.start = Start::Past;
                    self.handle_byte(half, work, found);
                    return bytes;
                }
                Start::Awaited | Start::Past => {
                    self.start = Start::Past;
                    return bytes;
                }
                Start::Utf16 => return &[],
            }
            bytes = rest;
        }
        bytes
    }

    pub(super) fn handle_end(&mut self, found: &mut impl FnMut(Piece<'_>)) {
        if let Start::Half(half) = self.start {
            self.start = Start::Past;
            self.handle_byte(half, &mut Work::unbounded(), found);
        }
        if !self.partial.is_empty() || self.is_too_long {
            self.end_line(found);
        }
    }

    /// The number of bytes held of an incomplete line.
    pub(super) fn partial_input_bytes(&self) -> usize {
        self.partial.len()
    }

    /// Drops the incomplete line. It is refused when it ends, as a line with too many bytes.
    pub(super) fn discard_partial_input(&mut self) {
        if !self.partial.is_empty() {
            self.partial = Vec::new();
            self.is_too_long = true;
        }
    }

    /// Whether the next byte begins a line and nothing before it changes what it means.
    fn is_plain(&self) -> bool {
        self.partial.is_empty()
            && !self.after_return
            && !self.is_too_long
            && self.telnet == Telnet::Text
    }

    /// Returns whether the byte ended a line.
    fn handle_byte(
        &mut self,
        byte: u8,
        work: &mut Work,
        found: &mut impl FnMut(Piece<'_>),
    ) -> bool {
        match self.telnet.handle_byte(byte) {
            telnet::Step::Text(byte) => self.handle_text(byte, work, found),
            telnet::Step::Taken => false,
            telnet::Step::Command(command) => {
                work.spend_one();
                match command {
                    Command::Answer(bytes) => found(Piece::Negotiate(bytes.to_vec())),
                    Command::AreYouThere => found(Piece::AreYouThere),
                    Command::EraseCharacter => self.erase_character(),
                    Command::EraseLine => self.erase_line(),
                }
                false
            }
        }
    }

    fn handle_text(
        &mut self,
        byte: u8,
        work: &mut Work,
        found: &mut impl FnMut(Piece<'_>),
    ) -> bool {
        let after_return = std::mem::take(&mut self.after_return);
        match byte {
            b'\n' | 0 if after_return => return true,
            b'\n' | b'\r' => {
                work.spend_one();
                self.end_line(found);
                self.after_return = byte == b'\r';
                return true;
            }
            // Finding the last character costs as much work as a line.
            BACKSPACE | DELETE => {
                work.spend_one();
                self.erase_character();
            }
            CTRL_U => self.erase_line(),
            CTRL_W => self.erase_word(),
            _ => self.push(byte),
        }
        false
    }

    fn push(&mut self, byte: u8) {
        if self.partial.len() >= LINE_BYTES_MAX {
            self.is_too_long = true;
            self.partial = Vec::new();
        }
        if !self.is_too_long {
            self.partial.push(byte);
        }
    }

    fn end_line(&mut self, found: &mut impl FnMut(Piece<'_>)) {
        if std::mem::take(&mut self.is_too_long) {
            found(Piece::TooLong);
        } else {
            found(Piece::Line(&self.partial));
        }
        self.partial.clear();
    }

    /// Erases the last character as a person sees it (a grapheme cluster), however many bytes it has.
    fn erase_character(&mut self) {
        // An ASCII byte is a whole character.
        if self.partial.last().is_none_or(u8::is_ascii) {
            self.partial.pop();
            return;
        }
        let from = self.partial.len().saturating_sub(LAST_CHARACTER_BYTES_MAX);
        let window = &self.partial[from..];
        let start = window.iter().position(|byte| !is_continuation(*byte)).unwrap_or(0);
        let kept = match std::str::from_utf8(&window[start..]) {
            Ok(words) => {
                let mut cursor = GraphemeCursor::new(words.len(), words.len(), true);
                let last = cursor.prev_boundary(words, 0).ok().flatten();
                from + start + last.unwrap_or(0)
            }
            Err(_) => self.partial.iter().rposition(|byte| !is_continuation(*byte)).unwrap_or(0),
        };
        self.partial.truncate(kept);
    }

    /// Erases the last word and the blanks after it.
    fn erase_word(&mut self) {
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let end = self.partial.iter().rposition(|byte| !is_blank(byte)).map_or(0, |last| last + 1);
        let start = self.partial[..end].iter().rposition(is_blank).map_or(0, |blank| blank + 1);
        self.partial.truncate(start);
    }

    fn erase_line(&mut self) {
        self.partial.clear();
        self.is_too_long = false;
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Whether a byte within a line has a meaning of its own.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'\r' | 0xFF | BACKSPACE | DELETE | CTRL_U | CTRL_W)
}

/// Passes on the complete plain lines at the front of `bytes`, without copying them. Returns the remaining bytes.
fn whole_lines<'a>(
    mut bytes: &'a [u8],
    work: &mut Work,
    found: &mut impl FnMut(Piece<'_>),
) -> &'a [u8] {
    while !work.is_used_up()
        && let Some(end) = bytes.iter().position(|byte| *byte == b'\n')
    {
        let line = &bytes[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_BYTES_MAX || line.iter().any(|byte| is_special(*byte)) {
            break;
        }
        work.spend_one();
        found(Piece::Line(line));
        bytes = &bytes[end + 1..];
    }
    bytes
}
