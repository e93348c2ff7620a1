//! The inputs and the effects of the model: two closed lists.

use std::ops::Sub;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Request;

use super::key::Press;
use crate::link::Happening;

/// The time of an input; the model has no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since the interface started; never decreases.
    pub since_start_ms: u64,
    /// Unix time in milliseconds.
    pub time_ms: i64,
}

impl Sub<u64> for Now {
    type Output = u64;
    /// Milliseconds since that time of the interface, which counts from its start.
    fn sub(self, earlier_ms: u64) -> u64 {
        self.since_start_ms.saturating_sub(earlier_ms)
    }
}

/// Something that happens to the interface.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A key was pressed.
    Key(Press),
    /// The terminal reported this text as a paste.
    Paste(String),
    /// The mouse was used.
    Mouse(Mouse),
    /// The terminal has this size.
    Resize(Size),
    /// The terminal gained or lost the focus.
    Focus(bool),
    /// Time passed; due when [`super::Model::wake_at`] says so.
    Tick,
    /// Something happened on the link.
    Link(Happening),
    /// Something happened on a line server.
    Line(LineHappening),
    /// An effect failed; the reason in words.
    Failed(String),
}

/// A use of the mouse, at a cell counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// The column, from the left.
    pub column: u16,
    /// The row, from the top.
    pub row: u16,
    /// The action.
    pub does: MouseDoes,
}

/// An action of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseDoes {
    /// The first button was pressed.
    Press,
    /// The wheel was turned up.
    WheelUp,
    /// The wheel was turned down.
    WheelDown,
}

/// The size of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// An event on a connection that speaks plain lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineHappening {
    /// Connected, to this address.
    Connected(String),
    /// The server sent a line; characters that act on a terminal are removed.
    Received(String),
    /// The connection ended for good, for this reason.
    Ended(String),
}

/// An action that the model wants performed.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a request to the server; the answer carries the reference.
    Ask {
        /// The reference of the request.
        reference: u64,
        /// The request.
        request: Request,
    },
    /// Send a message, now or as soon as there is a connection.
    Say {
        /// The room.
        room: RoomName,
        /// The text.
        text: Text,
        /// Whether the message is an action (`/me`).
        acted: bool,
    },
    /// Join this room.
    Join(RoomName),
    /// Leave this room.
    Leave(RoomName),
    /// Send this line to a line server.
    SendLine(String),
    /// Ring the terminal's bell.
    Bell,
    /// Show a desktop notification.
    Notify {
        /// The sender and the room.
        title: String,
        /// The text.
        body: String,
    },
    /// Open this address in a browser.
    Open(String),
    /// Capture the mouse, or leave it to the terminal.
    TakeMouse(bool),
    /// Save this, so that it survives a crash.
    Keep(Keep),
    /// Draw everything again.
    Redraw,
    /// Stop the process until the shell continues it.
    Suspend,
    /// Say bye to the server and exit.
    Quit,
}

/// Something that is saved for the next run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The unsent line of a room; empty when there is none.
    Draft {
        /// The room.
        room: RoomName,
        /// The line.
        text: String,
    },
    /// A line was sent.
    Sent(String),
}
