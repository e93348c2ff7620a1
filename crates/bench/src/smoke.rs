//! A tiny fanout whose every delivery is counted: the test that the generator counts correctly.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::dialect::ROOM;
use crate::server::Kind;
use crate::swarm::Swarm;

const MESSAGE_BYTES: usize = 64;
const DEADLINE: Duration = Duration::from_secs(30);

/// Connects members to one room of the server at `binary`; the first `senders` of them say `messages` each, and one of
/// them says a last one. Returns how many messages all members received, once everyone but the author has the last: all
/// receive the same order, so nothing can follow.
///
/// # Errors
/// When the server does not start, closes a member's connection, or a member does not receive the last message in time.
pub fn count_deliveries(
    binary: &Path,
    members: usize,
    senders: usize,
    messages: usize,
) -> Result<usize> {
    let server = Kind::teahouse_at(binary).start()?;
    let mut swarm = Swarm::new(&server, vec![ROOM.to_owned()])?;
    swarm.fill(members)?;
    swarm.set_probes(&(0..members).collect::<Vec<_>>());
    for _ in 0..messages {
        for sender in 0..senders {
            swarm.say_one(sender, MESSAGE_BYTES)?;
        }
        swarm.turn(Duration::ZERO)?;
    }
    // The last message comes after everything else: messages of one sender keep their order.
    let before = senders * messages * (members - 1);
    let deadline = Instant::now() + DEADLINE;
    while swarm.latencies.len() < before && Instant::now() < deadline {
        swarm.turn(Duration::from_millis(20))?;
    }
    swarm.say_one(0, MESSAGE_BYTES)?;
    while swarm.latencies.len() < before + members - 1 {
        swarm.turn(Duration::from_millis(20))?;
        ensure!(
            swarm.lost == 0 && Instant::now() < deadline,
            "{} messages were received where {} were due, {} members were disconnected",
            swarm.latencies.len(),
            before + members - 1,
            swarm.lost
        );
    }
    Ok(swarm.latencies.len())
}
