//! The bytes of a client after the WebSocket handshake, with and without compression.

use teahouse_wire::api::{ApiSession, REQUEST_BYTES_MAX};
use teahouse_wire::websocket::{Decoder, Deflater, Received};
use teahouse_wire::{Input, Work};

use crate::harmless::assert_harmless_bytes;
use crate::session::inputs_of;

/// The most bytes in the header of a frame (RFC 6455, section 5.2).
const HEADER_BYTES_MAX: usize = 14;

/// Checks that the replies of a session are valid frames, and that every text can be compressed and read again.
///
/// # Panics
/// When a check fails.
pub fn run(bytes: &[u8]) {
    for takes_deflate in [false, true] {
        let session = || ApiSession::new(takes_deflate);
        for input in inputs_of(bytes, session, REQUEST_BYTES_MAX + HEADER_BYTES_MAX) {
            match input {
                Input::Reply(reply) => check_reply(&reply),
                Input::Ask(..) | Input::Redraw | Input::Quit | Input::Broken => {}
            }
        }
        decode_texts(bytes, takes_deflate).iter().for_each(|text| check_compressed(text));
    }
}

/// The text messages in the bytes.
fn decode_texts(bytes: &[u8], takes_deflate: bool) -> Vec<String> {
    let mut texts = Vec::new();
    let mut decoder = Decoder::new(REQUEST_BYTES_MAX, takes_deflate);
    decoder.trust_deflate();
    let mut rest = bytes;
    while !rest.is_empty() {
        let taken =
            decoder.handle_bytes(rest, &mut Work::unbounded(), &mut |received| match received {
                Received::Text(text) => texts.push(text),
                Received::Ping(_) | Received::Close | Received::Wrong(..) => {}
            });
        rest = &rest[taken..];
    }
    texts
}

/// Checks that a reply is whole frames, and that a text in it is JSON without control characters.
fn check_reply(mut reply: &[u8]) {
    while !reply.is_empty() {
        let (first, payload, rest) = frame(reply);
        if first == 0x81 {
            assert_harmless_bytes(payload);
            let json: Result<serde_json::Value, _> = serde_json::from_slice(payload);
            assert!(json.is_ok_and(|json| json["type"].is_string()), "{}", payload.escape_ascii());
        } else {
            assert!(matches!(first, 0x88 | 0x8A), "a frame that nobody answers with: {first:#x}");
        }
        reply = rest;
    }
}

/// Splits off a frame of the server: its first byte, its payload, and the bytes after it.
///
/// # Panics
/// When there is no whole frame.
fn frame(bytes: &[u8]) -> (u8, &[u8], &[u8]) {
    let (length, start) = match bytes {
        [_, 126, high, low, ..] => (usize::from(u16::from_be_bytes([*high, *low])), 4),
        [_, 127, a, b, c, d, e, f, g, h, ..] => {
            let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
            (usize::try_from(length).unwrap_or(usize::MAX), 10)
        }
        [_, length @ 0..=125, ..] => (usize::from(*length), 2),
        _ => panic!("no frame of a server: {}", bytes.escape_ascii()),
    };
    let (payload, rest) = bytes[start..].split_at(length);
    (bytes[0], payload, rest)
}

/// Checks that a client reads a compressed message as it was written.
fn check_compressed(text: &str) {
    let mut written = Vec::new();
    Deflater::default().render_text(text.as_bytes(), &mut written);
    let (first, payload, rest) = frame(&written);
    assert!(rest.is_empty());
    // The same frame as a client would send it, with a mask of zeros.
    let mut masked = vec![first, 0xFF];
    masked.extend_from_slice(&u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
    masked.extend_from_slice(&[0; 4]);
    masked.extend_from_slice(payload);
    assert_eq!(decode_texts(&masked, true), [text]);
}
