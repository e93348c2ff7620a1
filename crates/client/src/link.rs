//! The connection that resumes.

mod happening;

pub use happening::{Happening, Outgoing, Stage, State};
