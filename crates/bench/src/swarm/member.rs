//! One member of a swarm.

/// One member's socket.
pub(super) struct Member {
    pub(super) stream: mio::net::TcpStream,
    pub(super) room: usize,
    /// Whether it parses every message.
    pub(super) is_probe: bool,
    /// Whether a message that it receives gives the sender new credit.
    pub(super) gives_credit: bool,
    /// Whether what it receives counts as deliveries.
    pub(super) is_counted: bool,
    pub(super) is_joined: bool,
    pub(super) partial: Vec<u8>,
    pub(super) unsent: Vec<u8>,
}
