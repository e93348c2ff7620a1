//! Joining a server from a terminal, a script or a bot.
//!
//! A bot needs nothing but this crate: [`Link`] is its connection, [`api`] has what a server says and is asked,
//! and [`Nick`], [`RoomName`] and [`Text`] are read with `parse()`. `examples/echo_bot.rs` is one, `docs/bots.md`
//! says more.
//!
//! [`link`] is the connection that resumes and loses nothing; it knows no terminal, and everything else here
//! that speaks the api stands on it. [`state`] is what it remembers between two runs. What people enter is read
//! by [`teahouse_wire::command`], as in the server. On these stand [`screen`], the full-screen interface, [`plain`], the linear way to talk,
//! and [`say`] and [`tail`] for scripts; [`arguments`] reads their command lines.
//! [`mod@line`] speaks plain lines to any line server. What went wrong, and what a script may conclude, is an
//! [`error::ClientError`].

pub mod arguments;
pub mod error;
mod input;
pub mod line;
pub mod link;
pub mod plain;
mod render;
pub mod say;
pub mod screen;
mod signal;
pub mod state;
pub mod tail;
mod visit;

pub use error::{ClientError, Exit};
pub use link::{Config, Happening, Link, Outgoing, Server, Stage, State};
pub use signal::run;
pub use teahouse_core::{NameError, Nick, RoomName, Text, TextError};

/// What a server says and is asked, as `docs/api.md` shows it.
pub mod api {
    pub use teahouse_wire::api::{
        Cause, Change, Code, Cursor, Epoch, Event, Failure, History, HistoryPage, Id, Ignore,
        Joined, Kind, Message, Part, Presence, Ref, RefText, Rename, Request, Room, Rooms,
        RoomsPage, Search, Sender, ServerMessage, Tell, Topic, Typing, Welcome, Who,
    };
}

/// The program in `docs/bots.md`, compiled as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/bots.md")]
struct Documented;
