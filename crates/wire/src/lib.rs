//! Wire languages: bytes to the core's vocabulary and back, one module per protocol.
//!
//! A protocol owns its framing, its dialect and its byte limits. It knows nothing of sockets, of other
//! protocols, of the store, or of who is in which room beyond what it is told. The same bytes, cut
//! anywhere, give the same result.
//!
//! [`protocol`] is what each of them implements; [`decode`] makes words of bytes for all of them; [`sniff`] tells protocols apart by their first bytes; [`line`] is
//! what `nc` and stock `telnet` speak, [`api`] what our own clients and other programs do. What people enter is a
//! [`mod@command`] to the line protocol and to our client alike; [`refusal`] has the words in which something is refused.

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

/// Of which history a position is: the same for every protocol.
pub use api::Epoch;
pub use input::Input;
pub use moment::Clock;
pub use protocol::{ProtocolSession, ServerFacts};
pub use work::{Work, tokens_of};
