//! `permessage-deflate` (RFC 7692), in both directions without context takeover.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::error::FrameError;
use super::frame::frame;

/// The extension that the server agrees to (RFC 7692, section 7.1).
pub const EXTENSION: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The end of every compressed message, which the frame leaves out (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];
/// A shorter message is sent uncompressed, because compression would gain too little for its cost.
const COMPRESSED_BYTES_MIN: usize = 256;
/// The compression level: a fast one, because messages are short.
const LEVEL: u32 = 3;

/// Whether a client's `Sec-WebSocket-Extensions` offers `permessage-deflate` with parameters that the server can agree
/// to: only known ones, and no smaller window for the server's messages.
#[must_use]
pub fn offers_deflate(header: &str) -> bool {
    header.split(',').any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        parts.next() == Some("permessage-deflate") && parts.all(is_agreeable)
    })
}

fn is_agreeable(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().trim_end();
    match name {
        "server_no_context_takeover" | "client_no_context_takeover" => name == parameter,
        // About the client's own window: the server can read any.
        "client_max_window_bits" => true,
        _ => false,
    }
}

/// Compresses messages, each independently. One deflater serves a whole shard.
#[derive(Debug)]
pub struct Deflater {
    compress: Compress,
    buffer: Vec<u8>,
}

impl Default for Deflater {
    fn default() -> Self {
        Self { compress: Compress::new(Compression::new(LEVEL), false), buffer: Vec::new() }
    }
}

impl Deflater {
    /// Appends a text message for a client that accepts compressed ones. A short message is not compressed.
    pub fn render_text(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let opcode = OpCode::Data(Data::Text);
        if payload.len() < COMPRESSED_BYTES_MIN || !self.deflate(payload) {
            return frame(opcode, false, payload, out);
        }
        frame(opcode, true, &self.buffer, out);
    }

    /// Compresses into the buffer. Returns `false` when the result is not smaller.
    fn deflate(&mut self, payload: &[u8]) -> bool {
        self.compress.reset();
        self.buffer.clear();
        // Enough for the worst case: stored blocks and the flush.
        self.buffer.reserve(payload.len() + payload.len() / 1000 + 64);
        let flush = FlushCompress::Sync;
        let compressed = self.compress.compress_vec(payload, &mut self.buffer, flush);
        let is_whole = self.compress.total_in() == payload.len() as u64;
        if compressed.is_err() || !is_whole || !self.buffer.ends_with(&TAIL) {
            return false;
        }
        self.buffer.truncate(self.buffer.len() - TAIL.len());
        self.buffer.len() < payload.len()
    }
}

/// Inflates a compressed message to at most so many bytes.
pub(super) fn inflate(message: &[u8], bytes_max: usize) -> Result<Vec<u8>, FrameError> {
    let mut decompress = Decompress::new(false);
    // One byte more than allowed, to detect a message that is too long.
    let mut out = Vec::with_capacity(bytes_max + 1);
    for part in [message, TAIL.as_slice()] {
        let before = decompress.total_in();
        let status = decompress
            .decompress_vec(part, &mut out, FlushDecompress::Sync)
            .map_err(|_| FrameError::NotDeflated)?;
        if out.len() > bytes_max {
            return Err(FrameError::TooLong);
        }
        let is_taken = decompress.total_in() - before == part.len() as u64;
        if !is_taken && status != Status::StreamEnd {
            return Err(FrameError::NotDeflated);
        }
    }
    out.shrink_to_fit();
    Ok(out)
}
