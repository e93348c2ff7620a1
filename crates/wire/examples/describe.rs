//! Prints a description of the api made from its types: `schema` (JSON Schema of the WebSocket's messages) or
//! `openapi`. `cargo xtask schema` writes both into `docs/`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is what it is for")]

use std::process::ExitCode;

use teahouse_wire::api;

fn main() -> ExitCode {
    let description = match std::env::args().nth(1).as_deref() {
        Some("schema") => api::json_schema(),
        Some("openapi") => api::openapi(env!("CARGO_PKG_VERSION")),
        _ => {
            eprintln!("usage: describe schema|openapi");
            return ExitCode::from(2);
        }
    };
    println!("{description:#}");
    ExitCode::SUCCESS
}
