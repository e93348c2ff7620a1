//! The clients against a small server on a real socket.

#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on says where, and looks for one thing among many"
)]

mod bot;
mod harmless;
mod line;
mod link;
mod plain;
mod say;
mod screen;
mod server;
mod tail;
