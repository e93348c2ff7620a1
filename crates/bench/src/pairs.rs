//! Healthy pairs: two people at `nc` in a room of their own, at another network address than the load. One of them says
//! something now and then; the time until the other receives it is measured.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::dialect::ROOM;

/// The interval between two messages of a pair, long enough for flood control.
const EVERY: Duration = Duration::from_millis(600);
/// A message that does not arrive in this time counts as one that took so long, and ends its pair.
const PATIENCE: Duration = Duration::from_secs(10);
/// The network address of all pairs.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Pairs that talk until they are stopped.
pub(crate) struct Pairs {
    is_over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Result<Vec<u64>>>>,
}

impl Pairs {
    /// Starts `count` pairs, each in its own room.
    pub(crate) fn start(port: u16, count: u32) -> Result<Self> {
        Self::start_with(count, |number| connect(port, number))
    }

    /// Starts pairs that are all on one of two shards: between any two of their connections there is one more, which is
    /// closed.
    pub(crate) fn start_apart(port: u16, count: u32) -> Result<Self> {
        Self::start_with(count, |number| {
            let person = connect(port, number)?;
            connect_from(ADDRESS, port)?;
            Ok(person)
        })
    }

    fn start_with(
        count: u32,
        connect: impl Fn(u32) -> Result<BufReader<TcpStream>>,
    ) -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut pairs = Self { is_over, threads: Vec::new() };
        for number in 0..count {
            let (author, receiver) = (connect(number)?, connect(number)?);
            let is_over = Arc::clone(&pairs.is_over);
            // Pairs begin spread over the interval.
            let first = EVERY * number / count;
            pairs.threads.push(std::thread::spawn(move || talk(author, receiver, first, &is_over)));
        }
        Ok(pairs)
    }

    /// Stops the pairs; returns how long each message took, in nanoseconds.
    pub(crate) fn stop(self) -> Result<Vec<u64>> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for talk in self.threads {
            all.extend(talk.join().map_err(|_| anyhow!("a pair has panicked"))??);
        }
        Ok(all)
    }
}

/// Connects from a network address.
pub(crate) fn connect_from(address: Ipv4Addr, port: u16) -> Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((address, 0)).into())?;
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

fn connect(port: u16, number: u32) -> Result<BufReader<TcpStream>> {
    let mut stream = connect_from(ADDRESS, port)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(format!("/join pair{number}\n/leave {ROOM}\n").as_bytes())?;
    let mut reader = BufReader::new(stream);
    wait_for(&mut reader, &format!("you left #{ROOM}")).context("a pair comes in")?;
    Ok(reader)
}

fn wait_for(reader: &mut BufReader<TcpStream>, what: &str) -> io::Result<()> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = reader.read_until(b'\n', &mut line)?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if memchr::memmem::find(&line, what.as_bytes()).is_some() {
            return Ok(());
        }
    }
}

fn talk(
    mut author: BufReader<TcpStream>,
    mut receiver: BufReader<TcpStream>,
    first: Duration,
    is_over: &AtomicBool,
) -> Result<Vec<u64>> {
    let mut took = Vec::new();
    let mut next = Instant::now() + first;
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let (sent_at, text) = (Instant::now(), format!("message {} of this pair", took.len()));
        author.get_mut().write_all(format!("{text}\n").as_bytes())?;
        let result = wait_for(&mut receiver, &text);
        took.push(u64::try_from(sent_at.elapsed().as_nanos())?);
        match result {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error.into()),
        }
        next = (next + EVERY).max(Instant::now());
    }
    Ok(took)
}
