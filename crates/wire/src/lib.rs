//! Wire protocols: bytes to the types of the core and back, one module per protocol.
//!
//! A protocol owns its framing, its dialect and its byte limits. It knows nothing of sockets, of other protocols or of
//! the store, and of rooms and members only what the server tells it. The same bytes, cut anywhere, give the same
//! result.
//!
//! - [`protocol`]: the interface that every protocol implements. Read it first.
//! - [`sniff`]: tells protocols apart by the first bytes of a connection.
//! - [`line`]: the protocol of `nc` and stock `telnet`. [`api`]: the protocol of our clients and of bots, over
//!   [`websocket`] and HTTP. [`stream`]: a room as server-sent events.
//! - [`mod@command`]: the commands that people type, the same for the line protocol and our client.
//! - [`decode`]: bytes to text, for all protocols. [`refusal`]: the sentences for refused requests.

pub mod api;
pub mod command;
pub mod decode;
pub mod error;
mod input;
pub mod io_text;
pub mod limits;
pub mod line;
mod moment;
pub mod protocol;
pub mod refusal;
pub mod sniff;
pub mod stream;
pub mod websocket;
mod work;

/// The history that a position belongs to: the same type for every protocol.
pub use api::Epoch;
pub use input::Input;
pub use moment::Clock;
pub use protocol::{ProtocolSession, ServerFacts};
pub use work::{Work, tokens_of};
