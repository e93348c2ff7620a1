//! The editing line: [`Command`]s go in; text, caret and widths come out.
//!
//! It is pure and knows no terminal, so that the client's window and the server's telnet and ssh lines share it. The
//! caller turns keys into commands, and draws a [`Layout`].
//!
//! Invariants: the caret is always on a boundary of grapheme clusters (UAX #29); no character in the text can act on
//! a terminal; nothing grows without a bound from [`Limits`]. A command never panics and is never applied in part:
//! what does not fit is refused with [`Outcome::Full`].
//!
//! This crate must not know escape sequences, key names, colours, files, clocks, and the chat.
//!
//! Where to look: [`Command`] lists what the line can do; `editor.rs` dispatches, and each kind of command has a file
//! beside it; one line with its undo is in `line.rs`; layout on a screen in `layout.rs`, widths in `columns.rs`,
//! wrapping of messages in `wrap.rs`.

mod cluster;
mod columns;
mod command;
mod editor;
mod harmless;
mod history;
mod kills;
mod layout;
mod limits;
mod line;
mod passage;
mod undo;
mod wrap;

pub use columns::{expand_tabs, index_at, shorten, shorten_middle, truncate, width};
pub use command::{Candidate, Command, Direction, Full, Outcome};
pub use editor::{Choices, Editor, SearchView};
pub use harmless::harmless;
pub use layout::{Frame, Layout, Point, Row};
pub use limits::Limits;
pub use passage::Passage;
pub use wrap::wrap;
