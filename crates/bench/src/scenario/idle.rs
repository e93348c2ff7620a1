//! Silent members: how much memory each costs, and whether the server uses the processor.

use std::time::Duration;

use anyhow::Result;

use super::meter::one_room;
use super::ours::{on_sockets, ours};
use crate::report::Figures;
use crate::server::{Kind, Server};
use crate::trial::Trial;

/// How long the processor time is measured while nothing happens.
const WATCHED: Duration = Duration::from_secs(2);

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (few, many) in [(1_000, 2_000), (1_000, 5_000), (1_000, 15_000)] {
        let load = format!("{few} to {many} members");
        let mut kinds = ours();
        kinds.extend(on_sockets());
        if many == 2_000 {
            kinds.push(Kind::textbook());
            kinds.extend(Kind::peers());
        }
        trials.extend(
            kinds
                .iter()
                .map(|kind| Trial::new(kind, &load, move |server| watch(server, few, many))),
        );
    }
    trials
}

fn watch(server: &Server, few: usize, many: usize) -> Result<Figures> {
    let mut swarm = one_room(server, few)?;
    swarm.settle()?;
    let before = server.resident_kib()?;
    swarm.fill(many)?;
    swarm.settle()?;
    let grown = server.resident_kib()? - before;
    let cpu = server.cpu_s()?;
    std::thread::sleep(WATCHED);
    let cpu = (server.cpu_s()? - cpu) / WATCHED.as_secs_f64();
    Ok(Figures::from([
        ("KiB each", grown / (many - few) as f64),
        ("CPU % while idle", cpu * 100.0),
    ]))
}
