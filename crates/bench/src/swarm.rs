//! The generator: one thread, one poll, many members. Lean on purpose: most members only count line feeds; a few parse
//! every message, to time it and to give its sender new credit.
//!
//! A message is `@SENDER:NANOSECONDS:` and filler. Nanoseconds are since the swarm began, on one clock.

mod member;
mod stamp;

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use crate::dialect::Dialect;
use crate::server::Server;
use member::Member;
use stamp::{make_stamp, stamp};

/// Connections from one loopback address. The system searches for a free port from some number on, so with thousands of
/// connections from one address, or with those of an earlier run still remembered, the search takes long.
const PER_ADDRESS: usize = 200;
/// The number of the next swarm.
static SWARMS: AtomicU8 = AtomicU8::new(1);
/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;
/// The longest time for joining before the run fails.
const JOIN_DEADLINE: Duration = Duration::from_secs(90);
/// Silence of this length means that everything has been said.
const SETTLED: Duration = Duration::from_millis(200);
/// How far the count of received lines may be from the expected one: some are in flight when counting begins and ends.
const COUNT_TOLERANCE: f64 = 0.2;

/// The members on one server.
pub(crate) struct Swarm {
    poll: Poll,
    events: Events,
    dialect: Dialect,
    /// Connections that may be opening at once.
    opening_max: usize,
    /// The second byte of the addresses it connects from, different from those of the swarm before.
    network: u8,
    address: SocketAddr,
    rooms: Vec<String>,
    members: Vec<Member>,
    joined: usize,
    buffer: Vec<u8>,
    began: Instant,
    /// Ends of messages received since all members had joined.
    pub(crate) feeds: u64,
    reads: u64,
    pub(crate) bytes: u64,
    /// Messages that each sender may still say; a probe that receives one of its messages adds one.
    credit: Vec<u32>,
    /// Nanoseconds from saying to receiving, at the probes.
    pub(crate) latencies: Vec<u64>,
    /// Members whose connection the server closed or broke.
    pub(crate) lost: usize,
    probes: usize,
    uncounted: usize,
}

impl Swarm {
    pub(crate) fn new(server: &Server, rooms: Vec<String>) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(4096),
            dialect: server.dialect,
            opening_max: server.opening_max,
            network: SWARMS.fetch_add(1, Ordering::Relaxed),
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, server.port)),
            rooms,
            members: Vec::new(),
            joined: 0,
            buffer: vec![0; READ_BYTES],
            began: Instant::now(),
            feeds: 0,
            reads: 0,
            bytes: 0,
            credit: Vec::new(),
            latencies: Vec::new(),
            lost: 0,
            probes: 0,
            uncounted: 0,
        })
    }

    /// Connects members until `count` have joined; member `i` is in room `i % rooms`.
    pub(crate) fn fill(&mut self, count: usize) -> Result<()> {
        let deadline = Instant::now() + JOIN_DEADLINE;
        while self.joined < count {
            // In a dialect that shows no join, the server gets a turn now and then.
            let most = count.min(self.members.len() + self.opening_max);
            while self.members.len() < most && self.members.len() - self.joined < self.opening_max {
                self.connect()?;
            }
            self.turn(Duration::from_millis(5))?;
            ensure!(
                Instant::now() < deadline && self.lost == 0,
                "only {} of {count} members joined, {} were disconnected",
                self.joined,
                self.lost
            );
        }
        Ok(())
    }

    fn connect(&mut self) -> Result<()> {
        let index = self.members.len();
        let room = index % self.rooms.len();
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        let host = u8::try_from(index / PER_ADDRESS).context("too many members")?;
        socket.bind(&SocketAddr::from(([127, self.network, host, 1], 0)).into())?;
        socket.connect(&self.address.into()).context("cannot connect")?;
        socket.set_tcp_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let mut stream = mio::net::TcpStream::from_std(TcpStream::from(socket));
        self.poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
        let is_joined = self.dialect.joined(&self.rooms[room]).is_none();
        self.joined += usize::from(is_joined);
        self.members.push(Member {
            stream,
            room,
            is_probe: false,
            gives_credit: false,
            is_counted: true,
            is_joined,
            partial: Vec::new(),
            unsent: self.dialect.hello(index, &self.rooms[room]),
        });
        self.flush(index)
    }

    /// These members parse every message; the first of them gives senders new credit.
    pub(crate) fn set_probes(&mut self, probes: &[usize]) {
        for (nth, index) in probes.iter().enumerate() {
            self.members[*index].is_probe = true;
            self.members[*index].gives_credit = nth == 0;
        }
        self.probes = probes.len();
    }

    /// These members parse every message and give its sender new credit.
    pub(crate) fn set_witnesses(&mut self, witnesses: std::ops::Range<usize>) {
        for index in witnesses {
            self.members[index].is_probe = true;
            self.members[index].gives_credit = true;
        }
    }

    /// This member stops reading.
    pub(crate) fn stall(&mut self, index: usize) -> Result<()> {
        self.poll.registry().deregister(&mut self.members[index].stream)?;
        self.leave_out(index);
        Ok(())
    }

    /// Excludes a member from the count, because it receives more or less than is said in its room.
    pub(crate) fn leave_out(&mut self, index: usize) {
        self.uncounted +=
            usize::from(std::mem::replace(&mut self.members[index].is_counted, false));
    }

    /// A stalled member reads once; the bytes are dropped.
    pub(crate) fn sip(&mut self, index: usize, bytes: usize) -> Result<()> {
        match self.members[index].stream.read(&mut self.buffer[..bytes]) {
            Ok(0) => self.lost += 1,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// A member sends a request that is no message.
    pub(crate) fn ask(&mut self, member: usize, line: &[u8]) -> Result<()> {
        self.members[member].unsent.extend_from_slice(line);
        self.flush(member)
    }

    /// Bytes that this member has to send and the server has not taken.
    pub(crate) fn unsent(&self, member: usize) -> usize {
        self.members[member].unsent.len()
    }

    /// Waits until nothing has been received for a while.
    pub(crate) fn settle(&mut self) -> Result<()> {
        let deadline = Instant::now() + JOIN_DEADLINE;
        let mut last_receipt = Instant::now();
        while last_receipt.elapsed() < SETTLED && Instant::now() < deadline {
            let before = self.bytes;
            self.turn(SETTLED / 4)?;
            if self.bytes != before {
                last_receipt = Instant::now();
            }
        }
        Ok(())
    }

    /// Checks that all members together received about as many messages as the probes, times the members. Otherwise
    /// something other than messages was counted.
    pub(crate) fn check_count(&self) -> Result<()> {
        if self.probes == 0 || self.rooms.len() > 1 {
            return Ok(());
        }
        let counted = (self.members.len() - self.uncounted) as f64;
        let expected = self.latencies.len() as f64 / self.probes as f64 * counted;
        let found = self.deliveries() as f64;
        ensure!(
            (found / expected - 1.0).abs() < COUNT_TOLERANCE,
            "{found} lines were received where {expected} were due: something else was counted"
        );
        Ok(())
    }

    /// Gives each of `senders` the credit for `window` messages in flight.
    pub(crate) fn set_credit(&mut self, senders: usize, window: u32) {
        self.credit = vec![window; senders];
    }

    /// Each sender says as many messages as it has credit for. Sender `i` is member `first + i`: member 0 is a probe,
    /// so senders begin after it.
    pub(crate) fn say_all(&mut self, first: usize, bytes: usize) -> Result<()> {
        for sender in 0..self.credit.len() {
            for _ in 0..std::mem::take(&mut self.credit[sender]) {
                self.say(first + sender, sender, bytes);
            }
            self.flush(first + sender)?;
        }
        Ok(())
    }

    /// A member says one message.
    pub(crate) fn say_one(&mut self, member: usize, bytes: usize) -> Result<()> {
        self.say(member, 0, bytes);
        self.flush(member)
    }

    fn say(&mut self, member: usize, sender: usize, bytes: usize) {
        let words = make_stamp(sender, self.began.elapsed().as_nanos(), bytes);
        let member = &mut self.members[member];
        self.dialect.say(&self.rooms[member.room], &words, &mut member.unsent);
    }

    /// Writes what the server has not taken; while it does not read, the bytes stay here.
    fn flush(&mut self, index: usize) -> Result<()> {
        let member = &mut self.members[index];
        let mut sent = 0;
        while sent < member.unsent.len() {
            match member.stream.write(&member.unsent[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.lost += 1;
                    break;
                }
            }
        }
        member.unsent.drain(..sent);
        if member.unsent.is_empty() {
            member.unsent = Vec::new();
        }
        Ok(())
    }

    /// Waits at most `patience` for something to receive, and receives it.
    pub(crate) fn turn(&mut self, patience: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let tokens: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        for index in tokens {
            self.receive(index)?;
        }
        Ok(())
    }

    fn receive(&mut self, index: usize) -> Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(member) = self.members.get_mut(index) {
            match member.stream.read(&mut buffer) {
                Ok(0) => {
                    self.lost += 1;
                    self.poll.registry().deregister(&mut self.members[index].stream)?;
                    break;
                }
                Ok(count) => {
                    self.bytes += count as u64;
                    self.count_and_time(index, &buffer[..count])?;
                    // A short read has emptied the socket; the next byte causes a new event.
                    if count < buffer.len() {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.lost += 1;
                    break;
                }
            }
        }
        self.buffer = buffer;
        Ok(())
    }

    fn count_and_time(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let member = &mut self.members[index];
        if !member.is_joined {
            member.partial.extend_from_slice(bytes);
            return self.continue_joining(index);
        }
        let mark = self.dialect.end();
        if member.is_counted {
            self.feeds += memchr::memchr_iter(mark, bytes).count() as u64;
            self.reads += 1;
        }
        if member.is_probe {
            let gives_credit = member.gives_credit;
            let mut partial = std::mem::take(&mut member.partial);
            partial.extend_from_slice(bytes);
            let received_ns = self.began.elapsed().as_nanos();
            let end = memchr::memrchr(mark, &partial).map_or(0, |end| end + 1);
            for line in partial[..end].split(|byte| *byte == mark) {
                self.record(line, received_ns, gives_credit);
            }
            partial.drain(..end);
            self.members[index].partial = partial;
        }
        Ok(())
    }

    fn continue_joining(&mut self, index: usize) -> Result<()> {
        let member = &mut self.members[index];
        let room = &self.rooms[member.room];
        if let Some((part, reply)) = self.dialect.reply(room)
            && memchr::memmem::find(&member.partial, part).is_some()
        {
            member.partial.clear();
            member.unsent.extend_from_slice(&reply);
            return self.flush(index);
        }
        if let Some(at) = memchr::memmem::find(&member.partial, b"PING :") {
            let cookie: Vec<u8> =
                member.partial[at + 6..].iter().copied().take_while(|b| *b != b'\r').collect();
            member.partial[at] = b'p';
            member.unsent.extend_from_slice(&[b"PONG :".as_slice(), &cookie, b"\r\n"].concat());
            return self.flush(index);
        }
        let joined = self.dialect.joined(room).unwrap_or_default();
        if memchr::memmem::find(&member.partial, &joined).is_some() {
            member.partial = Vec::new();
            member.is_joined = true;
            self.joined += 1;
        }
        Ok(())
    }

    fn record(&mut self, line: &[u8], received_ns: u128, gives_credit: bool) {
        let Some((sender, sent_ns)) = stamp(line) else { return };
        self.latencies.push(u64::try_from(received_ns.saturating_sub(sent_ns)).unwrap_or(u64::MAX));
        if gives_credit
            && let Some(credit) =
                usize::try_from(sender).ok().and_then(|sender| self.credit.get_mut(sender))
        {
            *credit += 1;
        }
    }

    /// Clears the counts and times.
    pub(crate) fn reset(&mut self) {
        self.feeds = 0;
        self.reads = 0;
        self.bytes = 0;
        self.latencies.clear();
    }

    /// Messages received in one read: about what the server put into one write.
    pub(crate) fn messages_per_read(&self) -> f64 {
        self.deliveries() as f64 / self.reads as f64
    }

    /// Messages received by all members together.
    pub(crate) fn deliveries(&self) -> u64 {
        self.feeds / self.dialect.ends_per_message()
    }
}
