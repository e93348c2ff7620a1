//! Messages mixed with other requests in one room: what a delivery costs when some members ask who is there and some
//! leave and join. The same server, before and during the requests.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::meter::{COUNTED, MESSAGE_BYTES, Meter, WARM_UP, one_room, probes};
use crate::report::Figures;
use crate::server::{Kind, Server};
use crate::swarm::Swarm;
use crate::trial::Trial;

const MEMBERS: usize = 1_000;
const SENDERS: usize = 10;
const MESSAGES_PER_S: u32 = 9_000;
/// The last members of the room: they ask, or leave and join.
const OTHERS: usize = 40;

/// The requests of the others, in turn, so many each second of all together.
#[derive(Clone, Copy)]
struct Load {
    name: &'static str,
    says: [&'static str; 2],
    per_s: u32,
}

const LOADS: [Load; 3] = [
    Load { name: "1,600 /who/s", says: ["/who\n", "/who\n"], per_s: 1_600 },
    Load { name: "200 joins, leaves/s", says: ["/leave\n", "/join lobby\n"], per_s: 200 },
    Load { name: "9,000 /who/s", says: ["/who\n", "/who\n"], per_s: MESSAGES_PER_S },
];

pub(super) fn trials() -> Vec<Trial> {
    let kinds = [
        Kind::teahouse("teahouse, 1 shard, memory", &["--shards", "1", "--durability", "memory"]),
        Kind::teahouse("teahouse, 2 shards, memory", &["--shards", "2", "--durability", "memory"]),
    ];
    let mut trials = Vec::new();
    for load in LOADS {
        let name = format!("{MESSAGES_PER_S} messages/s, {}", load.name);
        trials.extend(
            kinds.iter().map(|kind| Trial::new(kind, &name, move |server| compare(server, load))),
        );
    }
    trials
}

fn compare(server: &Server, load: Load) -> Result<Figures> {
    let mut swarm = one_room(server, MEMBERS)?;
    swarm.set_probes(&probes(MEMBERS - OTHERS));
    for other in MEMBERS - OTHERS..MEMBERS {
        swarm.leave_out(other);
    }
    let mut measured = |load: Option<Load>| {
        talk(&mut swarm, load, WARM_UP)?;
        let meter = Meter::start(server, &mut swarm)?;
        talk(&mut swarm, load, COUNTED)?;
        meter.figures(server, &mut swarm)
    };
    let without = measured(None)?;
    let with = measured(Some(load))?;
    let ratio = |figure| with.value(figure) / without.value(figure);
    Ok(Figures::from([
        ("deliveries/s without", without.value("deliveries/s")),
        ("deliveries/s with", with.value("deliveries/s")),
        ("µs each without", without.value("server µs each")),
        ("µs each with", with.value("server µs each")),
        ("µs each with/without", ratio("server µs each")),
        ("p99 ms without", without.value("p99 ms")),
        ("p99 ms with", with.value("p99 ms")),
        ("p99 with/without", ratio("p99 ms")),
        ("messages per write without", without.value("messages per write")),
        ("messages per write with", with.value("messages per write")),
    ]))
}

/// Says messages and sends requests at a steady rate, for `long`.
fn talk(swarm: &mut Swarm, load: Option<Load>, long: Duration) -> Result<()> {
    let start = Instant::now();
    let (mut said, mut asked) = (0, 0);
    while start.elapsed() < long {
        let due = |per_s: u32| (start.elapsed().as_secs_f64() * f64::from(per_s)).floor();
        while f64::from(said) < due(MESSAGES_PER_S) {
            swarm.say_one(1 + said as usize % SENDERS, MESSAGE_BYTES)?;
            said += 1;
        }
        if let Some(Load { says, per_s, .. }) = load {
            while f64::from(asked) < due(per_s) {
                let (other, turn) = (asked as usize % OTHERS, asked as usize / OTHERS);
                swarm.ask(MEMBERS - OTHERS + other, says[turn % 2].as_bytes())?;
                asked += 1;
            }
        }
        swarm.turn(Duration::from_millis(1))?;
    }
    // The others are in their rooms again.
    let [_, back] = load.map_or(["", ""], |load| load.says);
    for other in MEMBERS - OTHERS..MEMBERS {
        swarm.ask(other, back.as_bytes())?;
    }
    Ok(())
}
