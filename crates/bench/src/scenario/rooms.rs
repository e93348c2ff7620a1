//! Many small rooms, all of them talking: whether a delivery costs the same however many there are.

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
                let mut speaker = 0;
                talk(&mut swarm, count, &mut speaker, WARM_UP)?;
                let meter = Meter::start(server, &mut swarm)?;
                talk(&mut swarm, count, &mut speaker, COUNTED)?;
                meter.figures(server, &mut swarm)
            })
        }));
    }
    trials
}

/// One speaker of each room after the other, as fast as what is said is heard.
fn talk(swarm: &mut Swarm, rooms: usize, speaker: &mut usize, long: Duration) -> Result<()> {
    let members = rooms * IN_A_ROOM;
    let start = Instant::now();
    while start.elapsed() < long {
        let expected = swarm.deliveries() + (rooms * (IN_A_ROOM - 1)) as u64;
        for _ in 0..rooms {
            swarm.say_one(*speaker % members, MESSAGE_BYTES)?;
            *speaker += 1;
        }
        // What is not heard in time is heard in the next round.
        while swarm.deliveries() < expected && start.elapsed() < long {
            swarm.turn(Duration::from_millis(20))?;
        }
    }
    Ok(())
}
