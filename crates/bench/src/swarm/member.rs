//! One member of a swarm.

/// One member's socket.
pub(super) struct Member {
    pub(super) stream: mio::net::TcpStream,
    pub(super) room: usize,
    /// Looks at every message.
    pub(super) is_probe: bool,
    /// Its hearing a message lets the sender say another.
    pub(super) gives_credit: bool,
    /// What it hears counts as deliveries.
    pub(super) is_counted: bool,
    pub(super) is_joined: bool,
    pub(super) partial: Vec<u8>,
    pub(super) unsent: Vec<u8>,
}
