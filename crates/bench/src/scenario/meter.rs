//! What scenarios share: a room full of members, people who talk for a while, and the meter of the cost.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::dialect::ROOM;
use crate::report::{Figures, percentile_ms};
use crate::server::{Server, cpu_s};
use crate::swarm::Swarm;

/// Bytes of a message in every scenario.
pub(super) const MESSAGE_BYTES: usize = 64;
/// How long messages are said before anything is counted, and then while they are counted.
pub(super) const WARM_UP: Duration = Duration::from_millis(300);
pub(super) const COUNTED: Duration = Duration::from_millis(1500);

/// A swarm of `members` in the first room of the server.
pub(super) fn one_room(server: &Server, members: usize) -> Result<Swarm> {
    let mut swarm = Swarm::new(server, vec![ROOM.to_owned()])?;
    swarm.fill(members)?;
    Ok(swarm)
}

/// The first member and some more, spread over the room.
pub(super) fn probes(members: usize) -> Vec<usize> {
    const PROBES: usize = 8;
    std::iter::once(0).chain((1..=PROBES).map(|probe| members * probe / (PROBES + 1))).collect()
}

/// Every sender with credit says its messages, for `long`; sender 0 is the member `first`.
pub(super) fn pour(swarm: &mut Swarm, first: usize, bytes: usize, long: Duration) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < long {
        swarm.say_all(first, bytes)?;
        swarm.turn(Duration::from_millis(20))?;
    }
    ensure!(swarm.lost == 0, "{} members were disconnected", swarm.lost);
    Ok(())
}

/// The cost of a stretch of work, at the server and at the generator.
pub(super) struct Meter {
    start: Instant,
    server_s: f64,
    own_s: f64,
    writes: Option<u64>,
}

impl Meter {
    pub(super) fn start(server: &Server, swarm: &mut Swarm) -> Result<Self> {
        swarm.reset();
        let writes = server.writes()?;
        let (server_s, own_s) = (server.cpu_s()?, cpu_s("self")?);
        Ok(Self { start: Instant::now(), server_s, own_s, writes })
    }

    pub(super) fn figures(&self, server: &Server, swarm: &mut Swarm) -> Result<Figures> {
        let seconds = self.start.elapsed().as_secs_f64();
        let deliveries = swarm.deliveries() as f64;
        let server_us = (server.cpu_s()? - self.server_s) * 1e6;
        let own_us = (cpu_s("self")? - self.own_s) * 1e6;
        ensure!(deliveries > 0.0, "nothing was received");
        swarm.check_count()?;
        let mut figures = Figures::from([
            ("deliveries/s", deliveries / seconds),
            ("server µs each", server_us / deliveries),
            ("generator µs each", own_us / deliveries),
            ("messages at once", swarm.messages_per_read()),
            ("p50 ms", percentile_ms(&mut swarm.latencies, 0.5)),
            ("p99 ms", percentile_ms(&mut swarm.latencies, 0.99)),
        ]);
        if let (Some(before), Some(after)) = (self.writes, server.writes()?) {
            figures.add("messages per write", deliveries / (after - before) as f64);
        }
        Ok(figures)
    }
}
