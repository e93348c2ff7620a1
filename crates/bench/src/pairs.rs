//! Healthy pairs: two people at `nc` in a room of their own, at another network address than everybody who loads
//! the server. One says something now and then; measured is how long the other waits for it.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use crate::dialect::ROOM;

/// Between two messages of a pair: less often than flood control allows.
const EVERY: Duration = Duration::from_millis(600);
/// A message that is not heard in this time counts as one that took so long, and ends its pair.
const PATIENCE: Duration = Duration::from_secs(10);
/// The network address they have.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Pairs that talk until they are stopped.
pub(crate) struct Pairs {
    is_over: Arc<AtomicBool>,
    talking: Vec<JoinHandle<Result<Vec<u64>>>>,
}

impl Pairs {
    /// So many of them, each in its own room.
    pub(crate) fn start(port: u16, count: u32) -> Result<Self> {
        Self::start_with(count, |number| come_in(port, number))
    }

    /// All of them on one of two shards: between any two of their connections there is one more, which is given up.
    pub(crate) fn start_apart(port: u16, count: u32) -> Result<Self> {
        Self::start_with(count, |number| {
            let person = come_in(port, number)?;
            connect_from(ADDRESS, port)?;
            Ok(person)
        })
    }

    fn start_with(
        count: u32,
        come_in: impl Fn(u32) -> Result<BufReader<TcpStream>>,
    ) -> Result<Self> {
        let is_over = Arc::new(AtomicBool::new(false));
        let mut pairs = Self { is_over, talking: Vec::new() };
        for number in 0..count {
            let (speaker, hearer) = (come_in(number)?, come_in(number)?);
            let is_over = Arc::clone(&pairs.is_over);
            // Spread over the interval.
            let first = EVERY * number / count;
            pairs.talking.push(std::thread::spawn(move || talk(speaker, hearer, first, &is_over)));
        }
        Ok(pairs)
    }

    /// Ends them; gives how long each message took, nanoseconds.
    pub(crate) fn stop(self) -> Result<Vec<u64>> {
        self.is_over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for talk in self.talking {
            all.extend(talk.join().map_err(|_| anyhow!("a pair has panicked"))??);
        }
        Ok(all)
    }
}

/// A connection from a network address.
pub(crate) fn connect_from(address: Ipv4Addr, port: u16) -> Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((address, 0)).into())?;
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket.into())
}

fn come_in(port: u16, number: u32) -> Result<BufReader<TcpStream>> {
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
    mut speaker: BufReader<TcpStream>,
    mut hearer: BufReader<TcpStream>,
    first: Duration,
    is_over: &AtomicBool,
) -> Result<Vec<u64>> {
    let mut took = Vec::new();
    let mut next = Instant::now() + first;
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
        let (said, words) = (Instant::now(), format!("message {} of this pair", took.len()));
        speaker.get_mut().write_all(format!("{words}\n").as_bytes())?;
        let heard = wait_for(&mut hearer, &words);
        took.push(u64::try_from(said.elapsed().as_nanos())?);
        match heard {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error.into()),
        }
        next = (next + EVERY).max(Instant::now());
    }
    Ok(took)
}
