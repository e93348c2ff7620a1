//! Reads WebSocket messages from bytes and writes frames for clients (RFC 6455, section 5), with `permessage-deflate`
//! without context takeover (RFC 7692): a compressed frame does not depend on earlier ones, so a message for many
//! clients is compressed once for all.
//!
//! `tungstenite` reads and writes frame headers, and the HTTP server does the handshake. This module adds what no library
//! offers: reading without a buffer per idle connection, and frames that many connections share.

mod close;
mod deflate;
mod error;
mod frame;

use std::io::Cursor;

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::Work;
pub use close::CloseCode;
pub use deflate::{Deflater, EXTENSION, offers_deflate};
pub use error::FrameError;
use frame::frame;

/// The most bytes in the payload of a control frame (RFC 6455, section 5.5).
const CONTROL_BYTES_MAX: u64 = 125;
/// The most bytes that a compressed message may inflate to before the client has sent `hello`. Compression cannot be
/// forbidden until then, because a browser that has agreed to it may compress any message, also the first one. A
/// `hello` has fewer than 200 bytes.
const INFLATED_BEFORE_HELLO_BYTES_MAX: usize = 4 * 1024;

/// The `Sec-WebSocket-Accept` that answers a client's key (RFC 6455, section 4.2.2).
#[must_use]
pub fn accept_key(key: &[u8]) -> String {
    tungstenite::handshake::derive_accept_key(key)
}

/// Whether a client's `Sec-WebSocket-Key` is 16 bytes in base64 (RFC 6455, section 4.2.1, item 5). The unused bits of
/// the last digit may have any value: the example in the RFC sets them.
#[must_use]
pub fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    matches!(key, [digits @ .., b'=', b'='] if digits.len() == 22 && digits.iter().all(is_digit))
}

/// What a peer sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// A whole text message.
    Text(String),
    /// A ping, to be answered by a pong with this payload.
    Ping(Vec<u8>),
    /// The peer closes the connection.
    Close,
    /// An error after which nothing can be understood: the caller closes the connection and says why.
    Wrong(FrameError),
}

/// Reads the messages of one peer. Holds no buffer while no message is incomplete.
#[derive(Debug)]
pub struct Decoder {
    message_bytes_max: usize,
    /// The most bytes that a compressed message may inflate to.
    inflated_bytes_max: usize,
    takes_deflate: bool,
    /// The bytes of an incomplete frame.
    partial: Vec<u8>,
    /// The part of a fragmented message that has come, and whether it is compressed.
    message: Option<(Vec<u8>, bool)>,
    /// Whether a close frame or an error has come: later bytes are ignored.
    is_closed: bool,
}

impl Decoder {
    /// A decoder for a peer that may send messages of so many bytes, compressed if that was agreed.
    #[must_use]
    pub fn new(message_bytes_max: usize, takes_deflate: bool) -> Self {
        Self {
            message_bytes_max,
            inflated_bytes_max: message_bytes_max.min(INFLATED_BEFORE_HELLO_BYTES_MAX),
            takes_deflate,
            partial: Vec::new(),
            message: None,
            is_closed: false,
        }
    }

    /// Allows compressed messages to inflate to as many bytes as an uncompressed one may have, after `hello`.
    pub fn trust_deflate(&mut self) {
        self.inflated_bytes_max = self.message_bytes_max;
    }

    /// The number of bytes held of an incomplete message.
    #[must_use]
    pub fn partial_input_bytes(&self) -> usize {
        self.partial.len() + self.message.as_ref().map_or(0, |(message, _)| message.len())
    }

    /// Reads bytes, cut anywhere, until `work` is used up. Returns how many were consumed; the caller passes the rest
    /// again. After [`Received::Close`] or [`Received::Wrong`] all bytes are ignored.
    pub fn handle_bytes(
        &mut self,
        bytes: &[u8],
        work: &mut Work,
        received: &mut impl FnMut(Received),
    ) -> usize {
        if self.is_closed {
            return bytes.len();
        }
        if work.is_used_up() {
            return 0;
        }
        let mut held = std::mem::take(&mut self.partial);
        if held.is_empty() {
            let taken = self.read_frames(bytes, work, received);
            return self.hold(bytes, taken, work);
        }
        let before = held.len();
        held.extend_from_slice(bytes);
        let taken = self.read_frames(&held, work, received);
        if taken == 0 && !self.is_closed {
            // A frame may come byte by byte: do not copy the incomplete frame each time.
            self.partial = held;
            return bytes.len();
        }
        // The held bytes are less than a frame, so the first frame that was read ends after them.
        self.hold(&held, taken, work) - before
    }

    /// Holds the bytes after the complete frames, in a buffer of just their size. Returns how many bytes are consumed.
    /// When the turn is used up, the remaining bytes may be complete frames, and the caller keeps them.
    fn hold(&mut self, bytes: &[u8], taken: usize, work: &Work) -> usize {
        if !self.is_closed && work.is_used_up() {
            return taken;
        }
        if !self.is_closed {
            self.partial = bytes[taken..].to_vec();
        }
        bytes.len()
    }

    /// Reads complete frames from the start of the bytes. Returns how many bytes they have.
    fn read_frames(
        &mut self,
        bytes: &[u8],
        work: &mut Work,
        received: &mut impl FnMut(Received),
    ) -> usize {
        let mut taken = 0;
        while !self.is_closed && !work.is_used_up() {
            let rest = &bytes[taken..];
            let mut cursor = Cursor::new(rest);
            let (header, length) = match FrameHeader::parse(&mut cursor) {
                Ok(Some(parsed)) => parsed,
                Ok(None) => break,
                Err(_) => {
                    self.fail(FrameError::NotFrame, received);
                    break;
                }
            };
            if let Err(error) = self.check(&header, length) {
                self.fail(error, received);
                break;
            }
            let start = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
            // The length is within the bounds that were just checked.
            let end = start + usize::try_from(length).unwrap_or(usize::MAX - start);
            let Some(payload) = rest.get(start..end) else { break };
            work.spend_one();
            self.handle_frame(&header, unmask(payload, header.mask), work, received);
            taken += end;
        }
        taken
    }

    fn check(&self, header: &FrameHeader, length: u64) -> Result<(), FrameError> {
        if header.mask.is_none() {
            return Err(FrameError::NotMasked);
        }
        let is_first = matches!(header.opcode, OpCode::Data(Data::Text | Data::Binary));
        if header.rsv2 || header.rsv3 || (header.rsv1 && !(self.takes_deflate && is_first)) {
            return Err(FrameError::ReservedBit);
        }
        match header.opcode {
            OpCode::Control(_) if !header.is_final || length > CONTROL_BYTES_MAX => {
                Err(FrameError::LongControl)
            }
            OpCode::Data(Data::Continue) if self.message.is_none() => {
                Err(FrameError::ContinuesNothing)
            }
            OpCode::Data(Data::Text | Data::Binary) if self.message.is_some() => {
                Err(FrameError::WithinAnother)
            }
            OpCode::Data(Data::Binary) => Err(FrameError::Binary),
            OpCode::Data(_) => {
                let before = self.message.as_ref().map_or(0, |(message, _)| message.len());
                let max = (self.message_bytes_max - before.min(self.message_bytes_max)) as u64;
                if length > max { Err(FrameError::TooLong) } else { Ok(()) }
            }
            OpCode::Control(_) => Ok(()),
        }
    }

    fn handle_frame(
        &mut self,
        header: &FrameHeader,
        payload: Vec<u8>,
        work: &mut Work,
        received: &mut impl FnMut(Received),
    ) {
        match header.opcode {
            OpCode::Control(Control::Ping) => received(Received::Ping(payload)),
            OpCode::Control(Control::Close) => {
                self.is_closed = true;
                received(match close_fault(&payload) {
                    None => Received::Close,
                    Some(error) => Received::Wrong(error),
                });
            }
            OpCode::Control(Control::Pong | Control::Reserved(_)) => {}
            OpCode::Data(_) => {
                let (mut message, is_compressed) =
                    self.message.take().unwrap_or_else(|| (Vec::new(), header.rsv1));
                if message.is_empty() {
                    message = payload;
                } else {
                    message.extend_from_slice(&payload);
                }
                if header.is_final {
                    self.handle_message(message, is_compressed, work, received);
                } else {
                    self.message = Some((message, is_compressed));
                }
            }
        }
    }

    fn handle_message(
        &mut self,
        message: Vec<u8>,
        is_compressed: bool,
        work: &mut Work,
        received: &mut impl FnMut(Received),
    ) {
        let message = if is_compressed {
            let inflated = deflate::inflate(&message, self.inflated_bytes_max);
            // A message that is too long was inflated up to the bound.
            work.spend_inflated(inflated.as_ref().map_or(self.inflated_bytes_max, Vec::len));
            match inflated {
                Ok(message) => message,
                Err(FrameError::TooLong) if self.inflated_bytes_max < self.message_bytes_max => {
                    let max = self.inflated_bytes_max;
                    return self.fail(FrameError::TooLongBeforeHello { max }, received);
                }
                Err(error) => return self.fail(error, received),
            }
        } else {
            message
        };
        match String::from_utf8(message) {
            Ok(text) => received(Received::Text(text)),
            Err(_) => self.fail(FrameError::NotUtf8, received),
        }
    }

    fn fail(&mut self, error: FrameError, received: &mut impl FnMut(Received)) {
        self.is_closed = true;
        received(Received::Wrong(error));
    }
}

/// What is wrong with the payload of a close frame (RFC 6455, sections 5.5.1 and 7.4).
fn close_fault(payload: &[u8]) -> Option<FrameError> {
    let (code, reason) = match payload {
        [] => return None,
        [_] => return Some(FrameError::HalfCloseCode),
        [first, second, reason @ ..] => (u16::from_be_bytes([*first, *second]), reason),
    };
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Some(FrameError::NotCloseCode);
    }
    let is_text = std::str::from_utf8(reason).is_ok();
    (!is_text).then_some(FrameError::ReasonNotUtf8)
}

fn unmask(payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mask = mask.unwrap_or_default();
    payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect()
}

/// Appends a text message for a client.
pub fn render_text(payload: &[u8], out: &mut Vec<u8>) {
    frame(OpCode::Data(Data::Text), false, payload, out);
}

/// Appends a ping without payload.
pub fn render_ping(out: &mut Vec<u8>) {
    frame(OpCode::Control(Control::Ping), false, &[], out);
}

/// Appends a pong, the answer to a ping.
pub fn render_pong(payload: &[u8], out: &mut Vec<u8>) {
    frame(OpCode::Control(Control::Pong), false, payload, out);
}

/// Appends a close frame with a reason for people, which is cut to 123 bytes.
pub fn render_close(code: CloseCode, why: &str, out: &mut Vec<u8>) {
    let mut payload = code.number().to_be_bytes().to_vec();
    let end = why.floor_char_boundary(123);
    payload.extend_from_slice(&why.as_bytes()[..end]);
    frame(OpCode::Control(Control::Close), false, &payload, out);
}

#[cfg(test)]
mod tests;
