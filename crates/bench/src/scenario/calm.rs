//! A room with few messages: how long until all members have one. Four times the rate is more than two cores can write;
//! there the figures show which server batches.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::meter::{COUNTED, MESSAGE_BYTES, Meter, WARM_UP, one_room};
use super::ours::{as_it_comes, on_sockets, ours};
use crate::disk;
use crate::report::percentile_ms;
use crate::server::Kind;
use crate::swarm::Swarm;
use crate::trial::Trial;

/// Members that time every message.
const TIMING: usize = 500;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = vec![disk::trial("one sync of 4 KiB")];
    for (members, per_second) in
        [(1_000, 40), (1_000, 80), (1_000, 160), (10_000, 5), (10_000, 10), (10_000, 20)]
    {
        let load = format!("{members} members, {per_second}/s");
        let mut kinds = vec![Kind::floor_per_message()];
        match per_second {
            40 => {
                kinds.extend(ours());
                kinds.extend(on_sockets());
                kinds.push(Kind::textbook());
                kinds.extend(Kind::peers());
            }
            5 => kinds.extend(ours()),
            _ => kinds.push(as_it_comes()),
        }
        trials.extend(kinds.iter().map(|kind| {
            Trial::new(kind, &load, move |server| {
                let mut swarm = one_room(server, members)?;
                swarm.set_probes(&(0..members).step_by(members / TIMING).collect::<Vec<_>>());
                let every = Duration::from_secs(1) / per_second;
                steady(&mut swarm, every, WARM_UP)?;
                let meter = Meter::start(server, &mut swarm)?;
                steady(&mut swarm, every, COUNTED)?;
                let mut figures = meter.figures(server, &mut swarm)?;
                figures.add("max ms", percentile_ms(&mut swarm.latencies, 1.0));
                Ok(figures)
            })
        }));
    }
    trials
}

/// Says one message after the other, at a steady rate, for `long`.
fn steady(swarm: &mut Swarm, every: Duration, long: Duration) -> Result<()> {
    let start = Instant::now();
    let mut next = start;
    while start.elapsed() < long {
        if Instant::now() >= next {
            swarm.say_one(1, MESSAGE_BYTES)?;
            next += every;
        }
        swarm.turn(next.saturating_duration_since(Instant::now()).min(every))?;
    }
    Ok(())
}
