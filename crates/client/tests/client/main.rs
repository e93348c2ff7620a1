//! The clients against a small house on a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says where, and looks for one thing among many"
)]

mod bot;
mod harmless;
mod house;
mod line;
mod link;
mod plain;
mod say;
mod screen;
mod tail;
