//! A room that is followed: server-sent events (WHATWG HTML, section 9.2) taken apart as they come.

use std::collections::VecDeque;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde::Deserialize;
use teahouse_wire::api::{Epoch, Event, Failure, received};
use tokio::time::timeout;

use super::missed::{Missed, broken};
use crate::link::display;
use crate::link::limits::MESSAGE_BYTES_MAX;

/// How long a server may be silent: it shows every 20 s that it is there.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// The answer that goes on while a room is followed.
#[derive(Debug)]
pub(crate) struct Following {
    body: Incoming,
    parser: Parser,
    told: VecDeque<Told>,
}

/// One thing that is told of a room.
#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    /// Where what follows begins.
    Begins(Begin),
    /// Something of its history.
    Event(Box<Event>),
    /// An event that this client cannot read, and why.
    Strange(String),
    /// The server says something to everyone.
    Notice(String),
    /// The room cannot be followed.
    Refused(Failure),
}

/// Where what follows of a room begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Begin {
    /// Right after what we have, or (`false`) it could not.
    pub(crate) complete: bool,
    /// Of which history it is.
    pub(crate) epoch: Option<Epoch>,
    /// The room's first event that is kept; an older server does not say.
    pub(crate) first: Option<u64>,
}

impl Following {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, parser: Parser::default(), told: VecDeque::new() }
    }

    /// The id to go on after, if one was given.
    pub(crate) fn id(&self) -> Option<&str> {
        self.parser.id.as_deref()
    }

    /// The next thing. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Told, Missed> {
        loop {
            if let Some(told) = self.told.pop_front() {
                return Ok(told);
            }
            let frame = timeout(SILENCE_MAX, self.body.frame()).await;
            let frame = frame.map_err(|_| broken("the server fell silent"))?;
            let frame = frame.ok_or_else(|| broken("the server closed the connection"))?;
            let frame = frame.map_err(|_| broken("the connection broke off"))?;
            if let Ok(bytes) = frame.into_data() {
                self.parser.take_in(&bytes, &mut self.told)?;
            }
        }
    }
}

/// Bytes to what they tell.
#[derive(Debug, Default)]
struct Parser {
    line: Vec<u8>,
    name: String,
    data: String,
    /// Of the event that is being read.
    next_id: Option<String>,
    id: Option<String>,
}

impl Parser {
    fn take_in(&mut self, bytes: &[u8], told: &mut VecDeque<Told>) -> Result<(), Missed> {
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                self.take_line(line.trim_end_matches('\r'), told);
            } else {
                self.line.push(*byte);
            }
            if self.line.len() + self.data.len() > MESSAGE_BYTES_MAX {
                return Err(broken(format!("an event has more than {MESSAGE_BYTES_MAX} bytes")));
            }
        }
        Ok(())
    }

    fn take_line(&mut self, line: &str, told: &mut VecDeque<Told>) {
        if line.is_empty() {
            self.id = self.next_id.take().or_else(|| self.id.take());
            let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
            told.extend(read(&name, data.trim_end_matches('\n')));
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

/// What an event tells; `None` for what is passed over.
fn read(name: &str, data: &str) -> Option<Told> {
    #[derive(Deserialize)]
    struct Notice {
        text: String,
    }
    match name {
        "begin" => received(data.as_bytes()).ok().map(Told::Begins),
        "event" => Some(match received(data.as_bytes()) {
            Ok(event) => Told::Event(Box::new(event)),
            Err(error) => Told::Strange(display(&error.to_string())),
        }),
        "error" => {
            let failure: Failure = received(data.as_bytes()).ok()?;
            let message = display(&failure.message);
            Some(Told::Refused(Failure { message, ..failure }))
        }
        "notice" => {
            let Notice { text } = received(data.as_bytes()).ok()?;
            Some(Told::Notice(display(&text)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_cut_anywhere_tell_the_same_and_what_is_not_known_is_passed_over() {
        let event = r#"{"room":"tea","position":1,"epoch":"0123456789abcdef","time_ms":5,
            "sender":{"nick":"bob","session":"1"},"kind":"said","text":"hi"}"#
            .replace('\n', "");
        let stream = format!(
            "id: e-0\r\nevent: begin\ndata: {{\"complete\":true}}\n\n:\n\nevent: fireworks\ndata: 1\n\n\
             id: e-1-5\nevent: event\ndata: {event}\n\nevent: notice\ndata: {{\"text\":\"\\u001b[2J\"}}\n\n\
             id: e-2\nevent: event\ndata: {{}}\n\nid: e-3\nevent: event\ndata: brok"
        );
        for cut in 1..stream.len() {
            let (mut parser, mut told) = (Parser::default(), VecDeque::new());
            for part in stream.as_bytes().chunks(cut) {
                parser.take_in(part, &mut told).unwrap();
            }
            assert_eq!(told.len(), 4, "{told:?}");
            assert_eq!(told[0], Told::Begins(Begin { complete: true, epoch: None, first: None }));
            assert!(matches!(&told[1], Told::Event(event) if event.position == 1));
            assert_eq!(told[2], Told::Notice("\u{fffd}[2J".to_owned()));
            assert!(matches!(told[3], Told::Strange(_)));
            assert_eq!(
                parser.id.as_deref(),
                Some("e-2"),
                "of what was told, not of what broke off"
            );
        }
    }
}
