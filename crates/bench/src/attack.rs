//! Hostile peers: a few sockets from one network address that send the same bytes as fast as the server reads them,
//! read the answers, and reconnect when they are closed.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};
use flate2::{Compress, Compression, FlushCompress};

use crate::pairs::connect_from;

/// Bytes of the largest message that the server accepts.
const MESSAGE_BYTES: usize = 64 * 1024;
/// Bytes of the repeated part, in one write.
const WRITE_BYTES: usize = 16 * 1024;
/// Writes to one socket before the next socket has its turn.
const WRITES_IN_A_ROW_MAX: u32 = 8;
/// The pause between two turns when no socket took or gave anything.
const PAUSE: Duration = Duration::from_millis(1);
/// The interval between two connections that replace closed ones.
const RECONNECT_EVERY: Duration = Duration::from_millis(5);

/// What the sockets send.
#[derive(Clone, Debug)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Number of connections at once.
    pub(crate) sockets: usize,
    /// The first bytes on each connection.
    opening: Vec<u8>,
    /// The bytes after that, for ever.
    again: Vec<u8>,
}

/// A running attack.
pub(crate) struct Attackers {
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<Totals>>,
}

/// The totals of an attack.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) bytes: u64,
    pub(crate) connections: u64,
}

impl Attack {
    fn new(name: &'static str, sockets: usize, opening: &[u8], one: &[u8]) -> Self {
        let again = one.repeat((WRITE_BYTES / one.len()).max(1));
        Self { name, sockets, opening: opening.to_vec(), again }
    }

    /// All attacks of the `overload` scenario.
    pub(crate) fn all() -> Vec<Self> {
        let socket = handshake();
        let long = [b"x".repeat(16_000).as_slice(), b"\n"].concat();
        vec![
            Self::new(
                "deflated JSON that is wrong",
                19,
                &socket,
                &deflated(&nested(MESSAGE_BYTES)),
            ),
            Self::new("/help", 19, b"hello\n", b"/help\n"),
            Self::new("empty lines", 19, b"hello\n", b"\n"),
            Self::new("small wrong messages", 19, &socket, &masked(0x81, b"{}")),
            Self::new("large wrong messages", 19, &socket, &masked(0x81, &nested(MESSAGE_BYTES))),
            Self::new("pings", 19, &socket, &masked(0x89, b"")),
            Self::new("telnet negotiations", 19, b"hello\n", &[255, 253, 1]),
            Self::new(
                "HTTP to nowhere",
                19,
                b"",
                b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n",
            ),
            Self::new("HTTP that is none", 19, b"", b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n"),
            Self::new("lines of 16 KB", 40, b"hello\n", &long),
        ]
    }

    /// Starts the attack.
    pub(crate) fn start(&self, port: u16) -> Attackers {
        let is_over = Arc::new(AtomicBool::new(false));
        let (attack, over) = (self.clone(), Arc::clone(&is_over));
        Attackers { is_over, thread: std::thread::spawn(move || attack.run(port, &over)) }
    }

    fn run(&self, port: u16, is_over: &AtomicBool) -> Result<Totals> {
        let mut totals = Totals::default();
        let mut sockets: Vec<Option<Attacker>> = (0..self.sockets).map(|_| None).collect();
        let mut buffer = vec![0; 256 * 1024];
        let mut connected = Instant::now();
        while !is_over.load(Ordering::Relaxed) {
            let mut has_moved = false;
            for slot in &mut sockets {
                match slot {
                    Some(attacker) => match attacker.turn(self, &mut buffer, &mut totals) {
                        Ok(moved) => has_moved |= moved,
                        Err(_) => *slot = None,
                    },
                    None if connected.elapsed() >= RECONNECT_EVERY => {
                        connected = Instant::now();
                        totals.connections += 1;
                        // Whether it was refused or not, the socket tries again.
                        *slot = Attacker::connect(port).ok();
                    }
                    None => {}
                }
            }
            if !has_moved {
                std::thread::sleep(PAUSE);
            }
        }
        Ok(totals)
    }
}

impl Attackers {
    pub(crate) fn stop(self) -> Result<Totals> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("an attack has panicked"))?
    }
}

struct Attacker {
    stream: TcpStream,
    /// Bytes sent of the opening and of everything that follows it.
    at: usize,
}

impl Attacker {
    fn connect(port: u16) -> Result<Self> {
        let stream = connect_from(Ipv4Addr::LOCALHOST, port)?;
        stream.set_nonblocking(true)?;
        Ok(Self { stream, at: 0 })
    }

    /// Reads and writes what the socket allows; returns whether it did either. An error when the connection is closed.
    fn turn(&mut self, attack: &Attack, buffer: &mut [u8], totals: &mut Totals) -> Result<bool> {
        let mut has_moved = false;
        match self.stream.read(buffer) {
            Ok(0) => return Err(anyhow!("closed")),
            Ok(_) => has_moved = true,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        for _ in 0..WRITES_IN_A_ROW_MAX {
            let rest = match self.at.checked_sub(attack.opening.len()) {
                None => &attack.opening[self.at..],
                Some(at) => &attack.again[at % attack.again.len()..],
            };
            match self.stream.write(rest) {
                Ok(count) => {
                    self.at += count;
                    totals.bytes += count as u64;
                    has_moved = true;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(has_moved)
    }
}

fn handshake() -> Vec<u8> {
    let head = b"GET /api/v1/socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    [head.as_slice(), &masked(0x81, br#"{"op":"hello"}"#)].concat()
}

/// A request of so many bytes that the server cannot execute.
fn nested(bytes: usize) -> Vec<u8> {
    let head = br#"{"op":"none","more":["#;
    let arrays = "[],".repeat((bytes - head.len() - 4) / 3);
    [head.as_slice(), arrays.as_bytes(), b"[]]}"].concat()
}

/// A compressed text message (RFC 7692).
fn deflated(text: &[u8]) -> Vec<u8> {
    let mut payload = Vec::with_capacity(text.len() + 64);
    let mut compress = Compress::new(Compression::best(), false);
    let flush = FlushCompress::Sync;
    compress.compress_vec(text, &mut payload, flush).expect("a new stream takes everything");
    payload.truncate(payload.len() - 4);
    masked(0xC1, &payload)
}

/// A client's frame, masked with zeros.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..=125), _) => frame.push(0x80 | length),
        (_, Ok(length)) => {
            frame.push(0x80 | 126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        (_, Err(_)) => {
            frame.push(0x80 | 127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compressed_attack_is_the_largest_message_in_few_bytes() {
        let text = nested(MESSAGE_BYTES);
        assert!((MESSAGE_BYTES - 3..=MESSAGE_BYTES).contains(&text.len()));
        assert!(serde_json::from_slice::<serde_json::Value>(&text).is_ok());
        assert!(deflated(&text).len() < 1000);
    }
}
