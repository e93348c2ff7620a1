//! Writes frames for clients.

use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::OpCode;

/// Appends a whole frame without a mask.
pub(super) fn frame(opcode: OpCode, is_compressed: bool, payload: &[u8], out: &mut Vec<u8>) {
    let header = FrameHeader { rsv1: is_compressed, opcode, ..FrameHeader::default() };
    // Writing to a Vec cannot fail.
    header.format(payload.len() as u64, out).ok();
    out.extend_from_slice(payload);
}
