//! What hostile peers cost everybody else, with the default limits: healthy pairs at another address talk during an
//! attack.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::attack::Attack;
use crate::pairs::Pairs;
use crate::report::{Figures, percentile_ms};
use crate::server::{Kind, Server, cpu_s};
use crate::trial::Trial;

/// Pairs that talk: 13 messages a second.
const PAIRS: u32 = 8;
/// How long an attack lasts.
const COUNTED: Duration = Duration::from_secs(6);

pub(super) fn trials() -> Vec<Trial> {
    let kind = Kind::teahouse_as_it_is("teahouse, 1 shard", &["--shards", "1"]);
    let mut trials = vec![Trial::new(&kind, "nobody else", |server| measure(server, None))];
    trials.extend(Attack::all().into_iter().map(|attack| {
        let load = format!("{} from {} sockets", attack.name, attack.sockets);
        Trial::new(&kind, &load, move |server| measure(server, Some(&attack)))
    }));
    trials
}

fn measure(server: &Server, attack: Option<&Attack>) -> Result<Figures> {
    let pairs = Pairs::start(server.port, PAIRS)?;
    let attackers = attack.map(|attack| attack.start(server.port));
    let (start, server_s, own_s) = (Instant::now(), server.cpu_s()?, cpu_s("self")?);
    std::thread::sleep(COUNTED);
    let seconds = start.elapsed().as_secs_f64();
    let (server_s, own_s) = (server.cpu_s()? - server_s, cpu_s("self")? - own_s);
    let mut took = pairs.stop()?;
    let said = attackers.map(|attackers| attackers.stop()).transpose()?.unwrap_or_default();
    Ok(Figures::from([
        ("p50 ms", percentile_ms(&mut took, 0.5)),
        ("p99 ms", percentile_ms(&mut took, 0.99)),
        ("max ms", percentile_ms(&mut took, 1.0)),
        ("server CPU %", 100.0 * server_s / seconds),
        ("generator CPU %", 100.0 * own_s / seconds),
        ("said KiB/s", said.bytes as f64 / 1024.0 / seconds),
        ("connections", said.connections as f64),
    ]))
}
