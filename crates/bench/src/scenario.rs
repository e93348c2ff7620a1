//! The scenarios: which members, which load, what is reported.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::dialect::ROOM;
use crate::report::{Figures, Report, percentile_ms};
use crate::server::{Kind, Server, cpu_s};
use crate::swarm::Swarm;

/// Bytes of a message in every scenario.
const MESSAGE_BYTES: usize = 64;
/// Messages of one sender under way in `fanout`.
const WINDOW: u32 = 8;
/// Messages are said for so long before anything is counted, and then counted for so long.
const WARM_UP: Duration = Duration::from_millis(500);
const COUNTED: Duration = Duration::from_millis(2000);
/// Members that time every message, besides the first.
const PROBES: usize = 8;

/// A scenario by name.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) run: fn(usize) -> Result<Report>,
}

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "fanout",
        what: "1,000 and 10,000 members in one room, senders with 8 messages under way each",
        run: fanout,
    },
    Scenario {
        name: "calm",
        what: "40 messages/s in a room of 1,000, 5 messages/s in one of 10,000",
        run: calm,
    },
    Scenario { name: "idle", what: "1,000, 5,000 and 15,000 members who say nothing", run: idle },
    Scenario {
        name: "storm",
        what: "thousands come in as fast as they can, drop, and return",
        run: storm,
    },
    Scenario {
        name: "stalled",
        what: "as fanout at a steady rate, with a tenth of the members not reading",
        run: stalled,
    },
    Scenario {
        name: "rooms",
        what: "rooms of 10 with everybody talking, as members double",
        run: rooms,
    },
];

/// Runs it a few times on fresh servers; a server that cannot do it is named and left out.
fn measure(
    report: &mut Report,
    kind: &Kind,
    load: &str,
    run: impl Fn(&Kind, &Server) -> Result<Figures>,
) {
    let mut runs = Vec::new();
    for _ in 0..report.runs {
        match kind.start().and_then(|server| run(kind, &server)) {
            Ok(figures) => runs.push(figures),
            Err(error) => {
                eprintln!("{}: {} under {load} failed: {error:#}", report.scenario, kind.name);
                break;
            }
        }
    }
    report.add(&kind.name, load, &runs);
    report.show_last();
}

fn one_room() -> Vec<String> {
    vec![ROOM.to_owned()]
}

fn probes(members: usize) -> Vec<usize> {
    std::iter::once(0).chain((1..=PROBES).map(|probe| members * probe / (PROBES + 1))).collect()
}

/// What a stretch of work cost, on both sides.
struct Meter {
    start: Instant,
    server_s: f64,
    own_s: f64,
}

impl Meter {
    fn start(server: &Server, swarm: &mut Swarm) -> Result<Self> {
        swarm.reset();
        Ok(Self { start: Instant::now(), server_s: server.cpu_s()?, own_s: cpu_s("self")? })
    }

    fn figures(&self, server: &Server, swarm: &mut Swarm) -> Result<Figures> {
        let seconds = self.start.elapsed().as_secs_f64();
        let deliveries = swarm.deliveries() as f64;
        let server_us = (server.cpu_s()? - self.server_s) * 1e6;
        let own_us = (cpu_s("self")? - self.own_s) * 1e6;
        Ok(Figures::from([
            ("deliveries/s", deliveries / seconds),
            ("server µs each", server_us / deliveries),
            ("generator µs each", own_us / deliveries),
            ("p50 ms", percentile_ms(&mut swarm.latencies, 0.5)),
            ("p99 ms", percentile_ms(&mut swarm.latencies, 0.99)),
        ]))
    }
}

fn ours() -> Vec<Kind> {
    vec![
        Kind::teahouse("teahouse, 1 shard, memory", &["--shards", "1", "--durability", "memory"]),
        Kind::teahouse("teahouse, 1 shard, sync", &["--shards", "1"]),
        Kind::teahouse("teahouse, as it comes", &[]),
    ]
}

fn fanout(runs: usize) -> Result<Report> {
    let mut report = Report::new("fanout", runs);
    for (members, senders) in [(1_000, 10), (1_000, 20), (1_000, 40), (10_000, 10)] {
        let load = format!("{members} members, {senders} senders");
        let mut kinds = vec![Kind::floor_per_round()];
        kinds.extend(ours());
        if senders == 10 {
            kinds.extend([Kind::floor_per_message(), Kind::textbook()]);
            if members == 1_000 {
                kinds.extend(Kind::peers());
            }
        }
        for kind in kinds {
            measure(&mut report, &kind, &load, |kind, server| {
                let mut swarm = Swarm::new(server.port, kind.dialect, one_room())?;
                swarm.fill(members)?;
                swarm.set_probes(&probes(members));
                swarm.set_credit(senders, WINDOW);
                pour(&mut swarm, WARM_UP)?;
                let meter = Meter::start(server, &mut swarm)?;
                pour(&mut swarm, COUNTED)?;
                meter.figures(server, &mut swarm)
            });
        }
    }
    Ok(report)
}

/// Everyone with credit says what they may, for so long.
fn pour(swarm: &mut Swarm, long: Duration) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < long {
        swarm.say_all(1, MESSAGE_BYTES)?;
        swarm.turn(Duration::from_millis(20))?;
    }
    Ok(())
}

fn calm(runs: usize) -> Result<Report> {
    let mut report = Report::new("calm", runs);
    for (members, per_second) in [(1_000, 40), (1_000, 80), (10_000, 5), (10_000, 10)] {
        let load = format!("{members} members, {per_second}/s");
        let mut kinds = vec![Kind::floor_per_message()];
        kinds.extend(ours());
        if members == 1_000 && per_second == 40 {
            kinds.push(Kind::textbook());
            kinds.extend(Kind::peers());
        }
        for kind in kinds {
            measure(&mut report, &kind, &load, |kind, server| {
                let mut swarm = Swarm::new(server.port, kind.dialect, one_room())?;
                swarm.fill(members)?;
                swarm.set_probes(&(0..members).step_by(members / 500).collect::<Vec<_>>());
                let every = Duration::from_secs(1) / per_second;
                steady(&mut swarm, every, WARM_UP)?;
                let meter = Meter::start(server, &mut swarm)?;
                steady(&mut swarm, every, COUNTED)?;
                let mut figures = meter.figures(server, &mut swarm)?;
                figures.insert("max ms", percentile_ms(&mut swarm.latencies, 1.0));
                Ok(figures)
            });
        }
    }
    Ok(report)
}

/// One message after the other, at a steady rate, for so long.
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

fn idle(runs: usize) -> Result<Report> {
    let mut report = Report::new("idle", runs);
    let (few, more, many) = (1_000, 5_000, 15_000);
    let mut kinds = ours();
    kinds.push(Kind::textbook());
    for kind in kinds {
        measure(&mut report, &kind, "1,000 to 15,000 members", |kind, server| {
            let mut swarm = Swarm::new(server.port, kind.dialect, one_room())?;
            let mut resident = Vec::new();
            for count in [few, more, many] {
                swarm.fill(count)?;
                swarm.turn(Duration::from_millis(100))?;
                resident.push(server.resident_kib()?);
            }
            let before = server.cpu_s()?;
            let quiet = Duration::from_secs(2);
            std::thread::sleep(quiet);
            let cpu = (server.cpu_s()? - before) / quiet.as_secs_f64();
            Ok(Figures::from([
                ("KiB each to 5,000", (resident[1] - resident[0]) / (more - few) as f64),
                ("KiB each to 15,000", (resident[2] - resident[0]) / (many - few) as f64),
                ("CPU % while idle", cpu * 100.0),
            ]))
        });
    }
    Ok(report)
}

fn storm(runs: usize) -> Result<Report> {
    let mut report = Report::new("storm", runs);
    for members in [1_250, 2_500, 5_000] {
        let load = format!("{members} members");
        let mut kinds = ours();
        if members == 1_250 {
            kinds.extend(Kind::peers());
        }
        for kind in kinds {
            measure(&mut report, &kind, &load, |kind, server| {
                let start = Instant::now();
                let mut swarm = Swarm::new(server.port, kind.dialect, one_room())?;
                swarm.fill(members)?;
                let (seconds, cpu, bytes) = (start.elapsed(), server.cpu_s()?, swarm.bytes);
                swarm.drop_all();
                let mut again = Swarm::new(server.port, kind.dialect, one_room())?;
                let start = Instant::now();
                again.fill(members)?;
                Ok(Figures::from([
                    ("s to come", seconds.as_secs_f64()),
                    ("CPU s to come", cpu),
                    ("bytes each", bytes as f64 / members as f64),
                    ("s to return", start.elapsed().as_secs_f64()),
                    ("CPU s in all", server.cpu_s()?),
                ]))
            });
        }
    }
    Ok(report)
}

fn stalled(runs: usize) -> Result<Report> {
    let mut report = Report::new("stalled", runs);
    let members = 1_000;
    for kind in ours() {
        for share in [0, 10] {
            let load = format!("{members} members, {share} % not reading");
            measure(&mut report, &kind, &load, |kind, server| {
                let mut swarm = Swarm::new(server.port, kind.dialect, one_room())?;
                swarm.fill(members)?;
                swarm.set_probes(&probes(members));
                // Spread over the room; never a sender (1 to 10), rarely next to a probe.
                for stalled in (0..members * share / 100).map(|index| index * 9 + 50) {
                    swarm.stall(stalled)?;
                }
                let before = server.resident_kib()?;
                swarm.set_credit(10, 1);
                pour(&mut swarm, WARM_UP)?;
                let meter = Meter::start(server, &mut swarm)?;
                pour(&mut swarm, COUNTED * 2)?;
                let mut figures = meter.figures(server, &mut swarm)?;
                figures.insert("grown MiB", (server.resident_kib()? - before) / 1024.0);
                Ok(figures)
            });
        }
    }
    Ok(report)
}

fn rooms(runs: usize) -> Result<Report> {
    let mut report = Report::new("rooms", runs);
    for count in [250, 500, 1_000] {
        let members = count * 10;
        let load = format!("{members} members, {count} rooms");
        for kind in ours() {
            measure(&mut report, &kind, &load, |kind, server| {
                let names = (0..count).map(|room| format!("room{room}")).collect();
                let mut swarm = Swarm::new(server.port, kind.dialect, names)?;
                swarm.fill(members)?;
                let meter = Meter::start(server, &mut swarm)?;
                let start = Instant::now();
                // One speaker of each room after the other, as fast as what is said is heard.
                let mut speaker = 0;
                while start.elapsed() < COUNTED {
                    let heard = swarm.deliveries();
                    for _ in 0..count {
                        swarm.say_one(speaker % members, MESSAGE_BYTES)?;
                        speaker += 1;
                    }
                    let expected = heard + 9 * count as u64;
                    while swarm.deliveries() < expected && start.elapsed() < COUNTED {
                        swarm.turn(Duration::from_millis(20))?;
                    }
                }
                meter.figures(server, &mut swarm)
            });
        }
    }
    Ok(report)
}
