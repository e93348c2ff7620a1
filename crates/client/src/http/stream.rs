//! The stream of a room's events: parses server-sent events (WHATWG HTML, section 9.2) as they arrive.

use std::collections::VecDeque;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use teahouse_wire::api::{Epoch, Event, Failure, received};
use tokio::time::timeout;

use super::request_error::{RequestError, broken_error};
use crate::link::display;
use crate::link::limits::MESSAGE_BYTES_MAX;

/// How long a server may be silent. It sends a sign of life every 20 s.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// An open stream of a room's events.
#[derive(Debug)]
pub(crate) struct RoomStream {
    body: Incoming,
    parser: Parser,
    items: VecDeque<StreamItem>,
}

/// One item of the stream.
#[derive(Debug, PartialEq)]
pub(crate) enum StreamItem {
    /// The start of the stream.
    Begin(Begin),
    /// An event of the room's history.
    Event(Box<Event>),
    /// An event that this client cannot read, with the reason.
    Unreadable(String),
    /// A notice of the server to all clients.
    Notice(String),
    /// The server refuses to stream the room.
    Refused(Failure),
}

/// Where the stream starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Begin {
    /// Whether the stream starts right after the requested event.
    pub(crate) complete: bool,
    /// The epoch of the history.
    pub(crate) epoch: Option<Epoch>,
    /// The room's first stored event; an older server does not send it.
    pub(crate) first: Option<u64>,
}

impl RoomStream {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, parser: Parser::default(), items: VecDeque::new() }
    }

    /// The id of the last complete event, to continue after it.
    pub(crate) fn id(&self) -> Option<&str> {
        self.parser.id.as_deref()
    }

    /// Waits for the next item. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Result<StreamItem, RequestError> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Ok(item);
            }
            let frame = timeout(SILENCE_MAX, self.body.frame()).await;
            let frame = frame.map_err(|_| broken_error("the server fell silent"))?;
            let frame = frame.ok_or_else(|| broken_error("the server closed the connection"))?;
            let frame = frame.map_err(|_| broken_error("the connection broke off"))?;
            if let Ok(bytes) = frame.into_data() {
                self.parser.take_in(&bytes, &mut self.items)?;
            }
        }
    }
}

/// Parses bytes into items. The result does not depend on where the bytes are cut.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    name: String,
    data: String,
    /// The id of the event that is being read.
    next_id: Option<String>,
    /// The id of the last complete event.
    id: Option<String>,
}

impl Parser {
    fn take_in(
        &mut self,
        bytes: &[u8],
        items: &mut VecDeque<StreamItem>,
    ) -> Result<(), RequestError> {
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                self.take_line(line.trim_end_matches('\r'), items);
            } else {
                self.line.push(*byte);
            }
            if self.line.len() + self.data.len() > MESSAGE_BYTES_MAX {
                return Err(broken_error(format!(
                    "an event has more than {MESSAGE_BYTES_MAX} bytes"
                )));
            }
        }
        Ok(())
    }

    fn take_line(&mut self, line: &str, items: &mut VecDeque<StreamItem>) {
        if line.is_empty() {
            self.id = self.next_id.take().or_else(|| self.id.take());
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            items.extend(parse_item(&name, data.trim_end_matches('\n')));
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "id" => self.next_id = Some(value.to_owned()),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            _ => {}
        }
    }
}

/// Parses one item; `None` for an unknown kind, which is skipped.
fn parse_item(name: &str, data: &str) -> Option<StreamItem> {
    #[derive(Deserialize)]
    struct Notice {
        text: String,
    }
    match name {
        "begin" => received(data.as_bytes()).ok().map(StreamItem::Begin),
        "event" => Some(match received(data.as_bytes()) {
            Ok(event) => StreamItem::Event(Box::new(event)),
            Err(error) => StreamItem::Unreadable(display(&error.to_string())),
        }),
        "error" => {
            let failure: Failure = received(data.as_bytes()).ok()?;
            let message = display(&failure.message);
            Some(StreamItem::Refused(Failure { message, ..failure }))
        }
        "notice" => {
            let Notice { text } = received(data.as_bytes()).ok()?;
            Some(StreamItem::Notice(display(&text)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cut_anywhere_give_the_same_items_and_unknown_kinds_are_skipped() {
        let event = r#"{"room":"tea","position":1,"epoch":"0123456789abcdef","time_ms":5,
            "sender":{"nick":"bob","session":"1"},"kind":"said","text":"hi"}"#
            .replace('\n', "");
        let stream = format!(
            "id: e-0\r\nevent: begin\ndata: {{\"complete\":true}}\n\n:\n\nevent: fireworks\ndata: 1\n\n\
             id: e-1-5\nevent: event\ndata: {event}\n\nevent: notice\ndata: {{\"text\":\"\\u001b[2J\"}}\n\n\
             id: e-2\nevent: event\ndata: {{}}\n\nid: e-3\nevent: event\ndata: brok"
        );
        for cut in 1..stream.len() {
            let (mut parser, mut items) = (Parser::default(), VecDeque::new());
            for part in stream.as_bytes().chunks(cut) {
                parser.take_in(part, &mut items).unwrap();
            }
            assert_eq!(items.len(), 4, "{items:?}");
            assert_eq!(
                items[0],
                StreamItem::Begin(Begin { complete: true, epoch: None, first: None })
            );
            assert!(matches!(&items[1], StreamItem::Event(event) if event.position == 1));
            assert_eq!(items[2], StreamItem::Notice("\u{fffd}[2J".to_owned()));
            assert!(matches!(items[3], StreamItem::Unreadable(_)));
            assert_eq!(parser.id.as_deref(), Some("e-2"), "the id of the last complete event");
        }
    }
}
