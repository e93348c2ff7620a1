//! WebSocket frames, as a client sends and receives them (RFC 6455, section 5.2; RFC 7692).

use std::io::Read;

use flate2::read::DeflateDecoder;

/// Opcodes.
pub(super) const TEXT: u8 = 1;
pub(super) const PING: u8 = 9;
const PONG: u8 = 10;
/// The bit that marks a compressed message.
const COMPRESSED: u8 = 0x40;
/// The bytes that end every compressed message and are left out of its frame.
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// The answer to an empty ping.
pub(super) fn pong() -> Vec<u8> {
    vec![0x80 | PONG, 0x80, 0, 0, 0, 0]
}

/// A text frame, with a mask of zeros.
pub(super) fn masked(text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length < 126);
    let mut frame = vec![0x80 | TEXT];
    match length {
        Some(length) => frame.push(0x80 | length),
        None => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(text.len()).expect("requests are short").to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// Removes the first frame of a server, if it is whole; returns its opcode and payload.
pub(super) fn frame(bytes: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (start, length) = match second {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => panic!("no message is that long"),
        length => (2, usize::from(length)),
    };
    let mut payload = bytes.get(start..start + length)?.to_vec();
    bytes.drain(..start + length);
    if first & COMPRESSED != 0 {
        payload.extend(TAIL);
        let mut inflated = Vec::new();
        let read = DeflateDecoder::new(&payload[..]).read_to_end(&mut inflated);
        // A message ends without the end of its stream.
        assert!(read.is_ok() || !inflated.is_empty(), "it is compressed");
        payload = inflated;
    }
    Some((first & 0x0F, payload))
}
