//! `teahouse tail`, for scripts and for people: prints the events of a room as they happen.
//!
//! It uses HTTP requests and does not join the room, so it causes no presence lines.

mod since;

use std::io::{ErrorKind, Write};
use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{Code, Cursor, Epoch, Event, HistoryPage};
use teahouse_wire::stream::render_id;
use tokio::time::sleep;

use crate::error::ClientError;
use crate::http::{Attempts, Begin, HttpClient, RequestError, RoomStream, StreamItem};
use crate::link::{Server, random_bytes};
use crate::render;
use crate::runtime::block_on;
use crate::say::room_error;

pub use since::Since;

/// Past events that are printed first, unless [`Tail::since`] says otherwise.
const RECENT_EVENTS: u64 = 20;
/// The maximum of events in one page of history. The search for a time ends when it is within one page.
const PAGE_EVENTS_MAX: u64 = 200;

/// How often to check whether the output is still read: a script such as `tail | grep -m1` waits for our end.
const CHECK_READER_EVERY: Duration = Duration::from_secs(1);

/// What to print, from where, and how.
#[derive(Clone, Debug)]
pub struct Tail {
    /// The server.
    pub server: Server,
    /// The room.
    pub room: RoomName,
    /// Whether to create the room if it does not exist.
    pub create: bool,
    /// Where to start; without it, with the last 20 events.
    pub since: Option<Since>,
    /// Whether to print each event as the JSON of the api, one per line.
    pub json: bool,
    /// Returns whether the output is still read, as far as this can be known without writing.
    pub is_read: fn() -> bool,
}

/// Prints events until it is interrupted or the output is closed, which is no error. It reconnects for ever, and
/// prints every event once, in order; past events with their time. Changes of the connection, and events that could
/// not be printed, are reported to `complaints`.
///
/// # Errors
/// When the server could not be reached at all, the room does not exist, or the output fails.
pub fn tail(tail: Tail, output: impl Write, complaints: impl Write) -> Result<(), ClientError> {
    let Tail { server, room, create, since, json, is_read } = tail;
    let client = HttpClient::new(server)?;
    let [seed, ..] = random_bytes();
    let printer = Printer {
        client,
        room,
        create,
        since,
        json,
        output,
        complaints,
        attempts: Attempts::new(u64::from(seed)),
        printed: 0,
        head: 0,
        epoch: None,
    };
    block_on(async {
        tokio::select! {
            ended = printer.run() => match ended? {
                End::OutputClosed => Ok(()),
            },
            // A handler that cannot be installed ends the program too.
            _ = tokio::signal::ctrl_c() => Ok(()),
            () = wait_until_unread(is_read) => Ok(()),
        }
    })
}

async fn wait_until_unread(is_read: fn() -> bool) {
    while is_read() {
        sleep(CHECK_READER_EVERY).await;
    }
}

/// Whether standard output is still read: false after the other end of a pipe was closed, as by `grep -m1`.
#[cfg(unix)]
#[must_use]
pub fn is_stdout_read() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut descriptors = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    // If `poll` fails, the next write will notice.
    poll(&mut descriptors, Some(&at_once)).is_err()
        || !descriptors[0].revents().contains(PollFlags::ERR)
}

/// Other systems cannot check a pipe; the next write will notice that it is closed.
#[cfg(not(unix))]
#[must_use]
pub fn is_stdout_read() -> bool {
    true
}

/// An end that is no error.
enum End {
    OutputClosed,
}

/// Prints the events of one room.
struct Printer<W, C> {
    client: HttpClient,
    room: RoomName,
    create: bool,
    since: Option<Since>,
    json: bool,
    output: W,
    complaints: C,
    attempts: Attempts,
    /// The position up to which events were printed or skipped.
    printed: u64,
    /// The room's last position at the start. Events up to it are past events.
    head: u64,
    /// The epoch of the printed events.
    epoch: Option<Epoch>,
}

impl<W: Write, C: Write> Printer<W, C> {
    async fn run(mut self) -> Result<End, ClientError> {
        let mut id = self.find_start().await?;
        loop {
            let error = match self.client.follow(&self.room, id.as_deref(), self.create).await {
                Ok(mut stream) => {
                    let result = self.follow(&mut stream).await;
                    id = stream.id().map(str::to_owned).or(id);
                    match result? {
                        Ok(end) => return Ok(end),
                        Err(error) => error,
                    }
                }
                Err(error) => error,
            };
            self.wait(error).await?;
        }
    }

    /// The id of the event to start after; `None` for a room that does not exist yet and will be created.
    async fn find_start(&mut self) -> Result<Option<String>, ClientError> {
        let Some(HistoryPage { epoch, head, events, .. }) =
            self.read_page("messages?limit=20").await?
        else {
            return Ok(None);
        };
        (self.head, self.epoch) = (head, Some(epoch));
        let position = match self.since {
            // The page may start earlier or later than wanted: it may have a different length, or older events were
            // deleted.
            None => events
                .first()
                .map_or(head, |first| first.position.saturating_sub(1))
                .max(head.saturating_sub(RECENT_EVENTS)),
            Some(Since::Position(position)) => position,
            Some(Since::Last(count)) => head.saturating_sub(count),
            Some(Since::Time { ms }) => self.seek(ms).await?,
        };
        self.printed = position;
        let cursor = Cursor { epoch, position: position.min(head), time_ms: None };
        Ok(Some(render_id(&cursor)))
    }

    /// A position at most one page before the first event of a time, by binary search. The events between are not
    /// printed.
    async fn seek(&mut self, time_ms: i64) -> Result<u64, ClientError> {
        let (mut low, mut high) = (0, self.head);
        while high - low > PAGE_EVENTS_MAX {
            let middle = low + (high - low) / 2;
            let page = self.read_page(&format!("messages?after={middle}&limit=1")).await?;
            match page.as_ref().and_then(|page| page.events.first()) {
                Some(event) if event.time_ms < time_ms => low = event.position.min(high),
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }

    /// Reads a page of history; `None` if the room does not exist yet and will be created.
    async fn read_page(&mut self, rest: &str) -> Result<Option<HistoryPage>, ClientError> {
        loop {
            match self.client.read(&self.room, rest).await {
                Ok(page) => {
                    self.handle_success();
                    return Ok(Some(page));
                }
                Err(RequestError::Refused(failure))
                    if failure.code == Code::NoSuchRoom && self.create =>
                {
                    return Ok(None);
                }
                Err(error) => self.wait(error).await?,
            }
        }
    }

    /// Prints the items of the stream until it breaks.
    async fn follow(
        &mut self,
        stream: &mut RoomStream,
    ) -> Result<Result<End, RequestError>, ClientError> {
        loop {
            let item = match stream.next().await {
                Ok(item) => item,
                Err(error) => return Ok(Err(error)),
            };
            match item {
                StreamItem::Begin(begin) => {
                    self.handle_success();
                    self.handle_begin(begin);
                }
                StreamItem::Event(event) => {
                    if let Some(end) = self.print(&event)? {
                        return Ok(Ok(end));
                    }
                }
                StreamItem::Unreadable(why) => {
                    self.report(&format!(
                        "an event is of a kind that this client cannot print: {why}"
                    ));
                }
                StreamItem::Notice(text) => self.report(&text),
                StreamItem::Refused(failure) => return Ok(Err(RequestError::Refused(failure))),
            }
        }
    }

    /// The stream starts. If it does not start right after the printed events, reports what is missing.
    fn handle_begin(&mut self, Begin { complete, epoch, first }: Begin) {
        let next = self.printed.saturating_add(1);
        let is_known = epoch.is_some() && epoch == self.epoch;
        self.epoch = epoch.or(self.epoch);
        match first {
            _ if complete => {}
            Some(first) if is_known && first > next => {
                self.report_gone(next, first - 1);
                self.printed = first - 1;
            }
            Some(_) | None => {
                self.report(
                    "events are missing here: the history was changed, as when a server is \
                     brought back from a copy",
                );
                self.printed = 0;
            }
        }
    }

    fn report_gone(&mut self, from: u64, to: u64) {
        self.report(&format!("events {from} to {to} are not kept any more"));
    }

    fn print(&mut self, event: &Event) -> Result<Option<End>, ClientError> {
        let is_old = event.position <= self.head;
        let is_before =
            is_old && matches!(self.since, Some(Since::Time { ms }) if event.time_ms < ms);
        if event.position <= self.printed || is_before {
            return Ok(None);
        }
        if matches!(self.since, Some(Since::Position(_)))
            && event.position > self.printed.saturating_add(1)
        {
            self.report_gone(self.printed + 1, event.position - 1);
        }
        self.printed = event.position;
        let mut out = Vec::new();
        if self.json {
            // It never fails: every field has a JSON form.
            out.extend(serde_json::to_vec(event).unwrap_or_default());
            out.push(b'\n');
        } else if is_old {
            render::dated_event(event, &mut out);
        } else {
            render::event(event, true, &mut out);
        }
        match self.output.write_all(&out).and_then(|()| self.output.flush()) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Some(End::OutputClosed)),
            Err(error) => Err(ClientError::Output(error)),
        }
    }

    fn handle_success(&mut self) {
        if let Some(line) = self.attempts.succeed() {
            self.report(&line);
        }
    }

    async fn wait(&mut self, error: RequestError) -> Result<(), ClientError> {
        let (wait, line) = self.attempts.fail(&error);
        match error {
            RequestError::Refused(failure) => return Err(room_error(&failure)),
            RequestError::Unreachable(what) if !self.attempts.was_reached() => {
                let server = self.client.server().to_string();
                return Err(ClientError::Unreachable { server, what });
            }
            RequestError::Unreachable(_) | RequestError::Broken(_) | RequestError::Busy { .. } => {}
        }
        line.iter().for_each(|line| self.report(line));
        sleep(wait).await;
        Ok(())
    }

    fn report(&mut self, what: &str) {
        // Fails only if standard error is closed, and then there is nowhere to report it.
        writeln!(self.complaints, "{what}").ok();
    }
}
