//! Senders that wait until their message is on the disk. Each has a room of its own with one witness in it: our server
//! shows a message only after it is synced, so a message that the witness receives is acknowledged.
//!
//! Syncs are counted from the server's log of commits, when it is told to write one: one transaction, one sync of the
//! log file (moving pages to the database, every 16 MiB, costs two more).

use super::meter::{COUNTED, MESSAGE_BYTES, Meter, WARM_UP, pour};
use crate::disk;
use crate::report::Figures;
use crate::server::Kind;
use crate::swarm::Swarm;
use crate::trial::Trial;

pub(super) fn trials() -> Vec<Trial> {
    let sync = Kind::teahouse("teahouse, sync", &["--log", "human/debug"]);
    let memory =
        Kind::teahouse("teahouse, memory", &["--durability", "memory", "--log", "human/debug"]);
    let mut trials = vec![disk::trial("one sync of 4 KiB")];
    for (senders, window) in
        [(1, 1), (8, 1), (64, 1), (128, 1), (256, 1), (64, 16), (64, 64), (64, 256)]
    {
        let load = format!("{senders} senders, {window} under way");
        for kind in [&sync, &memory] {
            trials.push(Trial::new(kind, &load, move |server| {
                let names = (0..senders).map(|room| format!("room{room}")).collect();
                let mut swarm = Swarm::new(server, names)?;
                swarm.fill(senders * 2)?;
                swarm.settle()?;
                swarm.set_witnesses(senders..senders * 2);
                swarm.set_credit(senders, window);
                pour(&mut swarm, 0, MESSAGE_BYTES, WARM_UP)?;
                let commits = server.commits()?;
                let meter = Meter::start(server, &mut swarm)?;
                pour(&mut swarm, 0, MESSAGE_BYTES, COUNTED)?;
                let figures = meter.figures(server, &mut swarm)?;
                let commits = (server.commits()? - commits) as f64;
                Ok(Figures::from([
                    ("messages/s", figures.value("deliveries/s")),
                    ("p50 ms", figures.value("p50 ms")),
                    ("p99 ms", figures.value("p99 ms")),
                    ("messages per commit", swarm.deliveries() as f64 / commits),
                    ("commits per message", commits / swarm.deliveries() as f64),
                    ("commits/s", commits / COUNTED.as_secs_f64()),
                    ("server µs each", figures.value("server µs each")),
                    ("generator µs each", figures.value("generator µs each")),
                ]))
            }));
        }
    }
    trials
}
