//! A WebSocket without a library: exact bytes out, frames as they come.

use std::time::Duration;

use tungstenite::handshake::derive_accept_key;

use crate::visitor::Visitor;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The request of the handshake, with more header lines.
pub(crate) fn handshake(more: &str) -> String {
    format!(
        "GET /api/v1/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n{more}\r\n"
    )
}

/// A connection after the handshake.
pub(crate) fn connect(port: u16, more: &str) -> Visitor {
    let mut visitor = Visitor::connect(port);
    visitor.send(handshake(more).as_bytes());
    let head = visitor.head();
    assert_eq!(head.status, 101, "{head:?}");
    assert_eq!(head.header("sec-websocket-accept"), derive_accept_key(KEY.as_bytes()));
    visitor
}

/// A client's frame: its first byte (final bit, reserved bits, kind) and its payload.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x11, 0x22, 0x33, 0x44];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=0xFFFF => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0x80 | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&mask);
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// A text message.
pub(crate) fn text(json: &str) -> Vec<u8> {
    frame(0x81, json.as_bytes())
}

/// Closes with a reset instead of an orderly close.
pub(crate) fn reset(visitor: &Visitor) {
    socket2::SockRef::from(visitor.stream()).set_linger(Some(Duration::ZERO)).unwrap();
}
