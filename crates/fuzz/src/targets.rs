//! The places where bytes of others come in: one row each, and a file.

pub mod frames;
pub mod lines;
pub mod messages;
pub mod parameters;
pub mod places;
pub mod proposals;
pub mod requests;
pub mod snapshots;
pub mod sniffing;

/// A place where bytes come in.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its corpus, and of its file in `fuzz/fuzz_targets/`.
    pub name: &'static str,
    /// Takes bytes and sees that what must hold does. It panics where not.
    pub run: fn(&[u8]),
}

/// All there are.
pub const TARGETS: [Target; 9] = [
    Target { name: "lines", run: lines::run },
    Target { name: "frames", run: frames::run },
    Target { name: "requests", run: requests::run },
    Target { name: "messages", run: messages::run },
    Target { name: "sniffing", run: sniffing::run },
    Target { name: "parameters", run: parameters::run },
    Target { name: "places", run: places::run },
    Target { name: "proposals", run: proposals::run },
    Target { name: "snapshots", run: snapshots::run },
];
