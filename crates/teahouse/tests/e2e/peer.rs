//! A member on a plain socket: it says lines and waits for lines.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::server::PATIENCE;

pub(crate) struct Peer {
    stream: TcpStream,
    /// Bytes received and not yet read as lines.
    unread: Vec<u8>,
    /// All lines read, for messages when a test fails.
    seen: Vec<u8>,
}

impl Peer {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new(), seen: Vec::new() }
    }

    pub(crate) fn say(&mut self, line: &str) {
        self.send(format!("{line}\n").as_bytes());
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next line, without its end; `None` at the end of the stream.
    pub(crate) fn line(&mut self) -> Option<String> {
        self.line_within(PATIENCE).unwrap_or_else(|| {
            panic!("nothing came in {PATIENCE:?} after:\n{}", String::from_utf8_lossy(&self.seen))
        })
    }

    /// The next line: `None` when nothing came in time, `Some(None)` at the end of the stream.
    #[expect(clippy::option_option, reason = "late and ended are different things")]
    pub(crate) fn line_within(&mut self, patience: Duration) -> Option<Option<String>> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                self.seen.extend_from_slice(&line);
                let keep = self.seen.len().saturating_sub(4096);
                self.seen.drain(..keep);
                return Some(Some(String::from_utf8(line[..end].to_vec()).unwrap()));
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            self.stream.set_read_timeout(Some(left.max(Duration::from_millis(1)))).unwrap();
            let mut buffer = [0; 64 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return Some(None),
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return Some(None),
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Reads until a line contains `part`, and returns that line.
    pub(crate) fn expect(&mut self, part: &str) -> String {
        loop {
            let line = self.line().unwrap_or_else(|| {
                panic!("ended before {part:?}:\n{}", String::from_utf8_lossy(&self.seen))
            });
            if line.contains(part) {
                return line;
            }
        }
    }

    /// Reads until the server closes; returns all lines.
    pub(crate) fn rest(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.line()).collect()
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// Closes the sending half.
    pub(crate) fn finish(&self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// Closes with a reset instead of an orderly close.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).unwrap();
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Checks that no line contains `part` before a message of `other`, who says one now.
    pub(crate) fn expect_none_before(&mut self, part: &str, other: &mut Peer, marker: &str) {
        other.say(marker);
        loop {
            let line = self.line().unwrap();
            assert!(!line.contains(part), "{line:?} came");
            if line.contains(marker) {
                return;
            }
        }
    }
}
