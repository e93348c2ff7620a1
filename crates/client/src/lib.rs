//! Clients of a Teahouse server: a library for bots, a terminal interface, and commands for scripts.
//!
//! # Writing a bot
//!
//! A bot needs only this crate. [`Link`] is its connection: it reconnects, resumes its rooms without losing or
//! repeating an event, and sends each message until the server has stored it. [`api`] has the requests and messages
//! of the protocol. [`Nick`], [`RoomName`] and [`Text`] are validated strings; make them with `parse()`.
//!
//! 1. Open a link with a [`Config`]: the server, a nick and the rooms.
//! 2. Await [`Link::next`] in a loop. It returns each [`Happening`]: a message of the server, a change of the
//!    connection, or the progress of one of your own messages. The link works only while `next` is awaited.
//! 3. Answer with [`Link::say`], or request something with [`Link::ask`], for example history or the members of a
//!    room. Neither waits.
//! 4. [`run`] starts all of this in a program without a tokio runtime.
//!
//! ```no_run
//! use teahouse_client::api::{Kind, Message};
//! use teahouse_client::{Config, Happening, Link, run};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let nick = Some("tea_bot".parse()?);
//! let rooms = vec!["lobby".parse()?];
//! let config = Config { nick, rooms, ..Config::new("localhost:5000".parse()?) };
//! let answer = "The kettle is on.".parse()?;
//! run(async {
//!     let mut link = Link::open(config);
//!     while let Some(happening) = link.next().await {
//!         if let Happening::Received(received) = happening
//!             && let Message::Event(event) = received.message
//!             && event.kind == Kind::Said
//!             && event.text.is_some_and(|text| text.as_str() == "tea?")
//!         {
//!             // Fails if the outbox is full; this bot then gives up the answer.
//!             link.say(&event.room, &answer, false).ok();
//!         }
//!     }
//! })?;
//! # Ok(())
//! # }
//! ```
//!
//! Three rules for bots: ignore messages and events of an unknown kind, because newer servers send more kinds; do not
//! answer events before you joined (up to the `position` of a [`Joined`](api::Joined) with `complete: false`); and do
//! not answer your own messages ([`Link::own`] has their ids).
//!
//! `examples/echo_bot.rs` is a whole bot; `docs/bots.md` says more about what the link does and what a bot has to do.
//!
//! # The parts of this crate
//!
//! - [`link`]: the connection that resumes. It does not know about terminals.
//! - [`state`]: the file in which a link remembers its rooms and unsent messages from one run to the next.
//! - [`screen`]: the full-screen interface, and [`plain`]: the linear one. Both use a link, and both read what people
//!   enter with [`teahouse_wire::command`], as the server does.
//! - [`say`] and [`tail`]: the commands for scripts. They use HTTP requests and do not join the room.
//! - [`arguments`]: the values on the command lines of all of these.
//! - [`mod@line`]: a client for any server of plain lines.
//! - [`error`]: why a client failed, and the exit code for scripts.

pub mod arguments;
pub mod error;
mod http;
mod input;
pub mod line;
pub mod link;
mod offline;
pub mod plain;
mod render;
mod runtime;
pub mod say;
pub mod screen;
pub mod state;
pub mod tail;

pub use error::{ClientError, Exit};
pub use link::{Config, Happening, Link, Outgoing, Server, Stage, State};
pub use runtime::run;
pub use teahouse_core::{NameError, Nick, RoomName, Text, TextError};

/// The requests to a server and its messages, as described in `docs/api.md`.
pub mod api {
    pub use teahouse_wire::api::{
        Cause, Change, Code, Cursor, Epoch, Event, Failure, History, HistoryPage, Id, Ignore,
        Joined, Kind, Message, Part, Presence, Ref, RefText, Rename, Request, Room, Rooms,
        RoomsPage, Search, Sender, ServerMessage, Tell, Topic, Typing, Welcome, Who,
    };
}

/// Compiles the program in `docs/bots.md`.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/bots.md")]
struct Documented;
