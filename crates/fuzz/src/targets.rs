//! The parsers of foreign bytes: one row and one file each.

pub mod cursors;
pub mod frames;
pub mod lines;
pub mod messages;
pub mod parameters;

pub mod proposals;
pub mod requests;
pub mod snapshots;
pub mod sniffing;

/// A parser of foreign bytes.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name of the target, of its corpus, and of its file in `fuzz/fuzz_targets/`.
    pub name: &'static str,
    /// Reads bytes and panics when a check fails.
    pub run: fn(&[u8]),
}

/// All targets.
pub const TARGETS: [Target; 9] = [
    Target { name: "lines", run: lines::run },
    Target { name: "frames", run: frames::run },
    Target { name: "requests", run: requests::run },
    Target { name: "messages", run: messages::run },
    Target { name: "sniffing", run: sniffing::run },
    Target { name: "parameters", run: parameters::run },
    Target { name: "cursors", run: cursors::run },
    Target { name: "proposals", run: proposals::run },
    Target { name: "snapshots", run: snapshots::run },
];
