//! The api protocol, for our own clients, the browser page and bots: JSON text messages over a WebSocket, and the same
//! values over HTTP.
//!
//! [`Request`] lists everything that a client may send, [`Message`] everything that the server sends. `docs/api.md`
//! shows each once; `docs/api.schema.json` and `docs/openapi.json` are generated from these types and their comments.

mod encode;
mod envelope;
mod error;
mod failure;
pub mod http;
mod message;
mod openapi;
mod page;
mod parse;
mod presence;
mod render;
mod request;
mod sent;
mod session;
mod speaking;
mod value;

pub use error::{NotUnderstood, RequestError};
pub use failure::{
    Code, Failure, already_in, of as failure_of, too_fast, too_many_connections, unavailable,
    unreadable,
};
pub use message::{
    Event, HistoryPage, Joined, Kind, Message, Room, RoomsPage, Sender, ServerMessage, Welcome,
};
pub use openapi::{json_schema, openapi};
pub use page::{history, history_count, question, render_found, search_count, validate_search};
pub use presence::{Cause, Change, Presence};
pub use render::{event, json, json_into, presence, rooms};
pub use request::{
    Bye, ClientMessage, Cursor, Hello, History, Ignore, Join, Leave, Part, Rename, Request, Rooms,
    Say, Search, Tell, Topic, Typing, Who,
};
pub use sent::{Misread, Outline, received};
pub use session::ApiSession;
pub use value::{Epoch, Id, Ref, RefText, ResumeKey, ValueError};

#[cfg(test)]
mod tests;

/// The path of the WebSocket.
pub const SOCKET_PATH: &str = "/api/v1/socket";
/// The most bytes in one message of a client. A longer message closes the connection (close code 1009).
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;
