//! Lines out of bytes: LF, CR LF and CR NUL end one (RFC 854 for the last). A CR before anything else is
//! a character of the line. Telnet commands are taken out on the way.

use super::telnet::{self, Command, Telnet};

/// Bytes in a line without its end. Longer ones are refused as a whole, and nothing of them is kept.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// What bytes turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A line without its end.
    Line(&'a [u8]),
    /// The end of a line that had too many bytes.
    TooLong,
    /// Bytes to answer a telnet negotiation with.
    Negotiate(Vec<u8>),
    /// Telnet's "are you there".
    AreYouThere,
}

#[derive(Debug, Default)]
pub(super) struct Framing {
    partial: Vec<u8>,
    telnet: Telnet,
    /// A CR has been seen and what it means is not known yet.
    after_return: bool,
    /// The line has too many bytes; the rest of it is thrown away.
    is_too_long: bool,
}

impl Framing {
    pub(super) fn handle_bytes(&mut self, mut bytes: &[u8], found: &mut impl FnMut(Piece<'_>)) {
        while !bytes.is_empty() {
            if self.is_plain() {
                bytes = whole_lines(bytes, found);
            }
            // What is left has no plain line at its front: byte by byte up to the end of a line.
            while let Some((byte, rest)) = bytes.split_first() {
                bytes = rest;
                if self.handle_byte(*byte, found) {
                    break;
                }
            }
        }
        if self.partial.is_empty() && self.partial.capacity() > 0 {
            self.partial = Vec::new();
        }
    }

    pub(super) fn handle_end(&mut self, found: &mut impl FnMut(Piece<'_>)) {
        let has_return = std::mem::take(&mut self.after_return);
        if has_return || !self.partial.is_empty() || self.is_too_long {
            self.end_line(found);
        }
    }

    /// Bytes held of a line that has not ended.
    pub(super) fn half_said_bytes(&self) -> usize {
        self.partial.len()
    }

    /// Holds nothing of it any more: the line is refused as one with too many bytes, when it ends.
    pub(super) fn give_up_half_said(&mut self) {
        if !self.partial.is_empty() {
            self.partial = Vec::new();
            self.is_too_long = true;
        }
    }

    /// Nothing is half done.
    fn is_plain(&self) -> bool {
        self.partial.is_empty()
            && !self.after_return
            && !self.is_too_long
            && self.telnet == Telnet::Text
    }

    /// `true` when it ended a line.
    fn handle_byte(&mut self, byte: u8, found: &mut impl FnMut(Piece<'_>)) -> bool {
        match self.telnet.handle_byte(byte) {
            telnet::Step::Text(byte) => self.handle_text(byte, found),
            telnet::Step::Taken => false,
            telnet::Step::Command(command) => {
                match command {
                    Command::Answer(bytes) => found(Piece::Negotiate(bytes.to_vec())),
                    Command::AreYouThere => found(Piece::AreYouThere),
                    Command::EraseCharacter => self.erase_character(),
                    Command::EraseLine => self.partial.clear(),
                }
                false
            }
        }
    }

    fn handle_text(&mut self, byte: u8, found: &mut impl FnMut(Piece<'_>)) -> bool {
        let after_return = std::mem::take(&mut self.after_return);
        match byte {
            b'\n' => {
                self.end_line(found);
                true
            }
            0 if after_return => {
                self.end_line(found);
                true
            }
            b'\r' => {
                if after_return {
                    self.push(b'\r');
                }
                self.after_return = true;
                false
            }
            _ => {
                if after_return {
                    self.push(b'\r');
                }
                self.push(byte);
                false
            }
        }
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

    /// Takes back the last character, however many bytes it has.
    fn erase_character(&mut self) {
        while let Some(byte) = self.partial.pop() {
            let is_continuation = byte & 0b1100_0000 == 0b1000_0000;
            if !is_continuation {
                break;
            }
        }
    }
}

/// Passes on the lines at the front of `bytes` that need no gathering; gives what is left.
fn whole_lines<'a>(mut bytes: &'a [u8], found: &mut impl FnMut(Piece<'_>)) -> &'a [u8] {
    while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
        let line = &bytes[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > LINE_BYTES_MAX || line.iter().any(|byte| matches!(byte, b'\r' | 0xFF)) {
            break;
        }
        found(Piece::Line(line));
        bytes = &bytes[end + 1..];
    }
    bytes
}
