//! The server as the interface sees it: a source of inputs that performs effects.

pub(super) mod api;
pub(super) mod line;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Request;

use super::input::{Input, Keep};
use crate::error::ClientError;

/// The server at the other end. Every method except [`Peer::next`] returns at once.
pub trait Peer {
    /// The next event, as an input for the model; `None` when the connection has ended for good. Dropping the future
    /// loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Input>>;

    /// Sends a request; its answer carries this reference. A request that cannot be sent is answered with an error.
    fn ask(&mut self, reference: u64, request: Request);

    /// Sends a message to a room, now or as soon as there is a connection. A message that cannot be sent comes back as
    /// refused.
    fn say(&mut self, room: &RoomName, text: &Text, acted: bool);

    /// Joins this room.
    fn join(&mut self, room: &RoomName);

    /// Leaves this room.
    fn leave(&mut self, room: &RoomName);

    /// Sends a line to a line server.
    fn send_line(&mut self, line: &str);

    /// Saves this over a crash, if the peer can.
    fn keep(&mut self, keep: Keep);

    /// Whether the server was never reached and there is nothing to do without it.
    fn is_hopeless(&self) -> bool;

    /// How the connection ended, after the user has left.
    ///
    /// # Errors
    /// When the server was not reached or ended the connection, or when a message may be lost.
    fn ending(&self) -> Result<(), ClientError>;

    /// Says bye; the caller awaits [`Peer::next`] for a short time until it returns `None`.
    fn bye(&mut self);
}
