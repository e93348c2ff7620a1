//! `permessage-deflate` (RFC 7692), both directions without context take-over.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::error::FrameError;
use super::frame::frame;

/// What the server agrees to (RFC 7692, section 7.1).
pub const EXTENSION: &str =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// What ends every compressed message and is left out of the frame (RFC 7692, section 7.2.1).
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];
/// Bytes below which a message is sent as it is: compressing gains nothing worth the work.
const COMPRESSED_BYTES_MIN: usize = 256;
/// The level: the fastest that finds repetitions; messages are short.
const LEVEL: u32 = 3;

/// Whether a client's `Sec-WebSocket-Extensions` offers `permessage-deflate` in a way we can agree to:
/// with nothing that is not known, and without demanding a smaller window for what we send.
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
        // Only what a client may say of its own window; any window is read.
        "client_max_window_bits" => true,
        _ => false,
    }
}

/// Compresses messages, each by itself. One serves a whole shard.
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
    /// A text message for a client that takes compressed ones; short ones are sent as they are.
    pub fn render_text(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        let opcode = OpCode::Data(Data::Text);
        if payload.len() < COMPRESSED_BYTES_MIN || !self.deflate(payload) {
            return frame(opcode, false, payload, out);
        }
        frame(opcode, true, &self.buffer, out);
    }

    /// Compresses into the buffer; `false` when that gained nothing.
    fn deflate(&mut self, payload: &[u8]) -> bool {
        self.compress.reset();
        self.buffer.clear();
        // Room for the worst case: stored blocks and the flush.
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

/// What a compressed message says, at most so many bytes of it.
pub(super) fn inflate(message: &[u8], bytes_max: usize) -> Result<Vec<u8>, FrameError> {
    let mut decompress = Decompress::new(false);
    // One byte more than allowed, so that too much is noticed.
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
