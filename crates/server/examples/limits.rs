//! Prints the `[limits]` part of the example configuration, for `cargo xtask schema`.

use std::io::Write as _;

use teahouse_server::settings::LimitSettings;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(LimitSettings::default().example().as_bytes())
}
