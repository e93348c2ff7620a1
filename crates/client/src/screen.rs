//! The full-screen interface: messages above, your line below, which nothing that arrives ever touches.
//!
//! It is a pure [`Model`] that takes [`Input`]s and gives [`Effect`]s, a view that [`draw`]s it, and a
//! shell, [`run`], that has the clock, the terminal and the other end. [`join`] puts all together. The other end is a [`Peer`]: the
//! link to a server ([`ApiServer`]), or a server that speaks plain lines ([`LineServer`]).
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
