//! Pairs that talk in rooms of their own, beside a busy room whose talkers say as much as the server takes: how long a
//! pair waits because of what others do. Only the server's back-pressure limits the talkers.

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};

use crate::dialect::ROOM;
use crate::pairs::{Pairs, connect_from};
use crate::report::{Figures, percentile_ms};
use crate::server::{Kind, Server};
use crate::swarm::Swarm;
use crate::trial::Trial;

const TALKERS: usize = 20;
const MESSAGE_BYTES: usize = 200;
/// At most so many bytes that a talker has to send and the server has not taken: a talker is never out of messages.
const UNSENT_BYTES: usize = 16 * 1024;
/// Pairs that talk: 13 messages a second.
const PAIRS: u32 = 8;
const WARM_UP: Duration = Duration::from_millis(1500);
const COUNTED: Duration = Duration::from_secs(6);
/// Bytes that a slow reader takes at once, and how many of them do so in one turn of the generator: about 10 KiB a
/// second each.
const SIP_BYTES: usize = 4 * 1024;
const SIPS_A_TURN: usize = 40;
const TURN: Duration = Duration::from_millis(5);
/// The longest time that a searcher waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// The network address of the searchers.
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// The load beside the pairs.
#[derive(Clone, Copy)]
struct Others {
    name: &'static str,
    /// Members of the busy room that read as fast as they can, talkers included.
    reading: usize,
    /// Members that read slowly.
    slow: usize,
    /// Every other connection joins another room, so that with two shards one of them has the whole busy room.
    is_apart: bool,
    /// Programs that search, each one search after the other.
    searching: usize,
}

const NOBODY: Others = Others {
    name: "1,000 reading, 20 talking",
    reading: 1_000,
    slow: 0,
    is_apart: false,
    searching: 0,
};

pub(super) fn trials() -> Vec<Trial> {
    let slow = Others {
        name: "3,000 reading slowly, 20 talking",
        reading: TALKERS,
        slow: 3_000,
        ..NOBODY
    };
    let apart =
        Others { name: "1,000 reading on another shard, 20 talking", is_apart: true, ..NOBODY };
    let searching =
        Others { name: "1,000 reading, 20 talking, 20 searching", searching: 20, ..NOBODY };
    let cases =
        [(NOBODY, "1"), (NOBODY, "4"), (slow, "1"), (slow, "4"), (apart, "2"), (searching, "1")];
    let trial = |(others, shards): (Others, &str)| {
        let kind =
            Kind::teahouse(&format!("teahouse, {shards} shards, sync"), &["--shards", shards]);
        Trial::new(&kind, others.name, move |server| measure(server, others))
    };
    cases.into_iter().map(trial).collect()
}

fn measure(server: &Server, others: Others) -> Result<Figures> {
    let mut room = Room::open(server, others)?;
    // The probe that waits until the server listens was its first connection, so the pairs are beside the busy shard.
    let _first = others.is_apart.then(|| connect_from(HERE, server.port)).transpose()?;
    let searchers = Searchers::start(server.port, others.searching)?;
    room.talk(WARM_UP)?;
    let pairs = match others.is_apart {
        true => Pairs::start_apart(server.port, PAIRS)?,
        false => Pairs::start(server.port, PAIRS)?,
    };
    room.swarm.reset();
    let start = Instant::now();
    room.talk(COUNTED)?;
    let seconds = start.elapsed().as_secs_f64();
    let mut took = pairs.stop()?;
    let mut figures = Figures::from([
        ("p50 ms", percentile_ms(&mut took, 0.5)),
        ("p99 ms", percentile_ms(&mut took, 0.99)),
        ("max ms", percentile_ms(&mut took, 1.0)),
        ("pair messages", took.len() as f64),
        ("deliveries/s", room.swarm.deliveries() as f64 / seconds),
    ]);
    let searches = searchers.stop()?;
    if others.searching > 0 {
        figures.add("searches/s", searches as f64 / seconds);
    }
    Ok(figures)
}

/// The busy room and its members.
struct Room {
    swarm: Swarm,
    others: Others,
    /// The distance between two members of the room in the swarm.
    step: usize,
    /// The slow reader that reads next.
    next: usize,
}

impl Room {
    fn open(server: &Server, others: Others) -> Result<Self> {
        let step = 1 + usize::from(others.is_apart);
        let rooms = [ROOM, "idle"][..step].iter().map(|room| (*room).to_owned());
        let mut swarm = Swarm::new(server, rooms.collect())?;
        swarm.fill((others.reading + others.slow) * step)?;
        swarm.settle()?;
        for slow in 0..others.slow {
            swarm.stall((others.reading + slow) * step)?;
        }
        Ok(Self { swarm, others, step, next: 0 })
    }

    /// The talkers say what they can, and the slow readers take a sip in turn.
    fn talk(&mut self, long: Duration) -> Result<()> {
        let Others { reading, slow, .. } = self.others;
        let start = Instant::now();
        while start.elapsed() < long {
            for talker in (0..TALKERS).map(|talker| talker * self.step) {
                while self.swarm.unsent(talker) < UNSENT_BYTES {
                    self.swarm.say_one(talker, MESSAGE_BYTES)?;
                    if self.swarm.unsent(talker) > 0 {
                        break;
                    }
                }
                self.swarm.ask(talker, b"")?;
            }
            for _ in 0..SIPS_A_TURN.min(slow) {
                self.swarm.sip((reading + self.next % slow) * self.step, SIP_BYTES)?;
                self.next += 1;
            }
            self.swarm.turn(TURN)?;
        }
        ensure!(self.swarm.lost == 0, "{} members were disconnected", self.swarm.lost);
        Ok(())
    }
}

/// People who search for words that most messages have, one search after the other.
struct Searchers {
    is_over: Arc<AtomicBool>,
    searching: Vec<JoinHandle<Result<u64>>>,
}

impl Searchers {
    fn start(port: u16, count: usize) -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut searchers = Self { is_over, searching: Vec::new() };
        for _ in 0..count {
            let is_over = Arc::clone(&searchers.is_over);
            searchers.searching.push(std::thread::spawn(move || search(port, &is_over)));
        }
        Ok(searchers)
    }

    /// Stops the searches; returns how many were answered.
    fn stop(self) -> Result<u64> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut answered = 0;
        for searching in self.searching {
            answered += searching.join().map_err(|_| anyhow!("a searcher has panicked"))??;
        }
        Ok(answered)
    }
}

fn search(port: u16, is_over: &AtomicBool) -> Result<u64> {
    let mut stream = connect_from(ELSEWHERE, port)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut answered = 0;
    while !is_over.load(Ordering::Relaxed) {
        let request = "GET /api/v1/search?words=1%2A HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes())?;
        let mut buffer = [0; 64 * 1024];
        ensure!(stream.read(&mut buffer)? > 0, "the server has closed");
        answered += 1;
    }
    Ok(answered)
}
