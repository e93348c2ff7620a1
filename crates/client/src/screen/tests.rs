//! The interface played without a terminal: what goes in, and the screens that are seen, drawn.

mod played;

mod answers;
mod arriving;
mod authorship;
mod finding;
mod hostile;
mod looking;
mod news;
mod pasting;
mod properties;
mod reading;
mod sending;
mod typing;
mod wires;
