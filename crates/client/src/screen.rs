//! The full-screen interface: messages above, the user's line below. Nothing that arrives changes the line.
//!
//! A pure [`Model`] takes [`Input`]s and returns [`Effect`]s, a view [`draw`]s it, and a shell, [`run`], owns the
//! clock, the terminal and the server. [`join`] assembles all of it. The server is a [`Peer`]: the link to an api
//! server ([`ApiServer`]), or a server that speaks plain lines ([`LineServer`]).
//!
//! What this module must not know: sockets of the api, the state file, the command line.

mod areas;
mod found;
mod input;
mod join;
mod key;
mod keys;
pub mod limits;
mod model;
mod peer;
mod terminal;
mod view;
mod words;

pub use input::{Effect, Input, Keep, LineHappening, Mouse, MouseDoes, Now, Size};
pub use join::join;
pub use key::{Key, Press};
pub use model::{Model, Server, Setup};
pub use peer::Peer;
pub use peer::api::ApiServer;
pub use peer::line::LineServer;
pub use terminal::kind::unfit;
pub use terminal::{Steady, run};
pub use view::Charset;
pub use view::draw;
pub use view::theme::{Palette, Theme};

#[cfg(test)]
mod tests;
