//! What came of a peer's bytes, the same for every protocol.

use teahouse_core::{Request, RequestId};

/// What came of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Something for the hub, and what the session calls it.
    Ask(RequestId, Request),
    /// Something answered on the spot.
    Reply(Vec<u8>),
    /// What its peer is typing looks different, where the server shows that
    /// ([`crate::protocol::ProtocolSession::input_line`]).
    Redraw,
    /// They want to go, or have said everything.
    Quit,
    /// The peer closed without a word or sent what is not the protocol: nothing more is heard from it.
    Broken,
}

impl Input {
    /// Something for the hub, from a protocol that does not number its requests.
    #[must_use]
    pub fn ask(request: impl Into<Request>) -> Self {
        Self::Ask(RequestId::default(), request.into())
    }
}
