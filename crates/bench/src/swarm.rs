//! The generator: one thread, one poll, many members. Lean on purpose: most members only count line
//! feeds; a few look at every message, to time it and to let its sender go on.
//!
//! A message is `@SENDER:NANOSECONDS:` and filler. Nanoseconds are since the swarm began, on one clock.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use mio::{Events, Interest, Poll, Token};

use crate::dialect::Dialect;

/// Connections one loopback address opens to one port, within the range of ports that systems give.
const PER_ADDRESS: usize = 10_000;
/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;
/// How long coming in may take before the run is given up.
const JOIN_DEADLINE: Duration = Duration::from_secs(90);
/// Connections being opened at once: below every server's backlog.
const OPENING_MAX: usize = 500;

/// One member's socket.
struct Member {
    stream: mio::net::TcpStream,
    room: usize,
    /// Looks at every message.
    is_probe: bool,
    is_joined: bool,
    is_stalled: bool,
    partial: Vec<u8>,
    unsent: Vec<u8>,
}

/// Members of one server.
pub(crate) struct Swarm {
    poll: Poll,
    events: Events,
    dialect: Dialect,
    address: SocketAddr,
    rooms: Vec<String>,
    members: Vec<Member>,
    joined: usize,
    buffer: Vec<u8>,
    began: Instant,
    /// Line feeds heard since all had joined.
    pub(crate) feeds: u64,
    pub(crate) bytes: u64,
    /// Messages each sender has heard of through a probe, and still may send.
    credit: Vec<u32>,
    /// Nanoseconds from saying to hearing, at the probes.
    pub(crate) latencies: Vec<u64>,
    /// Members that ended by themselves.
    pub(crate) lost: usize,
}

impl Swarm {
    pub(crate) fn new(port: u16, dialect: Dialect, rooms: Vec<String>) -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(4096),
            dialect,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            rooms,
            members: Vec::new(),
            joined: 0,
            buffer: vec![0; READ_BYTES],
            began: Instant::now(),
            feeds: 0,
            bytes: 0,
            credit: Vec::new(),
            latencies: Vec::new(),
            lost: 0,
        })
    }

    /// Brings in members until there are so many; member `i` sits in room `i % rooms`.
    pub(crate) fn fill(&mut self, count: usize) -> Result<()> {
        let deadline = Instant::now() + JOIN_DEADLINE;
        while self.joined < count {
            while self.members.len() < count && self.members.len() - self.joined < OPENING_MAX {
                self.connect()?;
            }
            self.turn(Duration::from_millis(5))?;
            ensure!(
                Instant::now() < deadline && self.lost == 0,
                "only {} of {count} members came in, {} were let go",
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
        let host = u8::try_from(index / PER_ADDRESS + 1).context("too many members")?;
        socket.bind(&SocketAddr::from(([127, 0, 0, host], 0)).into())?;
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
            is_joined,
            is_stalled: false,
            partial: Vec::new(),
            unsent: self.dialect.hello(index, &self.rooms[room]),
        });
        self.flush(index)
    }

    /// These members look at every message; the first of them lets senders go on.
    pub(crate) fn set_probes(&mut self, probes: &[usize]) {
        for index in probes {
            self.members[*index].is_probe = true;
        }
    }

    /// This member reads no more.
    pub(crate) fn stall(&mut self, index: usize) -> Result<()> {
        self.members[index].is_stalled = true;
        self.poll.registry().deregister(&mut self.members[index].stream)?;
        Ok(())
    }

    /// Everybody goes at once.
    pub(crate) fn drop_all(&mut self) {
        self.members.clear();
        self.joined = 0;
    }

    /// Lets each of so many senders have so many messages under way.
    pub(crate) fn set_credit(&mut self, senders: usize, window: u32) {
        self.credit = vec![window; senders];
    }

    /// Says what credit allows, each sender from the member of its number (0 being a probe, they begin
    /// at `first`).
    pub(crate) fn say_all(&mut self, first: usize, bytes: usize) -> Result<()> {
        for sender in 0..self.credit.len() {
            for _ in 0..std::mem::take(&mut self.credit[sender]) {
                self.say(first + sender, sender, bytes);
            }
            self.flush(first + sender)?;
        }
        Ok(())
    }

    /// One member says one message now.
    pub(crate) fn say_one(&mut self, member: usize, bytes: usize) -> Result<()> {
        self.say(member, 0, bytes);
        self.flush(member)
    }

    fn say(&mut self, member: usize, sender: usize, bytes: usize) {
        let mut words = format!("@{sender}:{}:", self.began.elapsed().as_nanos());
        words.extend(std::iter::repeat_n('x', bytes.saturating_sub(words.len())));
        let member = &mut self.members[member];
        self.dialect.say(&self.rooms[member.room], &words, &mut member.unsent);
    }

    /// Writes what has not been taken; while a server does not read, it stays here.
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

    /// Waits for something to hear, at most so long, and hears it.
    pub(crate) fn turn(&mut self, patience: Duration) -> Result<()> {
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            result => result?,
        }
        let tokens: Vec<usize> = self.events.iter().map(|event| event.token().0).collect();
        for index in tokens {
            self.hear(index)?;
        }
        Ok(())
    }

    fn hear(&mut self, index: usize) -> Result<()> {
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
                    self.take_in(index, &buffer[..count])?;
                    // A short read has emptied the socket; the next byte is a new event.
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

    fn take_in(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let member = &mut self.members[index];
        if !member.is_joined {
            member.partial.extend_from_slice(bytes);
            return self.come_in(index);
        }
        self.feeds += memchr::memchr_iter(b'\n', bytes).count() as u64;
        if member.is_probe {
            let mut partial = std::mem::take(&mut member.partial);
            partial.extend_from_slice(bytes);
            let heard = self.began.elapsed().as_nanos();
            let end = memchr::memrchr(b'\n', &partial).map_or(0, |end| end + 1);
            for line in partial[..end].split(|byte| *byte == b'\n') {
                self.look_at(line, heard, index == 0);
            }
            partial.drain(..end);
            self.members[index].partial = partial;
        }
        Ok(())
    }

    fn come_in(&mut self, index: usize) -> Result<()> {
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

    fn look_at(&mut self, line: &[u8], heard: u128, gives_credit: bool) {
        let Some(at) = memchr::memchr(b'@', line) else { return };
        // IRC puts a user@host in front; the message's own mark is followed by digits and a colon.
        let candidates =
            memchr::memchr_iter(b'@', &line[at..]).map(|offset| &line[at + offset + 1..]);
        for candidate in candidates {
            let mut parts = candidate.split(|byte| *byte == b':');
            let number = |part: Option<&[u8]>| {
                std::str::from_utf8(part?).ok().and_then(|digits| digits.parse::<u128>().ok())
            };
            let (Some(sender), Some(said)) = (number(parts.next()), number(parts.next())) else {
                continue;
            };
            self.latencies.push(u64::try_from(heard.saturating_sub(said)).unwrap_or(u64::MAX));
            if gives_credit
                && let Some(credit) =
                    usize::try_from(sender).ok().and_then(|sender| self.credit.get_mut(sender))
            {
                *credit += 1;
            }
            return;
        }
    }

    /// Forgets what has been counted and timed.
    pub(crate) fn reset(&mut self) {
        self.feeds = 0;
        self.bytes = 0;
        self.latencies.clear();
    }

    /// Messages heard by all members together.
    pub(crate) fn deliveries(&self) -> u64 {
        self.feeds / self.dialect.feeds_per_message()
    }
}
