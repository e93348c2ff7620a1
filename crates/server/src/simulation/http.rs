//! HTTP clients without HTTP: followers, whose bytes are fetched, and visits, which are answered once.

use std::sync::Arc;

use serde_json::Value;
use teahouse_core::{Position, RoomName};
use teahouse_wire::ProtocolSession;
use teahouse_wire::line::LineFollower;
use teahouse_wire::stream::StreamSession;

use super::line::Line;
use super::socket::Task;
use super::words::ROOMS;
use crate::shard::VisitHandle;

/// A client that follows a room: `curl`, or an `EventSource`, which comes back with the last event it has.
pub(super) struct Follower {
    is_stream: bool,
    pub(super) room: String,
    /// The last event it has, over all its connections: position and words.
    pub(super) last: Option<(u64, String)>,
    /// Where this connection begins, once the server has told it.
    pub(super) begin: Option<u64>,
    /// The events that an `EventSource` has received on this connection.
    pub(super) events: Vec<(u64, String)>,
    /// The lines that `curl` has received on this connection.
    pub(super) lines: Line,
    /// The kind of the data that comes next.
    kind: String,
}

/// The body of an endless response, and the task that fetches it.
pub(super) struct Body {
    pub(super) task: Arc<Task>,
    /// Whether the peer took no more at the last attempt.
    pub(super) is_stalled: bool,
    /// Whether it is no longer fetched.
    pub(super) is_closed: bool,
}

impl Body {
    pub(super) fn new() -> Self {
        Self { task: Arc::default(), is_stalled: true, is_closed: false }
    }
}

impl Follower {
    pub(super) fn new(is_stream: bool) -> Self {
        Self {
            is_stream,
            room: ROOMS[0].to_owned(),
            last: None,
            begin: None,
            events: Vec::new(),
            lines: Line::default(),
            kind: String::new(),
        }
    }

    pub(super) fn is_stream(&self) -> bool {
        self.is_stream
    }

    pub(super) fn session(&self) -> Box<dyn ProtocolSession> {
        match self.is_stream {
            true => {
                let after = self.last.as_ref().map(|(last, _)| Position(*last));
                Box::new(StreamSession { after, last: None })
            }
            false => Box::new(LineFollower),
        }
    }

    /// The client has a new connection.
    pub(super) fn connect(&mut self) {
        self.begin = None;
        self.events.clear();
        self.lines = Line::default();
    }

    pub(super) fn receive_line(&mut self, line: &str) {
        if !self.is_stream {
            return self.lines.receive_line(line);
        }
        if let Some(kind) = line.strip_prefix("event: ") {
            self.kind = kind.trim_end().to_owned();
        }
        let Some(data) = line.strip_prefix("data: ") else { return };
        let data: Value = serde_json::from_str(data).expect("it is JSON");
        let position = data["position"].as_u64();
        match self.kind.as_str() {
            "begin" => {
                let at = position.expect("it says where it begins");
                let before = self.last.take().filter(|_| data["complete"] == true);
                self.begin = Some(before.as_ref().map_or(at, |(last, _)| *last));
                self.last = before;
            }
            "event" => {
                let position = position.expect("events have positions");
                let begin = self.begin.expect("it has begun");
                let before = self.events.last().map_or(begin, |(last, _)| *last);
                assert_eq!(position, before + 1, "P4: {} over HTTP", self.room);
                let words = data["text"].as_str().unwrap_or_default().to_owned();
                self.last = Some((position, words.clone()));
                self.events.push((position, words));
            }
            _ => {}
        }
    }
}

/// Visits in flight.
#[derive(Default)]
pub(super) struct Visits {
    pub(super) in_flight: Vec<InFlight>,
    /// Messages posted without waiting for the result. They are posted again under the same number.
    pub(super) unsure: Vec<(u32, RoomName)>,
}

/// A visit in flight.
pub(super) struct InFlight {
    pub(super) shard: usize,
    pub(super) handle: VisitHandle,
    /// The number of the message and its room, if the visit posts one.
    pub(super) post: Option<(u32, RoomName)>,
}
