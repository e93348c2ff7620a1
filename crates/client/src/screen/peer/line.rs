//! A server that speaks plain lines: the seed's, ours, or any other. Its bytes become [`Lines`] of text that cannot
//! act on a terminal.

use std::collections::VecDeque;
use std::time::Duration;

use teahouse_core::{RoomName, Text};
use teahouse_wire::api::Request;
use teahouse_wire::io_text::without_os_code;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::Peer;
use crate::error::ClientError;
use crate::line::{Lines, UNENDED};
use crate::screen::input::{Input, Keep, LineHappening};

/// The time limit for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of one read.
const READ_BYTES: usize = 16 * 1024;
/// Bytes queued for a server that does not read: a few of the longest messages.
const QUEUE_BYTES_MAX: usize = 256 * 1024;

/// A connection that speaks plain lines.
#[derive(Debug)]
pub struct LineServer {
    address: String,
    state: State,
    lines: Lines,
    /// When the line that has no end yet began to arrive.
    unended_since: Option<Instant>,
    queue: VecDeque<u8>,
    happenings: VecDeque<LineHappening>,
    /// Why the server was not reached.
    unreachable: Option<String>,
    /// Whether the connection ended without the user leaving.
    is_ended_by_server: bool,
    buffer: Box<[u8]>,
}

#[derive(Debug)]
enum State {
    Unconnected,
    Open(TcpStream),
    Ended,
}

/// What ended a wait.
enum Ready {
    Read(std::io::Result<usize>),
    Written(std::io::Result<usize>),
    Unended,
}

impl LineServer {
    /// A server at `HOST:PORT`; it is connected to when [`Peer::next`] is first awaited.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            state: State::Unconnected,
            lines: Lines::default(),
            unended_since: None,
            queue: VecDeque::new(),
            happenings: VecDeque::new(),
            unreachable: None,
            is_ended_by_server: false,
            buffer: vec![0; READ_BYTES].into_boxed_slice(),
        }
    }

    async fn connect(&mut self) {
        let connecting = timeout(CONNECT_TIMEOUT, TcpStream::connect(&self.address)).await;
        let why = match connecting {
            Ok(Ok(stream)) => {
                self.state = State::Open(stream);
                return self.happenings.push_back(LineHappening::Connected(self.address.clone()));
            }
            Ok(Err(error)) => without_os_code(&error),
            Err(_) => "no answer".to_owned(),
        };
        self.unreachable = Some(why.clone());
        self.end(format!("Unable to connect to {}: {why}", self.address));
    }

    fn end(&mut self, why: String) {
        self.is_ended_by_server = true;
        self.take_unended();
        self.state = State::Ended;
        self.happenings.push_back(LineHappening::Ended(why));
    }

    async fn wait(&mut self) {
        let State::Open(stream) = &mut self.state else { return };
        let due = self.unended_since.map(|since| since + UNENDED);
        let (mut reading, mut writing) = stream.split();
        let queued = self.queue.make_contiguous();
        let ready = tokio::select! {
            read = reading.read(&mut self.buffer) => Ready::Read(read),
            written = writing.write(queued), if !queued.is_empty() => Ready::Written(written),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Ready::Unended,
        };
        match ready {
            Ready::Read(Ok(0)) => self.end("Disconnected from chat server".to_owned()),
            Ready::Read(Ok(count)) => self.receive(count),
            Ready::Written(Ok(count)) => drop(self.queue.drain(..count)),
            Ready::Read(Err(error)) | Ready::Written(Err(error)) => {
                let why = without_os_code(&error);
                self.end(format!("Disconnected from chat server: {why}"));
            }
            Ready::Unended => self.take_unended(),
        }
    }

    /// Handles so many bytes of the buffer.
    fn receive(&mut self, count: usize) {
        let lines = self.lines.take_in(&self.buffer[..count]);
        self.happenings.extend(lines.into_iter().map(LineHappening::Received));
        self.unended_since = self.lines.has_unended().then(Instant::now);
    }

    fn take_unended(&mut self) {
        self.unended_since = None;
        let line = self.lines.take_unended();
        self.happenings.extend(line.map(LineHappening::Received));
    }
}

impl Peer for LineServer {
    async fn next(&mut self) -> Option<Input> {
        loop {
            if let Some(happening) = self.happenings.pop_front() {
                return Some(Input::Line(happening));
            }
            match &self.state {
                State::Unconnected => self.connect().await,
                State::Open(_) => self.wait().await,
                State::Ended => return None,
            }
        }
    }

    fn ask(&mut self, _: u64, _: Request) {}

    fn say(&mut self, _: &RoomName, _: &Text, _: bool) {}

    fn join(&mut self, _: &RoomName) {}

    fn leave(&mut self, _: &RoomName) {}

    fn send_line(&mut self, line: &str) {
        if self.queue.len() + line.len() < QUEUE_BYTES_MAX {
            self.queue.extend(line.bytes().chain(*b"\n"));
        } else {
            self.end("Disconnected: the server reads nothing".to_owned());
        }
    }

    fn keep(&mut self, _: Keep) {}

    fn is_hopeless(&self) -> bool {
        self.unreachable.is_some()
    }

    fn ending(&self) -> Result<(), ClientError> {
        if let Some(what) = self.unreachable.clone() {
            return Err(ClientError::Unreachable { server: self.address.clone(), what });
        }
        if self.is_ended_by_server { Err(ClientError::Disconnected) } else { Ok(()) }
    }

    fn bye(&mut self) {
        self.state = State::Ended;
    }
}
