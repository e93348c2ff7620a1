//! A seeded simulation of the whole way of a message: the chat, a log, shards, and peers on virtual sockets, in one
//! thread and without a clock. One seed is one history: peers come, say half a line, stop reading, close one side,
//! break, come back; disks are full for a while; each part gets its turn when the seed says so. Afterwards
//! everything is let through, and what every peer has heard is compared with what the store has.
//!
//! A part is turned on by what would wake it in the server ([`world`]): a wake-up that is lost shows.
//!
//! `TEAHOUSE_SEEDS=1234` runs one history, `TEAHOUSE_SEEDS=0..10000` many.

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

/// Histories of a run that does not say how many.
const HISTORIES: u64 = 1000;

#[test]
fn whatever_happens_everyone_hears_everything_once_and_nothing_is_left_behind() {
    each(HISTORIES, |seed| {
        let mut world = World::new(seed);
        world.live(checks::heard);
        world.end();
        checks::nothing_is_left(&world);
    });
}

/// Runs a history for each seed that is asked for, or for so many that nobody has seen before.
pub(crate) fn each(histories: u64, history: impl Fn(u64)) {
    for seed in seeds(histories) {
        if let Err(why) = catch_unwind(AssertUnwindSafe(|| history(seed))) {
            eprintln!("this history comes again with TEAHOUSE_SEEDS={seed}");
            resume_unwind(why);
        }
    }
}

fn seeds(histories: u64) -> std::ops::Range<u64> {
    let Ok(asked) = std::env::var("TEAHOUSE_SEEDS") else {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let first = since.map_or(0, |since| since.as_secs() * histories);
        return first..first + histories;
    };
    let number = |text: &str| text.parse().expect("TEAHOUSE_SEEDS is a number or two with ..");
    match asked.split_once("..") {
        Some((first, end)) => number(first)..number(end),
        None => number(&asked)..number(&asked) + 1,
    }
}
