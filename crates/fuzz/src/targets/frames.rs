//! What somebody sends behind a WebSocket's handshake, whether or not compression was agreed on.

use teahouse_wire::api::{ApiSession, REQUEST_BYTES_MAX};
use teahouse_wire::websocket::{Decoder, Deflater, Received};
use teahouse_wire::{Input, Work};

use crate::harmless::assert_harmless_bytes;
use crate::hearing::heard;

/// Bytes of a frame's header (RFC 6455, section 5.2).
const HEADER_BYTES_MAX: usize = 14;

/// Takes any bytes.
///
/// # Panics
/// When what must hold does not.
pub fn run(bytes: &[u8]) {
    for takes_deflate in [false, true] {
        let session = || ApiSession::new(takes_deflate);
        for heard in heard(bytes, session, REQUEST_BYTES_MAX + HEADER_BYTES_MAX) {
            match heard {
                Input::Reply(reply) => check_reply(&reply),
                Input::Ask(..) | Input::Redraw | Input::Quit | Input::Broken => {}
            }
        }
        received(bytes, takes_deflate).iter().for_each(|text| check_written(text));
    }
}

/// Texts that are in the bytes.
fn received(bytes: &[u8], takes_deflate: bool) -> Vec<String> {
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

/// A reply is whole frames, and what is a text in it is JSON without a control character.
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

/// The first byte, the payload and what stands behind a whole frame of the server.
///
/// # Panics
/// When it is none.
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

/// What is compressed for many is what each of them reads.
fn check_written(text: &str) {
    let mut written = Vec::new();
    Deflater::default().render_text(text.as_bytes(), &mut written);
    let (first, payload, rest) = frame(&written);
    assert!(rest.is_empty());
    // The same frame as a client would send it, under a mask that changes nothing.
    let mut masked = vec![first, 0xFF];
    masked.extend_from_slice(&u64::try_from(payload.len()).unwrap_or(u64::MAX).to_be_bytes());
    masked.extend_from_slice(&[0; 4]);
    masked.extend_from_slice(payload);
    assert_eq!(received(&masked, true), [text]);
}
