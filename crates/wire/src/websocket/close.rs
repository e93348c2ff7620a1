//! Why a WebSocket ends, as its peer is told.

/// Why a connection is closed, as the peer is told (RFC 6455, section 7.4). Those from 4000 on are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// Everything was said; do not come back by yourself.
    Normal,
    /// The server closes; come back later.
    GoingAway,
    /// Not WebSocket.
    Protocol,
    /// A message that is not text.
    Unsupported,
    /// A text that is not UTF-8.
    BadText,
    /// A message with more bytes than one may have.
    TooBig,
    /// No `hello` in time; do not come back by yourself.
    NoHello,
    /// Silent for longer than the server allows; do not come back by yourself.
    Idle,
    /// What was sent was not read, past the last bound; come back and resume.
    Unread,
    /// The seat was taken on another connection; do not come back.
    Replaced,
    /// History could not be read; come back and resume.
    Fault,
}

impl CloseCode {
    /// All there are.
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

    /// Whether it says that the client does what no client may do.
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

    /// Whether a client that comes back by itself makes sense.
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
