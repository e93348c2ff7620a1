//! What goes into the model and what comes out of it: two closed lists.

use std::ops::Sub;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Request;

use super::key::Press;
use crate::link::Happening;

/// When something happens, told to the model with everything that goes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since the interface began; never goes back.
    pub since_start_ms: u64,
    /// The time of day, milliseconds since 1970, UTC.
    pub time_ms: i64,
}

impl Sub<u64> for Now {
    type Output = u64;
    /// Milliseconds since that moment of the interface.
    fn sub(self, earlier_ms: u64) -> u64 {
        self.since_start_ms.saturating_sub(earlier_ms)
    }
}

/// One thing that happens to the interface.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A key was pressed.
    Key(Press),
    /// The terminal says that this was pasted.
    Paste(String),
    /// The mouse.
    Mouse(Mouse),
    /// The terminal has this size.
    Resize(Size),
    /// The terminal has the person's attention, or lost it.
    Focus(bool),
    /// Time passed; due when [`super::Model::wake_at`] says so.
    Tick,
    /// Something happened on the link.
    Link(Happening),
    /// Something happened on a line server.
    Line(LineHappening),
    /// Something could not be done outside; said in words.
    Failed(String),
}

/// What the mouse did, in cells from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// From the left.
    pub column: u16,
    /// From the top.
    pub row: u16,
    /// What.
    pub does: MouseDoes,
}

/// What the mouse can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseDoes {
    /// The first button went down.
    Press,
    /// The wheel turned away.
    WheelUp,
    /// The wheel turned here.
    WheelDown,
}

/// Columns and rows of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// What happens on a connection that speaks plain lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineHappening {
    /// Connected, to this address.
    Connected(String),
    /// The server sent a line, made harmless.
    Received(String),
    /// Over for good, for this reason.
    Ended(String),
}

/// What the interface wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the server; the answer carries the number.
    Ask {
        /// What the question is called.
        reference: u64,
        /// The question.
        request: Request,
    },
    /// Say this, at last.
    Say {
        /// Where.
        room: RoomName,
        /// What.
        text: Text,
        /// Whether it is `/me`.
        acted: bool,
    },
    /// Be in this room from now on.
    Join(RoomName),
    /// Be in this room no more.
    Leave(RoomName),
    /// Send this line to a line server.
    SendLine(String),
    /// Ring.
    Bell,
    /// Show this outside of the terminal.
    Notify {
        /// Who and where.
        title: String,
        /// What.
        body: String,
    },
    /// Open this address in a browser.
    Open(String),
    /// Take the mouse, or leave it to the terminal.
    TakeMouse(bool),
    /// Keep this over a crash.
    Keep(Keep),
    /// Draw everything again.
    Redraw,
    /// Stop until the shell brings us back.
    Suspend,
    /// Say bye and end.
    Quit,
}

/// What outlives the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The line begun in this room; empty when there is none.
    Draft {
        /// Where.
        room: RoomName,
        /// What stands there.
        text: String,
    },
    /// A line was sent.
    Sent(String),
}
