//! `teahouse tail`: prints what is said in a room, as it is said. For scripts and for the eye.

mod since;

use std::io::{ErrorKind, Write};
use std::time::Duration;

use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::{
    Code, Event, Failure, History, HistoryPage, Joined, Message, Part, Ref, Request, Sent,
};
use tokio::time::Instant;

use crate::error::ClientError;
use crate::link::limits::TOO_FAST_PAUSE;
use crate::link::{Config, Happening, Link, Protocol, Server, State};
use crate::render;
use crate::signal::{Signal, block_on, past};

pub use since::Since;

/// Events in one page of history, the most the api gives.
const PAGE_EVENTS_MAX: u32 = 200;

/// What to print, from where on and how.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Which house.
    pub server: Server,
    /// What one wants to be called; otherwise a guest.
    pub nick: Option<Nick>,
    /// Which room.
    pub room: RoomName,
    /// From where on; without it, the last few and what follows.
    pub since: Option<Since>,
    /// Whether to print each event as the api's JSON, one a line.
    pub json: bool,
}

/// Prints until it is interrupted or nobody reads what is printed any more, which is no error. A connection
/// that breaks is tried again for ever, and every event is printed once, in order. What happens to the
/// connection, and what could not be printed, is written to `complaints`.
///
/// # Errors
/// When the server cannot be reached at all, does not let us in, or ends the conversation.
pub fn tail(tail: Tail, output: impl Write, complaints: impl Write) -> Result<(), ClientError> {
    if tail.server.protocol == Protocol::Line {
        let what = format!("{} speaks plain lines, which have no history", tail.server);
        return Err(ClientError::Usage { what });
    }
    let Tail { server, nick, room, since, json } = tail;
    let config = Config { nick, rooms: vec![room.clone()], ..Config::new(server) };
    let stage = Stage::Entering;
    let signal = Signal::default();
    let tailing = Tailing {
        output,
        complaints,
        json,
        room,
        since,
        stage,
        printed: 0,
        head: 0,
        asked: None,
        again: None,
        signal,
    };
    block_on(tailing.run(config))
}

/// How far we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Not in the room yet.
    Entering,
    /// Looking for the first event of a time: after `low`, and not after the one that follows `high`.
    Seeking { low: u64, high: u64, time_ms: i64 },
    /// Printing history, in pages. What happens meanwhile is history by the time it is reached.
    Reading,
    /// Printing what happens.
    Following,
}

struct Tailing<W, C> {
    output: W,
    complaints: C,
    json: bool,
    room: RoomName,
    since: Option<Since>,
    stage: Stage,
    /// The last event that was printed, or is not wanted.
    printed: u64,
    /// The last event of the room that we know of.
    head: u64,
    /// The page that was asked for.
    asked: Option<Ref>,
    /// When to ask again, after "too fast".
    again: Option<Instant>,
    signal: Signal,
}

/// Whether to go on.
enum Then {
    GoOn,
    Stop,
}

impl<W: Write, C: Write> Tailing<W, C> {
    async fn run(mut self, config: Config) -> Result<(), ClientError> {
        let mut link = Link::open(config);
        let join = link.join(&self.room);
        let mut is_leaving = false;
        loop {
            let again = self.again;
            tokio::select! {
                happening = link.next() => match happening {
                    None if is_leaving => return Ok(()),
                    None => return Err(ClientError::Disconnected),
                    Some(_) if is_leaving => {}
                    Some(happening) => {
                        if let Then::Stop = self.handle(&mut link, &join, happening)? {
                            is_leaving = true;
                            link.bye();
                        }
                    }
                },
                () = past(again), if again.is_some() => {
                    self.again = None;
                    self.ask(&mut link)?;
                }
                signal = tokio::signal::ctrl_c() => {
                    if signal.is_err() || is_leaving {
                        return Ok(());
                    }
                    is_leaving = true;
                    link.bye();
                }
            }
        }
    }

    fn handle(
        &mut self,
        link: &mut Link,
        join: &Ref,
        happening: Happening,
    ) -> Result<Then, ClientError> {
        match happening {
            Happening::State(state) => self.handle_state(link, &state),
            Happening::Received(Sent { reference, message }) => match message {
                Message::Joined(joined) => self.handle_joined(link, &joined),
                Message::Event(event) => self.handle_event(&event),
                Message::History(page) if reference == self.asked => self.handle_page(link, &page),
                Message::Error(failure) if reference.as_ref() == Some(join) => {
                    let what = format!("{}: {}", self.room, failure.message);
                    Err(ClientError::Refused { what })
                }
                Message::Error(failure) if reference == self.asked => self.handle_error(&failure),
                Message::Notice { text } => Ok(self.tell(&text)),
                Message::Welcome(_)
                | Message::Left { .. }
                | Message::Presence(_)
                | Message::Duplicate { .. }
                | Message::Told { .. }
                | Message::Delivered { .. }
                | Message::History(_)
                | Message::Found { .. }
                | Message::Members { .. }
                | Message::Rooms(_)
                | Message::Renamed { .. }
                | Message::Topic { .. }
                | Message::Ignoring { .. }
                | Message::Error(_)
                | Message::Bye { .. }
                | Message::Unknown => Ok(Then::GoOn),
            },
            Happening::Outgoing(_) | Happening::Unanswered { .. } => Ok(Then::GoOn),
            Happening::Notice(notice) => Ok(self.tell(&notice)),
        }
    }

    fn handle_state(&mut self, link: &Link, state: &State) -> Result<Then, ClientError> {
        let notice = self.signal.handle(state, link.server())?;
        Ok(notice.map_or(Then::GoOn, |notice| self.tell(&notice)))
    }

    fn handle_joined(&mut self, link: &mut Link, joined: &Joined) -> Result<Then, ClientError> {
        self.head = joined.position;
        if self.stage != Stage::Entering {
            if !joined.complete {
                self.tell("events are missing here: the server could not go on where we were");
                (self.stage, self.printed) = (Stage::Following, 0);
            }
            return Ok(Then::GoOn);
        }
        match self.since {
            None => self.stage = Stage::Following,
            Some(Since::Position(position)) => self.read_after(link, position)?,
            Some(Since::Last(count)) => self.read_after(link, self.head.saturating_sub(count))?,
            Some(Since::Time { ms }) => self.seek(link, 0, self.head, ms)?,
        }
        Ok(Then::GoOn)
    }

    /// Prints what comes after an event, from history and then as it happens.
    fn read_after(&mut self, link: &mut Link, position: u64) -> Result<(), ClientError> {
        self.printed = position;
        self.stage = if position < self.head { Stage::Reading } else { Stage::Following };
        self.ask(link)
    }

    /// Narrows down where a time begins until a page covers it.
    fn seek(
        &mut self,
        link: &mut Link,
        low: u64,
        high: u64,
        time_ms: i64,
    ) -> Result<(), ClientError> {
        if high - low <= u64::from(PAGE_EVENTS_MAX) {
            return self.read_after(link, low);
        }
        self.stage = Stage::Seeking { low, high, time_ms };
        self.ask(link)
    }

    fn ask(&mut self, link: &mut Link) -> Result<(), ClientError> {
        let (after, limit) = match self.stage {
            Stage::Entering | Stage::Following => return Ok(()),
            Stage::Seeking { low, high, .. } => (low + (high - low) / 2, 1),
            Stage::Reading => (self.printed, PAGE_EVENTS_MAX),
        };
        let part = Part { after: Some(after), ..Part::default() };
        let history = History { room: self.room.clone(), part, limit: Some(limit) };
        let asked = link.ask(Request::History(history));
        let refused =
            |error: crate::link::AskError| ClientError::Refused { what: error.to_string() };
        self.asked = Some(asked.map_err(refused)?);
        Ok(())
    }

    fn handle_page(&mut self, link: &mut Link, page: &HistoryPage) -> Result<Then, ClientError> {
        match self.stage {
            Stage::Entering | Stage::Following => Ok(Then::GoOn),
            Stage::Seeking { low, high, time_ms } => {
                let middle = low + (high - low) / 2;
                let (low, high) = match page.events.first() {
                    Some(event) if event.time_ms < time_ms => (event.position.min(high), high),
                    Some(_) | None => (low, middle),
                };
                self.seek(link, low, high, time_ms).map(|()| Then::GoOn)
            }
            Stage::Reading => self.read(link, page),
        }
    }

    fn read(&mut self, link: &mut Link, page: &HistoryPage) -> Result<Then, ClientError> {
        let is_asked_by_position = matches!(self.since, Some(Since::Position(_)));
        if let Some(first) = page.events.first()
            && first.position > self.printed + 1
            && is_asked_by_position
        {
            let (from, to) = (self.printed + 1, first.position - 1);
            self.tell(&format!("events {from} to {to} are not kept any more"));
        }
        for event in &page.events {
            if let Then::Stop = self.print(event)? {
                return Ok(Then::Stop);
            }
        }
        if page.events.is_empty() || self.printed >= self.head {
            self.stage = Stage::Following;
        }
        self.ask(link)?;
        Ok(Then::GoOn)
    }

    fn handle_event(&mut self, event: &Event) -> Result<Then, ClientError> {
        self.head = self.head.max(event.position);
        match self.stage {
            Stage::Following => self.print(event),
            Stage::Entering | Stage::Seeking { .. } | Stage::Reading => Ok(Then::GoOn),
        }
    }

    fn handle_error(&mut self, failure: &Failure) -> Result<Then, ClientError> {
        if failure.code != Code::TooFast {
            return Err(ClientError::Refused { what: failure.message.clone() });
        }
        self.again = Some(Instant::now() + TOO_FAST_PAUSE + Duration::from_millis(1));
        Ok(Then::GoOn)
    }

    fn print(&mut self, event: &Event) -> Result<Then, ClientError> {
        if event.position <= self.printed {
            return Ok(Then::GoOn);
        }
        self.printed = event.position;
        let is_before = matches!(self.since, Some(Since::Time { ms }) if event.time_ms < ms);
        if is_before {
            return Ok(Then::GoOn);
        }
        let mut out = Vec::new();
        if self.json {
            // Writing JSON to memory cannot fail: every field has a form.
            out.extend(serde_json::to_vec(event).unwrap_or_default());
            out.push(b'\n');
        } else {
            render::event(event, true, &mut out);
        }
        match self.output.write_all(&out).and_then(|()| self.output.flush()) {
            Ok(()) => Ok(Then::GoOn),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Then::Stop),
            Err(error) => Err(ClientError::Output(error)),
        }
    }

    fn tell(&mut self, what: &str) -> Then {
        // Nothing can be told to someone who closed standard error.
        writeln!(self.complaints, "{what}").ok();
        Then::GoOn
    }
}
