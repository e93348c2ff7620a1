//! The close codes of a WebSocket.

/// Why a connection is closed (RFC 6455, section 7.4). The codes from 4000 on are our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// The session has ended; do not reconnect.
    Normal,
    /// The server stops; reconnect later.
    GoingAway,
    /// The client broke the WebSocket protocol.
    Protocol,
    /// A message that is not text.
    Unsupported,
    /// A text that is not UTF-8.
    BadText,
    /// A message with too many bytes.
    TooBig,
    /// No `hello` in time; do not reconnect.
    NoHello,
    /// The session was silent for longer than the server allows; do not reconnect.
    Idle,
    /// The client did not read, and the server reached the limit of bytes to hold for it; reconnect and resume.
    Unread,
    /// The session was resumed on another connection; do not reconnect.
    Replaced,
    /// History could not be read; reconnect and resume.
    Fault,
}

impl CloseCode {
    /// All close codes.
    pub const ALL: [Self; 11] = [
        Self::Normal,
        Self::GoingAway,
        Self::Protocol,
        Self::Unsupported,
        Self::BadText,
        Self::TooBig,
        Self::NoHello,
        Self::Idle,
        Self::Unread,
        Self::Replaced,
        Self::Fault,
    ];

    /// Whether the client is at fault.
    #[must_use]
    pub fn is_fault_of_client(self) -> bool {
        match self {
            Self::Protocol | Self::Unsupported | Self::BadText | Self::TooBig | Self::NoHello => {
                true
            }
            Self::Normal
            | Self::GoingAway
            | Self::Idle
            | Self::Unread
            | Self::Replaced
            | Self::Fault => false,
        }
    }

    /// Whether a client should reconnect by itself.
    #[must_use]
    pub fn reconnect(self) -> bool {
        match self {
            Self::GoingAway | Self::Unread | Self::Fault => true,
            Self::Normal
            | Self::Protocol
            | Self::Unsupported
            | Self::BadText
            | Self::TooBig
            | Self::NoHello
            | Self::Idle
            | Self::Replaced => false,
        }
    }

    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::Unsupported => 1003,
            Self::BadText => 1007,
            Self::TooBig => 1009,
            Self::NoHello => 4000,
            Self::Idle => 4001,
            Self::Unread => 4002,
            Self::Replaced => 4003,
            Self::Fault => 4004,
        }
    }
}
