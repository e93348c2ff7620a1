//! All members connect at once, disconnect at once, and connect again: whether the cost grows with the number of people
//! or with its square.

use std::time::Instant;

use super::meter::one_room;
use super::ours::{as_it_comes, ours};
use crate::report::Figures;
use crate::server::Kind;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for members in [625, 1_250, 2_500, 5_000, 10_000] {
        let load = format!("{members} members");
        let kinds = match members {
            // Enough to see how peers grow; with 5,000, some of them take minutes.
            625 | 1_250 => [vec![as_it_comes()], Kind::peers()].concat(),
            2_500 | 5_000 => ours(),
            _ => vec![as_it_comes()],
        };
        trials.extend(kinds.iter().map(|kind| {
            Trial::new(kind, &load, move |server| {
                let before = server.cpu_s()?;
                let start = Instant::now();
                let mut swarm = one_room(server, members)?;
                let seconds = start.elapsed().as_secs_f64();
                // Announcements still on their way belong to the cost.
                swarm.settle()?;
                let (cpu, bytes) = (server.cpu_s()? - before, swarm.bytes);
                drop(swarm);
                let start = Instant::now();
                let mut again = one_room(server, members)?;
                let to_return = start.elapsed().as_secs_f64();
                again.settle()?;
                Ok(Figures::from([
                    ("s to come", seconds),
                    ("CPU s to come", cpu),
                    ("CPU µs each", cpu * 1e6 / members as f64),
                    ("bytes each", bytes as f64 / members as f64),
                    ("s to return", to_return),
                    ("CPU s in all", server.cpu_s()? - before),
                ]))
            })
        }));
    }
    trials
}
