//! Errors in a peer's WebSocket frames, and the close code for each.

use thiserror::Error;

use super::close::CloseCode;

/// Why bytes are not valid frames or not a valid message (RFC 6455; RFC 7692). Nothing after them can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// An invalid frame header.
    #[error("not a WebSocket frame")]
    NotFrame,
    /// A client's frame without a mask.
    #[error("a client's frames must be masked")]
    NotMasked,
    /// A reserved bit is set.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// A control frame that is fragmented or too long.
    #[error("a control frame must be whole and short")]
    LongControl,
    /// A continuation frame without a message to continue.
    #[error("a continuation of nothing")]
    ContinuesNothing,
    /// A message that begins before the last one is complete.
    #[error("a new message within another")]
    WithinAnother,
    /// A binary message.
    #[error("messages are JSON texts")]
    Binary,
    /// A message has too many bytes, as sent or inflated.
    #[error("the message is too long")]
    TooLong,
    /// A compressed message before `hello` inflates to too many bytes.
    #[error("a compressed message before `hello` says at most {max} bytes")]
    TooLongBeforeHello {
        /// The most bytes that it may inflate to.
        max: usize,
    },
    /// A compressed message that cannot be inflated.
    #[error("the message is not deflated")]
    NotDeflated,
    /// A text that is not UTF-8.
    #[error("the message is not UTF-8")]
    NotUtf8,
    /// A close frame of one byte: half a code.
    #[error("a close frame of one byte")]
    HalfCloseCode,
    /// A close code that must not be sent (RFC 6455, section 7.4).
    #[error("a close code that nobody may send")]
    NotCloseCode,
    /// The reason of a close frame is not UTF-8.
    #[error("the reason of the close is not UTF-8")]
    ReasonNotUtf8,
}

impl FrameError {
    /// The code with which the connection is closed.
    #[must_use]
    pub fn close_code(self) -> CloseCode {
        match self {
            Self::NotFrame
            | Self::NotMasked
            | Self::ReservedBit
            | Self::LongControl
            | Self::ContinuesNothing
            | Self::WithinAnother
            | Self::NotDeflated
            | Self::HalfCloseCode
            | Self::NotCloseCode => CloseCode::Protocol,
            Self::Binary => CloseCode::Unsupported,
            Self::TooLong | Self::TooLongBeforeHello { .. } => CloseCode::TooBig,
            Self::NotUtf8 | Self::ReasonNotUtf8 => CloseCode::BadText,
        }
    }
}
