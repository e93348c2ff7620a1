//! An HTTP client that shows what it received: status, headers and body, or the lines of a body that goes on.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::schema;
use crate::server::PATIENCE;

/// One HTTP connection.
pub(crate) struct Visitor {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a header; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request on a connection of its own. Its answer is checked against the description of the api.
pub(crate) fn request(port: u16, method: &str, target: &str, more: &str, body: &str) -> Answer {
    let mut visitor = Visitor::connect(port);
    visitor.ask(method, target, more, body);
    let answer = visitor.answer(method == "HEAD");
    schema::check_answer(method, target, &answer);
    answer
}

pub(crate) fn get(port: u16, target: &str) -> Answer {
    request(port, "GET", target, "", "")
}

pub(crate) fn post(port: u16, target: &str, body: &str) -> Answer {
    request(port, "POST", target, "", body)
}

impl Visitor {
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, unread: Vec::new() }
    }

    /// All metrics of a server.
    pub(crate) fn scrape(admin_port: u16) -> String {
        let mut visitor = Self::connect(admin_port);
        visitor.ask("GET", "/metrics", "Accept: application/openmetrics-text\r\n", "");
        let answer = visitor.answer(false);
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
        answer.text().to_owned()
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The bytes that have come so far, without waiting for more.
    pub(crate) fn unread_now(&mut self) -> &[u8] {
        self.read(Duration::from_millis(1));
        &self.unread
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends a request; `more` is header lines, each with its line end.
    pub(crate) fn ask(&mut self, method: &str, target: &str, more: &str, body: &str) {
        let length = match body.len() {
            0 if method != "POST" => String::new(),
            bytes => format!("Content-Length: {bytes}\r\n"),
        };
        let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{length}{more}\r\n");
        self.send(head.as_bytes());
        self.send(body.as_bytes());
    }

    /// Reads the head of an answer.
    pub(crate) fn head(&mut self) -> Answer {
        let end = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break end;
            }
            assert!(self.read(PATIENCE), "ended in {:?}", String::from_utf8_lossy(&self.unread));
        };
        let head: Vec<u8> = self.unread.drain(..end + 4).collect();
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        Answer { status, headers, body: Vec::new() }
    }

    /// Reads a whole answer.
    pub(crate) fn answer(&mut self, is_head: bool) -> Answer {
        let mut answer = self.head();
        assert_eq!(answer.header("transfer-encoding"), "", "it has an end: {answer:?}");
        let length = answer.header("content-length").parse().unwrap_or(0);
        let length: usize = if is_head { 0 } else { length };
        while self.unread.len() < length {
            assert!(self.read(PATIENCE), "ended within a body");
        }
        answer.body = self.unread.drain(..length).collect();
        answer
    }

    /// Whether the server closes the connection in this time.
    pub(crate) fn ends_within(&mut self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while let Some(left) = deadline.checked_duration_since(Instant::now()) {
            if !self.read(left) {
                return true;
            }
        }
        false
    }

    /// Waits for more bytes; `false` when there are none.
    pub(crate) fn wait(&mut self) -> bool {
        self.read(PATIENCE)
    }

    /// Drops bytes that the test has looked at.
    pub(crate) fn take(&mut self, count: usize) {
        self.unread.drain(..count);
    }

    pub(crate) fn unread(&self) -> &[u8] {
        &self.unread
    }

    /// Reads once, waiting at most `patience`; `false` at the end.
    fn read(&mut self, patience: Duration) -> bool {
        self.stream.set_read_timeout(Some(patience.max(Duration::from_millis(1)))).unwrap();
        let mut buffer = [0; 64 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                assert!(patience < PATIENCE, "nothing came in {patience:?}");
                true
            }
            Err(error) if error.kind() == ErrorKind::ConnectionReset => false,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The body of an answer that goes on, line by line.
pub(crate) struct Following {
    visitor: Visitor,
    /// Bytes decoded and not yet looked at.
    body: Vec<u8>,
}

/// One server-sent event.
#[derive(Debug)]
pub(crate) struct ServerSentEvent {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

impl Following {
    /// Sends a request and waits until the answer has begun.
    pub(crate) fn open(port: u16, target: &str, more: &str) -> Self {
        let mut visitor = Visitor::connect(port);
        visitor.ask("GET", target, more, "");
        let head = visitor.head();
        assert_eq!(head.status, 200, "{head:?}");
        assert_eq!(head.header("transfer-encoding"), "chunked");
        Self { visitor, body: Vec::new() }
    }

    /// Follows a room as server-sent events, after an id or from now on; returns the first event too.
    pub(crate) fn events(port: u16, room: &str, after: Option<&str>) -> (Self, ServerSentEvent) {
        let more = after.map(|id| format!("Last-Event-ID: {id}\r\n")).unwrap_or_default();
        let mut following = Self::open(port, &format!("/api/v1/rooms/{room}/events"), &more);
        let begin = following.next().unwrap();
        assert_eq!(begin.name, "begin");
        (following, begin)
    }

    /// The next line; `None` at the end.
    pub(crate) fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = find(&self.body, b"\n") {
                let line: Vec<u8> = self.body.drain(..=end).collect();
                return Some(String::from_utf8(line[..end].to_vec()).unwrap());
            }
            if !self.chunk() {
                return None;
            }
        }
    }

    /// Reads one chunk (RFC 9112, section 7.1) into the body; `false` at the end.
    fn chunk(&mut self) -> bool {
        loop {
            let unread = &self.visitor.unread;
            if let Some(end) = find(unread, b"\r\n") {
                let size = std::str::from_utf8(&unread[..end]).unwrap();
                let size = usize::from_str_radix(size, 16).unwrap();
                let whole = end + 2 + size + 2;
                if unread.len() >= whole {
                    let chunk: Vec<u8> = self.visitor.unread.drain(..whole).collect();
                    self.body.extend_from_slice(&chunk[end + 2..whole - 2]);
                    return size > 0;
                }
            }
            if !self.visitor.read(PATIENCE) {
                return false;
            }
        }
    }

    /// The next server-sent event, without the comments that only show that the server is there.
    pub(crate) fn next(&mut self) -> Option<ServerSentEvent> {
        let (mut name, mut id, mut data) = (String::new(), None, Value::Null);
        loop {
            let line = self.line()?;
            match line.split_once(": ") {
                Some(("event", value)) => value.clone_into(&mut name),
                Some(("id", value)) => id = Some(value.to_owned()),
                Some(("data", value)) => data = serde_json::from_str(value).unwrap(),
                _ if line.is_empty() && !name.is_empty() => {
                    let event = ServerSentEvent { name, id, data };
                    schema::check_server_sent_event(&event);
                    return Some(event);
                }
                _ => assert!(line.is_empty() || line == ":", "{line:?}"),
            }
        }
    }

    /// The next event of the room's history.
    pub(crate) fn event(&mut self) -> ServerSentEvent {
        loop {
            let event = self.next().expect("it goes on");
            if event.name == "event" {
                return event;
            }
        }
    }

    /// Breaks the connection.
    pub(crate) fn break_off(self) {
        socket2::SockRef::from(self.visitor.stream()).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}
