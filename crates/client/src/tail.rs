//! `teahouse tail`: prints what is said in a room, as it is said. For scripts and for the eye. It follows as a
//! visitor: nobody in the room hears of it.

mod since;

use std::io::{ErrorKind, Write};
use std::time::Duration;

use teahouse_core::RoomName;
use teahouse_wire::api::{Code, Cursor, Epoch, Event, HistoryPage};
use teahouse_wire::stream::render_id;
use tokio::time::sleep;

use crate::error::ClientError;
use crate::link::{Server, random_bytes};
use crate::render;
use crate::say::no_room;
use crate::signal::block_on;
use crate::visit::{Begin, Following, Missed, Patience, Told, Visitor};

pub use since::Since;

/// Events that are shown of a room before what happens, where nothing else is asked for.
const SHOWN: u64 = 20;
/// Events in one page of history, the most the api gives: a time is looked for until it is within so many.
const PAGE_EVENTS_MAX: u64 = 200;

/// How often to look whether somebody still reads: a script that has what it wants waits for our end.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What to print, from where on and how.
#[derive(Clone, Debug)]
pub struct Tail {
    /// Which server.
    pub server: Server,
    /// Which room.
    pub room: RoomName,
    /// Whether the room is made if there is none of that name.
    pub create: bool,
    /// From where on; without it, the last few and what follows.
    pub since: Option<Since>,
    /// Whether to print each event as the api's JSON, one a line.
    pub json: bool,
    /// Whether somebody still reads what is printed, as far as that can be known without printing.
    pub is_read: fn() -> bool,
}

/// Prints until it is interrupted or nobody reads what is printed any more, which is no error. A connection
/// that breaks is tried again for ever, and every event is printed once, in order; what was said before we
/// came with its time. What happens to the connection, and what could not be printed, is written to
/// `complaints`.
///
/// # Errors
/// When the server cannot be reached at all, there is no such room, or the output fails.
pub fn tail(tail: Tail, output: impl Write, complaints: impl Write) -> Result<(), ClientError> {
    let Tail { server, room, create, since, json, is_read } = tail;
    let visitor = Visitor::new(server)?;
    let [seed, ..] = random_bytes();
    let tailing = Tailing {
        visitor,
        room,
        create,
        since,
        json,
        output,
        complaints,
        patience: Patience::new(u64::from(seed)),
        printed: 0,
        head: 0,
        epoch: None,
    };
    block_on(async {
        tokio::select! {
            ended = tailing.run() => match ended? {
                Over::NobodyReads => Ok(()),
            },
            // Whoever cannot be asked to go, goes.
            _ = tokio::signal::ctrl_c() => Ok(()),
            () = until_unread(is_read) => Ok(()),
        }
    })
}

async fn until_unread(is_read: fn() -> bool) {
    while is_read() {
        sleep(LOOK_EVERY).await;
    }
}

/// Whether standard output still goes somewhere: not after the other end of a pipe was closed, as by `grep -m1`.
#[cfg(unix)]
#[must_use]
pub fn is_stdout_read() -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    // What cannot be asked is heard of when it is written to.
    poll(&mut asked, Some(&at_once)).is_err() || !asked[0].revents().contains(PollFlags::ERR)
}

/// Elsewhere a pipe cannot be asked, and is heard of when it is written to.
#[cfg(not(unix))]
#[must_use]
pub fn is_stdout_read() -> bool {
    true
}

/// Why it is over without a fault.
enum Over {
    NobodyReads,
}

struct Tailing<W, C> {
    visitor: Visitor,
    room: RoomName,
    create: bool,
    since: Option<Since>,
    json: bool,
    output: W,
    complaints: C,
    patience: Patience,
    /// The last event that was printed, or is not wanted.
    printed: u64,
    /// The room's last event when we came.
    head: u64,
    /// Which history was printed.
    epoch: Option<Epoch>,
}

impl<W: Write, C: Write> Tailing<W, C> {
    async fn run(mut self) -> Result<Over, ClientError> {
        let mut id = self.begin().await?;
        loop {
            let missed = match self.visitor.follow(&self.room, id.as_deref(), self.create).await {
                Ok(mut following) => {
                    let result = self.follow(&mut following).await;
                    id = following.id().map(str::to_owned).or(id);
                    match result? {
                        Ok(over) => return Ok(over),
                        Err(missed) => missed,
                    }
                }
                Err(missed) => missed,
            };
            self.wait(missed).await?;
        }
    }

    /// The id of the event to begin after; `None` for a room that is to be made.
    async fn begin(&mut self) -> Result<Option<String>, ClientError> {
        let Some(HistoryPage { epoch, head, events, .. }) = self.page("messages?limit=20").await?
        else {
            return Ok(None);
        };
        (self.head, self.epoch) = (head, Some(epoch));
        let position = match self.since {
            // A page may be short, because it is full or because older events are gone.
            None => events
                .first()
                .map_or(head, |first| first.position.saturating_sub(1))
                .max(head.saturating_sub(SHOWN)),
            Some(Since::Position(position)) => position,
            Some(Since::Last(count)) => head.saturating_sub(count),
            Some(Since::Time { ms }) => self.seek(ms).await?,
        };
        self.printed = position;
        let place = Cursor { epoch, position: position.min(head), time_ms: None };
        Ok(Some(render_id(&place)))
    }

    /// Somewhere before the first event of a time, and not far: what lies between is not printed.
    async fn seek(&mut self, time_ms: i64) -> Result<u64, ClientError> {
        let (mut low, mut high) = (0, self.head);
        while high - low > PAGE_EVENTS_MAX {
            let middle = low + (high - low) / 2;
            let page = self.page(&format!("messages?after={middle}&limit=1")).await?;
            match page.as_ref().and_then(|page| page.events.first()) {
                Some(event) if event.time_ms < time_ms => low = event.position.min(high),
                Some(_) | None => high = middle,
            }
        }
        Ok(low)
    }

    /// A page of history; `None` when there is no such room and it is to be made.
    async fn page(&mut self, rest: &str) -> Result<Option<HistoryPage>, ClientError> {
        loop {
            match self.visitor.read(&self.room, rest).await {
                Ok(page) => {
                    self.answered();
                    return Ok(Some(page));
                }
                Err(Missed::Refused(failure))
                    if failure.code == Code::NoSuchRoom && self.create =>
                {
                    return Ok(None);
                }
                Err(missed) => self.wait(missed).await?,
            }
        }
    }

    /// Prints what is told until the connection breaks.
    async fn follow(
        &mut self,
        following: &mut Following,
    ) -> Result<Result<Over, Missed>, ClientError> {
        loop {
            let told = match following.next().await {
                Ok(told) => told,
                Err(missed) => return Ok(Err(missed)),
            };
            match told {
                Told::Begins(begin) => {
                    self.answered();
                    self.begins(begin);
                }
                Told::Event(event) => {
                    if let Some(over) = self.print(&event)? {
                        return Ok(Ok(over));
                    }
                }
                Told::Strange(why) => {
                    self.tell(&format!(
                        "an event is of a kind that this client cannot print: {why}"
                    ));
                }
                Told::Notice(text) => self.tell(&text),
                Told::Refused(failure) => return Ok(Err(Missed::Refused(failure))),
            }
        }
    }

    /// What follows begins after what was printed, or something is missing between.
    fn begins(&mut self, Begin { complete, epoch, first }: Begin) {
        let next = self.printed.saturating_add(1);
        let is_known = epoch.is_some() && epoch == self.epoch;
        self.epoch = epoch.or(self.epoch);
        match first {
            _ if complete => {}
            Some(first) if is_known && first > next => {
                self.tell_gone(next, first - 1);
                self.printed = first - 1;
            }
            Some(_) | None => {
                self.tell(
                    "events are missing here: the history was changed, as when a server is \
                     brought back from a copy",
                );
                self.printed = 0;
            }
        }
    }

    fn tell_gone(&mut self, from: u64, to: u64) {
        self.tell(&format!("events {from} to {to} are not kept any more"));
    }

    fn print(&mut self, event: &Event) -> Result<Option<Over>, ClientError> {
        let is_old = event.position <= self.head;
        let is_before =
            is_old && matches!(self.since, Some(Since::Time { ms }) if event.time_ms < ms);
        if event.position <= self.printed || is_before {
            return Ok(None);
        }
        if matches!(self.since, Some(Since::Position(_)))
            && event.position > self.printed.saturating_add(1)
        {
            self.tell_gone(self.printed + 1, event.position - 1);
        }
        self.printed = event.position;
        let mut out = Vec::new();
        if self.json {
            // Writing JSON to memory cannot fail: every field has a form.
            out.extend(serde_json::to_vec(event).unwrap_or_default());
            out.push(b'\n');
        } else if is_old {
            render::dated_event(event, &mut out);
        } else {
            render::event(event, true, &mut out);
        }
        match self.output.write_all(&out).and_then(|()| self.output.flush()) {
            Ok(()) => Ok(None),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Some(Over::NobodyReads)),
            Err(error) => Err(ClientError::Output(error)),
        }
    }

    fn answered(&mut self) {
        if let Some(told) = self.patience.succeed() {
            self.tell(&told);
        }
    }

    async fn wait(&mut self, missed: Missed) -> Result<(), ClientError> {
        let (wait, told) = self.patience.miss(&missed);
        match missed {
            Missed::Refused(failure) => return Err(no_room(&failure)),
            Missed::Unreached(what) if !self.patience.was_reached() => {
                let server = self.visitor.server().to_string();
                return Err(ClientError::Unreachable { server, what });
            }
            Missed::Unreached(_) | Missed::Broken(_) | Missed::Busy { .. } => {}
        }
        told.iter().for_each(|told| self.tell(told));
        sleep(wait).await;
        Ok(())
    }

    fn tell(&mut self, what: &str) {
        // Nothing can be told to someone who closed standard error.
        writeln!(self.complaints, "{what}").ok();
    }
}
