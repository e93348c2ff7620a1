//! Members that do not read beside others that do: the same server, before and after they stop reading, so that both
//! are compared within one run.

use std::time::Duration;

use anyhow::Result;

use super::meter::{COUNTED, MESSAGE_BYTES, Meter, WARM_UP, one_room, pour, probes};
use super::ours::ours;
use crate::report::Figures;
use crate::server::{Kind, Server};
use crate::trial::Trial;

const MEMBERS: usize = 1_000;
const SENDERS: usize = 10;
/// One message in flight of each sender: a steady load rather than the largest one.
const WINDOW: u32 = 1;
/// Large messages, said for this long, fill every buffer of the system towards the members that do not read.
const FILLING_BYTES: usize = 4_000;
const FILLING: Duration = Duration::from_millis(2500);

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for share in [10, 20, 40] {
        let load = format!("{MEMBERS} members, {share} % not reading");
        let kinds: Vec<Kind> = ours();
        trials.extend(kinds.iter().map(|kind| {
            Trial::new(kind, &load, move |server| compare(server, MEMBERS * share / 100))
        }));
    }
    trials
}

fn compare(server: &Server, stalled: usize) -> Result<Figures> {
    let mut swarm = one_room(server, MEMBERS)?;
    swarm.set_probes(&probes(MEMBERS));
    swarm.set_credit(SENDERS, WINDOW);
    pour(&mut swarm, 1, MESSAGE_BYTES, WARM_UP)?;
    let meter = Meter::start(server, &mut swarm)?;
    pour(&mut swarm, 1, MESSAGE_BYTES, COUNTED)?;
    let without = meter.figures(server, &mut swarm)?;
    let before = server.resident_kib()?;
    // Spread over the room; no sender and no probe is among them.
    let others = MEMBERS - SENDERS - 1;
    for index in 0..stalled {
        let member = SENDERS + 1 + index * others / stalled;
        if !probes(MEMBERS).contains(&member) {
            swarm.stall(member)?;
        }
    }
    pour(&mut swarm, 1, FILLING_BYTES, FILLING)?;
    let grown_at_once = server.resident_kib()? - before;
    pour(&mut swarm, 1, MESSAGE_BYTES, WARM_UP)?;
    let meter = Meter::start(server, &mut swarm)?;
    pour(&mut swarm, 1, MESSAGE_BYTES, COUNTED)?;
    let with = meter.figures(server, &mut swarm)?;
    let ratio = |figure| with.value(figure) / without.value(figure);
    Ok(Figures::from([
        ("p50 ms without", without.value("p50 ms")),
        ("p50 ms with", with.value("p50 ms")),
        ("p99 ms without", without.value("p99 ms")),
        ("p99 ms with", with.value("p99 ms")),
        ("p99 with/without", ratio("p99 ms")),
        ("deliveries/s without", without.value("deliveries/s")),
        ("deliveries/s with", with.value("deliveries/s")),
        ("server µs each with", with.value("server µs each")),
        ("grown MiB", grown_at_once.max(server.resident_kib()? - before) / 1024.0),
    ]))
}
