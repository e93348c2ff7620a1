//! A server that speaks plain lines: the seed's own, ours, or any other. Its bytes become lines of text that
//! cannot act on a terminal.

use std::collections::VecDeque;
use std::time::Duration;

use teahouse_core::{RoomName, Text};
use teahouse_editor::harmless;
use teahouse_wire::api::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use super::Peer;
use crate::error::ClientError;
use crate::screen::input::{Input, Keep, LineHappening};

/// How long to try to reach the server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// Bytes of a line without an end: what comes before it is shown then.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// Bytes that wait to be written: a few of the longest messages, for a server that does not read.
const QUEUE_BYTES_MAX: usize = 256 * 1024;
/// A line without an end is shown after this long: a question such as `name: ` has none.
const UNENDED: Duration = Duration::from_millis(300);

/// A connection that speaks plain lines.
#[derive(Debug)]
pub struct LineServer {
    address: String,
    state: State,
    lines: Lines,
    /// What has arrived of a line without its end, and since when.
    unended_since: Option<Instant>,
    queue: VecDeque<u8>,
    happenings: VecDeque<LineHappening>,
    /// Why it was not reached.
    unreachable: Option<String>,
    /// It ended, and not because we left.
    is_shut: bool,
    buffer: Box<[u8]>,
}

#[derive(Debug)]
enum State {
    Closed,
    Open(TcpStream),
    Over,
}

/// One turn of waiting.
enum Turn {
    Read(std::io::Result<usize>),
    Written(std::io::Result<usize>),
    Unended,
}

impl LineServer {
    /// A server at `HOST:PORT`; connected when [`Peer::next`] is first awaited.
    #[must_use]
    pub fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            state: State::Closed,
            lines: Lines::default(),
            unended_since: None,
            queue: VecDeque::new(),
            happenings: VecDeque::new(),
            unreachable: None,
            is_shut: false,
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
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        self.unreachable = Some(why.clone());
        self.end(format!("Unable to connect to {}: {why}", self.address));
    }

    fn end(&mut self, why: String) {
        self.is_shut = true;
        self.take_unended();
        self.state = State::Over;
        self.happenings.push_back(LineHappening::Ended(why));
    }

    async fn turn(&mut self) {
        let State::Open(stream) = &mut self.state else { return };
        let due = self.unended_since.map(|since| since + UNENDED);
        let (mut reading, mut writing) = stream.split();
        let queued = self.queue.make_contiguous();
        let turn = tokio::select! {
            read = reading.read(&mut self.buffer) => Turn::Read(read),
            written = writing.write(queued), if !queued.is_empty() => Turn::Written(written),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Turn::Unended,
        };
        match turn {
            Turn::Read(Ok(0)) => self.end("Disconnected from chat server".to_owned()),
            Turn::Read(Ok(count)) => self.take_in(count),
            Turn::Written(Ok(count)) => drop(self.queue.drain(..count)),
            Turn::Read(Err(error)) | Turn::Written(Err(error)) => {
                self.end(format!("Disconnected from chat server: {error}"));
            }
            Turn::Unended => self.take_unended(),
        }
    }

    /// Takes in so many bytes of the buffer.
    fn take_in(&mut self, count: usize) {
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
                State::Closed => self.connect().await,
                State::Open(_) => self.turn().await,
                State::Over => return None,
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
        if self.is_shut { Err(ClientError::Disconnected) } else { Ok(()) }
    }

    fn bye(&mut self) {
        self.state = State::Over;
    }
}

/// Bytes to lines: telnet's commands and what acts on terminals is taken out, whatever is cut where.
#[derive(Debug, Default)]
struct Lines {
    unended: Vec<u8>,
    skipping: Skipping,
}

/// What of a telnet command is still to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Skipping {
    #[default]
    Nothing,
    /// After IAC.
    Command,
    /// The option of WILL, WONT, DO or DONT.
    Option,
    /// A subnegotiation, up to IAC SE.
    Sub,
    /// In one, after IAC.
    SubCommand,
}

const IAC: u8 = 255;
const SB: u8 = 250;
const SE: u8 = 240;

impl Lines {
    fn take_in(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for byte in bytes {
            if let Some(byte) = self.skip(*byte) {
                let is_end = byte == b'\n';
                if !is_end {
                    self.unended.push(byte);
                }
                if is_end || self.unended.len() >= LINE_BYTES_MAX {
                    lines.push(shown(&std::mem::take(&mut self.unended)));
                }
            }
        }
        lines
    }

    /// The byte, if it belongs to the text (RFC 854).
    fn skip(&mut self, byte: u8) -> Option<u8> {
        let (next, passed) = match (self.skipping, byte) {
            (Skipping::Nothing, IAC) => (Skipping::Command, None),
            (Skipping::Nothing, _) => (Skipping::Nothing, Some(byte)),
            (Skipping::Command, 251..=254) => (Skipping::Option, None),
            (Skipping::Command, SB) => (Skipping::Sub, None),
            (Skipping::Command | Skipping::Option, _) | (Skipping::SubCommand, SE) => {
                (Skipping::Nothing, None)
            }
            (Skipping::Sub, IAC) => (Skipping::SubCommand, None),
            (Skipping::Sub | Skipping::SubCommand, _) => (Skipping::Sub, None),
        };
        self.skipping = next;
        passed
    }

    fn has_unended(&self) -> bool {
        !self.unended.is_empty()
    }

    fn take_unended(&mut self) -> Option<String> {
        let line = shown(&std::mem::take(&mut self.unended));
        (!line.trim().is_empty()).then_some(line)
    }
}

/// A line as it may be shown: without colours and other sequences, and without control characters. The seed
/// begins its lines with a return, to overwrite the prompt of its client.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = without_sequences(&text);
    harmless(text.trim_matches('\r')).replace('\n', " ")
}

/// Takes out `ESC [ … letter`, so that colours do not leave their numbers behind.
fn without_sequences(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_final = |c: char| ('\u{40}'..='\u{7e}').contains(&c);
        let after = part.find(is_final).map_or("", |at| &part[at + 1..]);
        clean.push_str(after);
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8], cut: usize) -> Vec<String> {
        let mut lines = Lines::default();
        let mut taken: Vec<_> = bytes.chunks(cut).flat_map(|part| lines.take_in(part)).collect();
        taken.extend(lines.take_unended());
        taken
    }

    #[test]
    fn bytes_cut_anywhere_are_the_same_lines() {
        let bytes = "\r<127.0.0.1:4000> 你好\r\n\u{1b}[31mred\u{1b}[0m\u{7}\nname: ".as_bytes();
        for cut in 1..bytes.len() {
            assert_eq!(lines(bytes, cut), ["<127.0.0.1:4000> 你好", "red", "name: "]);
        }
    }

    #[test]
    fn telnet_commands_are_not_text() {
        let bytes = b"\xff\xfb\x01hi\xff\xfa\x18\x01\xff\xf0 you\xff\xf1\n";
        for cut in 1..bytes.len() {
            assert_eq!(lines(bytes, cut), ["hi you"]);
        }
    }
}
