//! What is no WebSocket, and how a connection that speaks it is closed.

use thiserror::Error;

use super::close::CloseCode;

/// Why bytes are no frames, or why a message is none (RFC 6455; RFC 7692). Nothing behind them can be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// A header that no frame has.
    #[error("not a WebSocket frame")]
    NotFrame,
    /// A client's frame without a mask.
    #[error("a client's frames must be masked")]
    NotMasked,
    /// A bit that means nothing here.
    #[error("a reserved bit is set")]
    ReservedBit,
    /// A control frame in parts, or a long one.
    #[error("a control frame must be whole and short")]
    LongControl,
    /// A continuation where no message has begun.
    #[error("a continuation of nothing")]
    ContinuesNothing,
    /// A message that begins before the last one has ended.
    #[error("a new message within another")]
    WithinAnother,
    /// A binary message.
    #[error("messages are JSON texts")]
    Binary,
    /// A message, or what it says, has more bytes than one may have.
    #[error("the message is too long")]
    TooLong,
    /// A compressed message of a peer that is not known says more than such a one may.
    #[error("a compressed message before `hello` says at most {max} bytes")]
    TooLongBeforeHello {
        /// Bytes that it may say.
        max: usize,
    },
    /// A compressed message that cannot be inflated.
    #[error("the message is not deflated")]
    NotDeflated,
    /// A text that is not UTF-8.
    #[error("the message is not UTF-8")]
    NotUtf8,
    /// A close frame with half a code.
    #[error("a close frame of one byte")]
    HalfCloseCode,
    /// A close code that is never sent (RFC 6455, section 7.4).
    #[error("a close code that nobody may send")]
    NotCloseCode,
    /// The reason of a close frame is not UTF-8.
    #[error("the reason of the close is not UTF-8")]
    ReasonNotUtf8,
}

impl FrameError {
    /// How the connection is closed.
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
