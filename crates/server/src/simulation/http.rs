//! What comes over HTTP, without HTTP: those who follow a room, whose bytes are fetched, and visits, which are answered
//! once.

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

/// Somebody who follows a room: with `curl`, or with an `EventSource`, which comes back with the last event it has.
pub(super) struct Follower {
    is_stream: bool,
    pub(super) room: String,
    /// The last event it has, over all its connections: its position and its words.
    pub(super) last: Option<(u64, String)>,
    /// Where this connection begins, once that was told.
    pub(super) begin: Option<u64>,
    /// What an `EventSource` has heard on this connection.
    pub(super) events: Vec<(u64, String)>,
    /// What `curl` has heard on this connection.
    pub(super) lines: Line,
    /// What the data is that comes next.
    kind: String,
}

/// The body of a response that goes on, and what fetches it.
pub(super) struct Body {
    pub(super) task: Arc<Task>,
    /// The peer took no more when it was looked at last.
    pub(super) is_stalled: bool,
    /// It is fetched no more.
    pub(super) is_over: bool,
}

impl Body {
    pub(super) fn new() -> Self {
        Self { task: Arc::default(), is_stalled: true, is_over: false }
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

    /// It has a new connection.
    pub(super) fn connect(&mut self) {
        self.begin = None;
        self.events.clear();
        self.lines = Line::default();
    }

    pub(super) fn hear(&mut self, line: &str) {
        if !self.is_stream {
            return self.lines.hear(line);
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

/// Visits under way.
#[derive(Default)]
pub(super) struct Visits {
    pub(super) under_way: Vec<UnderWay>,
    /// Posted, and nobody waited for what came of it: to be posted again under the same number.
    pub(super) unsure: Vec<(u32, RoomName)>,
}

/// One of them.
pub(super) struct UnderWay {
    pub(super) shard: usize,
    pub(super) visiting: VisitHandle,
    /// What is posted, and where.
    pub(super) post: Option<(u32, RoomName)>,
}
