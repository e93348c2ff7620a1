//! The editing line: [`Command`]s in; text, caret and widths out.
//!
//! It is pure and knows no terminal, so that the client's window and the server's telnet and ssh lines
//! share it: whoever reads keys turns them into commands, whoever draws asks for a [`Layout`].
//!
//! Invariants: text and caret always stand on a boundary of grapheme clusters (UAX #29); no character
//! in the text can act on a terminal; nothing grows without a bound from [`Limits`]. A command never
//! panics and never changes anything by half: what does not fit is refused with [`Outcome::Full`].
//!
//! What this crate must not know: escape sequences, key names, colours, files, clocks, the chat.
//!
//! Where to look: what can be asked of the line is [`Command`]; dispatch is `editor.rs` with a file for
//! each kind of command beside it; one line with its undo is `line.rs`; screens are `layout.rs`, widths
//! `columns.rs`, messages in rows `wrap.rs`.

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
pub use layout::{Frame, Layout, Place, Row};
pub use limits::Limits;
pub use passage::Passage;
pub use wrap::wrap;
