//! The scenarios, each in a file of its own, and what they share: runs in turn, a budget of time, and the
//! meter.

mod beside;
mod calm;
mod durable;
mod fanout;
mod idle;
mod mixed;
mod overload;
mod rooms;
mod search;
mod stalled;
mod storm;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::dialect::ROOM;
use crate::report::{Figures, Report, percentile_ms};
use crate::server::{Kind, Server, cpu_s};
use crate::swarm::Swarm;

/// Bytes of a message in every scenario.
const MESSAGE_BYTES: usize = 64;
/// Messages are said for so long before anything is counted, and then counted for so long.
const WARM_UP: Duration = Duration::from_millis(300);
const COUNTED: Duration = Duration::from_millis(1500);
/// A scenario takes no longer, whatever number of runs was asked for.
const BUDGET: Duration = Duration::from_secs(115);

/// A scenario by name.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// The figures that are compared and drawn.
    pub(crate) key: &'static [&'static str],
    pub(crate) trials: fn() -> Vec<Trial>,
}

/// One server under one load.
pub(crate) struct Trial {
    server: String,
    load: String,
    run: Box<dyn Fn() -> Result<Figures>>,
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "fanout",
        what: "1,000 and 10,000 members in one room, senders with 8 messages under way each",
        key: &["deliveries/s", "server µs each"],
        trials: fanout::trials,
    },
    Scenario {
        name: "calm",
        what: "40 messages/s in a room of 1,000, 5 messages/s in one of 10,000",
        key: &["p50 ms", "p99 ms", "server µs each"],
        trials: calm::trials,
    },
    Scenario {
        name: "idle",
        what: "1,000, 5,000 and 15,000 members who say nothing",
        key: &["KiB each", "CPU % while idle"],
        trials: idle::trials,
    },
    Scenario {
        name: "storm",
        what: "thousands come in as fast as they can, drop, and return",
        key: &["CPU s to come", "bytes each"],
        trials: storm::trials,
    },
    Scenario {
        name: "durable",
        what: "64 senders who wait until what they said is on the disk",
        key: &["messages/s", "p50 ms"],
        trials: durable::trials,
    },
    Scenario {
        name: "stalled",
        what: "as fanout, with a tenth of the members not reading",
        key: &["p99 with/without", "grown MiB"],
        trials: stalled::trials,
    },
    Scenario {
        name: "mixed",
        what: "9,000 messages/s to 1,000 members, with and without others who ask, come and go",
        key: &["µs each with/without", "p99 with/without"],
        trials: mixed::trials,
    },
    Scenario {
        name: "beside",
        what: "pairs in rooms of their own beside a room that talks as fast as it is let",
        key: &["p50 ms", "p99 ms"],
        trials: beside::trials,
    },
    Scenario {
        name: "rooms",
        what: "rooms of 10 with everybody talking, as members double",
        key: &["server µs each"],
        trials: rooms::trials,
    },
    Scenario {
        name: "search",
        what: "1 million messages, half of them Chinese",
        key: &["common ms", "rare ms", "中文 ms", "never together ms", "no hit ms"],
        trials: search::trials,
    },
    Scenario {
        name: "overload",
        what: "healthy pairs while others ask for as much as they can, limits as they are by default",
        key: &["p50 ms", "p99 ms", "server CPU %"],
        trials: overload::trials,
    },
];

impl Trial {
    /// Measures on a fresh server of this kind.
    fn new(kind: &Kind, load: &str, run: impl Fn(&Server) -> Result<Figures> + 'static) -> Self {
        let starting = kind.clone();
        Self::alone(&kind.name, load, move || run(&starting.start()?))
    }

    /// Measures by itself.
    pub(crate) fn alone(
        server: &str,
        load: &str,
        run: impl Fn() -> Result<Figures> + 'static,
    ) -> Self {
        Self { server: server.to_owned(), load: load.to_owned(), run: Box::new(run) }
    }
}

/// Runs every trial in turn, again and again, so that what disturbs the machine for a while disturbs all
/// of them. Stops early when the next round would not fit the budget. `only` names servers by a part of
/// their name. A trial that fails is named and left out.
pub(crate) fn run(scenario: &Scenario, runs: usize, only: &[String]) -> Report {
    let mut report = Report::new(scenario.name, scenario.key, Kind::absent());
    let is_wanted =
        |trial: &Trial| only.is_empty() || only.iter().any(|part| trial.server.contains(part));
    let mut trials: Vec<Trial> = (scenario.trials)().into_iter().filter(is_wanted).collect();
    let began = Instant::now();
    for round in 0..runs {
        let start = Instant::now();
        trials.retain(|trial| {
            let Trial { server, load, run } = trial;
            if began.elapsed() > BUDGET {
                report.failed.push(format!("{server}, {load}: no time"));
                return false;
            }
            match run() {
                Ok(figures) => {
                    eprintln!("{}: {load}: {server}: {}", scenario.name, figures.shown());
                    report.add(server, load, figures);
                    true
                }
                Err(error) => {
                    eprintln!("{}: {load}: {server} failed: {error:#}", scenario.name);
                    report.failed.push(format!("{server}, {load}: {error:#}"));
                    false
                }
            }
        });
        if began.elapsed() + start.elapsed() > BUDGET && round + 1 < runs {
            eprintln!("{}: no time for more than {} runs", scenario.name, round + 1);
            break;
        }
    }
    report
}

fn ours() -> Vec<Kind> {
    vec![
        Kind::teahouse("teahouse, 1 shard, memory", &["--shards", "1", "--durability", "memory"]),
        Kind::teahouse("teahouse, 1 shard, sync", &["--shards", "1"]),
        as_it_comes(),
    ]
}

/// Ours with everyone on a WebSocket.
fn on_sockets() -> Vec<Kind> {
    vec![
        Kind::api(
            "teahouse, WebSocket, 1 shard, memory",
            &["--shards", "1", "--durability", "memory"],
        ),
        Kind::api("teahouse, WebSocket, as it comes", &[]),
    ]
}

/// Ours with more shards than one, as on machines with more cores.
fn with_shards() -> Vec<Kind> {
    let kind = |shards: &str| {
        let name = format!("teahouse, {shards} shards, memory");
        Kind::teahouse(&name, &["--shards", shards, "--durability", "memory"])
    };
    vec![kind("2"), kind("4")]
}

fn as_it_comes() -> Kind {
    Kind::teahouse("teahouse, as it comes", &[])
}

/// So many members in the room everyone comes into.
fn one_room(server: &Server, members: usize) -> Result<Swarm> {
    let mut swarm = Swarm::new(server, vec![ROOM.to_owned()])?;
    swarm.fill(members)?;
    Ok(swarm)
}

/// The first member and some more, spread over the room.
fn probes(members: usize) -> Vec<usize> {
    const PROBES: usize = 8;
    std::iter::once(0).chain((1..=PROBES).map(|probe| members * probe / (PROBES + 1))).collect()
}

/// Everyone with credit says what they may, for so long; the first of them is this member.
fn pour(swarm: &mut Swarm, first: usize, bytes: usize, long: Duration) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < long {
        swarm.say_all(first, bytes)?;
        swarm.turn(Duration::from_millis(20))?;
    }
    ensure!(swarm.lost == 0, "{} members were let go", swarm.lost);
    Ok(())
}

/// What a stretch of work cost, on both sides.
struct Meter {
    start: Instant,
    server_s: f64,
    own_s: f64,
    writes: Option<u64>,
}

impl Meter {
    fn start(server: &Server, swarm: &mut Swarm) -> Result<Self> {
        swarm.reset();
        let writes = server.writes()?;
        let (server_s, own_s) = (server.cpu_s()?, cpu_s("self")?);
        Ok(Self { start: Instant::now(), server_s, own_s, writes })
    }

    fn figures(&self, server: &Server, swarm: &mut Swarm) -> Result<Figures> {
        let seconds = self.start.elapsed().as_secs_f64();
        let deliveries = swarm.deliveries() as f64;
        let server_us = (server.cpu_s()? - self.server_s) * 1e6;
        let own_us = (cpu_s("self")? - self.own_s) * 1e6;
        ensure!(deliveries > 0.0, "nothing was heard");
        swarm.check_count()?;
        let mut figures = Figures::from([
            ("deliveries/s", deliveries / seconds),
            ("server µs each", server_us / deliveries),
            ("generator µs each", own_us / deliveries),
            ("messages at once", swarm.heard_at_once()),
            ("p50 ms", percentile_ms(&mut swarm.latencies, 0.5)),
            ("p99 ms", percentile_ms(&mut swarm.latencies, 0.99)),
        ]);
        if let (Some(before), Some(after)) = (self.writes, server.writes()?) {
            figures.add("messages per write", deliveries / (after - before) as f64);
        }
        Ok(figures)
    }
}
