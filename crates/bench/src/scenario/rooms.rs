//! Many small rooms, all of them talking: whether a delivery costs the same however many rooms there are.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::meter::{COUNTED, MESSAGE_BYTES, Meter, WARM_UP};
use super::ours::ours;
use crate::server::Kind;
use crate::swarm::Swarm;
use crate::trial::Trial;

/// Members of one room.
const IN_A_ROOM: usize = 10;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for count in [250, 500, 1_000] {
        let members = count * IN_A_ROOM;
        let load = format!("{members} members, {count} rooms");
        let mut kinds = ours();
        if count == 250 {
            kinds.extend(Kind::peers());
        }
        trials.extend(kinds.iter().map(|kind| {
            Trial::new(kind, &load, move |server| {
                let names = (0..count).map(|room| format!("room{room}")).collect();
                let mut swarm = Swarm::new(server, names)?;
                swarm.fill(members)?;
                swarm.settle()?;
                swarm.set_probes(&(0..members).step_by(IN_A_ROOM + 1).collect::<Vec<_>>());
                let mut author = 0;
                talk(&mut swarm, count, &mut author, WARM_UP)?;
                let meter = Meter::start(server, &mut swarm)?;
                talk(&mut swarm, count, &mut author, COUNTED)?;
                meter.figures(server, &mut swarm)
            })
        }));
    }
    trials
}

/// One author of each room after the other, as fast as the messages arrive.
fn talk(swarm: &mut Swarm, rooms: usize, author: &mut usize, long: Duration) -> Result<()> {
    let members = rooms * IN_A_ROOM;
    let start = Instant::now();
    while start.elapsed() < long {
        let expected = swarm.deliveries() + (rooms * (IN_A_ROOM - 1)) as u64;
        for _ in 0..rooms {
            swarm.say_one(*author % members, MESSAGE_BYTES)?;
            *author += 1;
        }
        // A message that does not arrive in time arrives in the next round.
        while swarm.deliveries() < expected && start.elapsed() < long {
            swarm.turn(Duration::from_millis(20))?;
        }
    }
    Ok(())
}
