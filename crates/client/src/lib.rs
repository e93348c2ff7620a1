//! Joining a house from a terminal, a script or a bot.
//!
//! [`link`] is the connection that resumes and loses nothing; it knows no terminal, and everything else here
//! that speaks the api stands on it. [`state`] is what it remembers between two runs. [`command`] reads what
//! people enter. On these stand [`screen`], the full-screen interface, [`plain`], the linear way to talk,
//! and [`say`] and [`tail`] for scripts; [`arguments`] reads their command lines.
//! [`mod@line`] speaks plain lines to any line server. What went wrong, and what a script may conclude, is an
//! [`error::ClientError`].

pub mod arguments;
pub mod command;
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
