//! The scenarios, each in a file of its own, and how they run: in turn, within a budget of time. They share the
//! [`meter`] and the kinds of our server ([`ours`]).

mod beside;
mod calm;
mod durable;
mod fanout;
mod idle;
mod meter;
mod mixed;
mod ours;
mod overload;
mod rooms;
mod search;
mod stalled;
mod storm;

use std::time::{Duration, Instant};

use crate::report::Report;
use crate::server::Kind;
use crate::trial::Trial;

/// The longest time of a scenario, whatever number of runs was asked for.
const BUDGET: Duration = Duration::from_secs(115);

/// A scenario by name.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    /// The figures that are compared and drawn.
    pub(crate) key: &'static [&'static str],
    pub(crate) trials: fn() -> Vec<Trial>,
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

/// Runs every trial in turn, again and again, so that a disturbance of the machine hits all of them. Stops when the
/// next round would not fit the budget. `only` selects servers by a part of their name. A trial that fails is named and
/// left out.
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
                    eprintln!("{}: {load}: {server}: {}", scenario.name, figures.display());
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
