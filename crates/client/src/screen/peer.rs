//! The other end of the interface: whatever tells what happens and takes what is to be done.

pub(super) mod api;
pub(super) mod line;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Request;

use super::input::{Input, Keep};
use crate::error::ClientError;

/// The other end. Every method but [`Peer::next`] returns at once.
pub trait Peer {
    /// The next thing that happens, as an input for the model; `None` when all is over. Dropping the future
    /// loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Input>>;

    /// Asks the server; the answer comes with this reference. What cannot be asked is answered with an
    /// error.
    fn ask(&mut self, reference: u64, request: Request);

    /// Says something in a room, at last. What cannot be said comes back as refused.
    fn say(&mut self, room: &RoomName, text: &Text, acted: bool);

    /// Is in this room from now on.
    fn join(&mut self, room: &RoomName);

    /// Is in this room no more.
    fn leave(&mut self, room: &RoomName);

    /// Sends a line to a line server.
    fn send_line(&mut self, line: &str);

    /// Keeps this over a crash, if it can.
    fn keep(&mut self, keep: Keep);

    /// It never was there, and there is nothing to stay for.
    fn is_hopeless(&self) -> bool;

    /// How it ended, when the person has left.
    ///
    /// # Errors
    /// When the server was not reached or went away, or something said may be lost.
    fn ending(&self) -> Result<(), ClientError>;

    /// Says bye; [`Peer::next`] is awaited a little longer until it is `None`.
    fn bye(&mut self);
}
