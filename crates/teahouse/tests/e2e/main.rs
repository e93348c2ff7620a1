//! End-to-end tests: the real binary, real sockets, the real `nc` and `telnet`, a real database file.
//! `server` starts and stops servers, `peer` is a member on a plain socket, `socket` a member on a WebSocket (`raw`
//! without a library), `visitor` an HTTP client, `browser` Chromium, `terminal` a pseudo-terminal. `schema` compares
//! what the server sends with its descriptions. The other files test what people rely on.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a test that cannot go on says where"
)]

mod account;
mod api;
mod browser;
mod closing;
mod curl;
mod deflate;
mod disk;
mod durability;
mod gone;
mod hostile;
mod hosts;
mod http;
mod idle;
mod ignoring;
mod leaving;
mod listening;
mod manners;
mod many;
mod metrics;
mod opening;
mod operating;
mod order;
mod origins;
mod peer;
mod programs;
mod raw;
mod requests;
mod restored;
mod schema;
mod schemathesis;
mod screen;
mod scripts;
mod seam;
mod server;
mod slow;
mod socket;
mod stall;
mod stream;
mod talk;
mod terminal;
mod terminals;
mod untrusted;
mod visitor;
mod wild;
mod words;
