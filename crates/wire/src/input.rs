//! The meaning of a peer's bytes, in the same form for every protocol.

use teahouse_core::{Request, RequestId};

/// What a session made of its peer's bytes. The shard carries it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A request for the hub. The session finds its answer by the id.
    Ask(RequestId, Request),
    /// Bytes for the peer, from the session itself: an error, a pong, a help text.
    Reply(Vec<u8>),
    /// The input line has changed and has to be drawn again, if the server draws it
    /// ([`crate::protocol::ProtocolSession::input_line`]).
    Redraw,
    /// The peer ends its session, or has sent all its input.
    Quit,
    /// The connection is unusable: the peer closed it without a goodbye, or broke the protocol. Its input is not read any
    /// more; a session with a resume key is suspended.
    Broken,
}

impl Input {
    /// A request for the hub, from a protocol that does not number its requests.
    #[must_use]
    pub fn ask(request: impl Into<Request>) -> Self {
        Self::Ask(RequestId::default(), request.into())
    }
}
