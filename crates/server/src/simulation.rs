//! A seeded simulation of the whole path of a message: the chat, a log, shards, and peers on virtual sockets, in one
//! thread and without a clock. One seed gives one history. Peers connect, send partial lines, stop reading, close one
//! side, break and come back; disks are full for a while; the seed decides which part runs next. Afterwards everything
//! is let through, and what every peer has received is compared with the store.
//!
//! A part runs only on what would wake it in the server ([`world`]), so a lost wake-up shows.
//!
//! `TEAHOUSE_SEEDS=1234` runs one history, `TEAHOUSE_SEEDS=0..10000` runs many.

mod answers;
mod checks;
mod dice;
mod editor;
mod http;
mod hub;
mod keeper;
mod line;
mod opening;
mod outside;
mod peer;
mod reference;
mod settings;
mod socket;
mod store;
mod visiting;
mod words;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

pub(crate) use dice::Dice;
pub(crate) use editor::{EditorSession, Screen};
pub(crate) use keeper::{KeeperSession, Lists};
pub(crate) use socket::VirtualSocket;
use world::World;

/// The number of histories of a run without `TEAHOUSE_SEEDS`.
const HISTORIES: u64 = 1000;

#[test]
fn whatever_happens_everything_is_received_once_and_nothing_is_left_behind() {
    run_each(HISTORIES, |seed| {
        let mut world = World::new(seed);
        world.run(checks::check_received);
        world.disconnect_all();
        checks::check_nothing_is_left(&world);
    });
}

/// Runs a history for each requested seed, or else for new seeds taken from the clock.
pub(crate) fn run_each(histories: u64, history: impl Fn(u64)) {
    for seed in seeds(histories) {
        if let Err(why) = catch_unwind(AssertUnwindSafe(|| history(seed))) {
            eprintln!("run this history again with TEAHOUSE_SEEDS={seed}");
            resume_unwind(why);
        }
    }
}

fn seeds(histories: u64) -> std::ops::Range<u64> {
    let Ok(requested) = std::env::var("TEAHOUSE_SEEDS") else {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let first = since.map_or(0, |since| since.as_secs() * histories);
        return first..first + histories;
    };
    let number = |text: &str| text.parse().expect("TEAHOUSE_SEEDS is a number or two with ..");
    match requested.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => number(&requested)..number(&requested) + 1,
    }
}
