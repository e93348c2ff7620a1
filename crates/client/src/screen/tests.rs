//! Tests of the interface without a terminal: inputs go in, and the expected screens are drawn in the tests.

mod harness;

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
