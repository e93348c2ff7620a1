//! Reading threads: they answer questions about history from SQLite, away from the hub and the shards. One thread only
//! searches ([`searches`]); the other reads pages, which the index of positions answers quickly. So no search delays a
//! session that joins a room or catches up. A connection has one job in flight, and reading a page is faster than
//! opening a connection, so the queue of page jobs needs no bound of its own.

mod job;
mod searches;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use teahouse_core::{Event, Excerpt, HistorySpan, Position, Question, ReadGrant, RoomId, Scope};
use tracing::{debug, error};

pub(crate) use job::{Asker, Job, Page, Unread, Unsent, Wanted};

use crate::store::{PAGE_BYTES_MAX, ReadError, Reader};

/// The number of reading threads, each with one reader.
pub(crate) const READERS: usize = THREADS.len();
const THREADS: [&str; 2] = ["pages", "searches"];
/// Events in one page of a refill.
const REFILL_EVENTS_MAX: u32 = 512;
/// Pages queued for one shard; when the queue is full, the reading thread waits.
pub(crate) const PAGES_MAX: usize = 32;
/// Bytes of text in one page of a refill: less than the default soft bound of an outbox, so a page fits.
const REFILL_BYTES_MAX: usize = 32 * 1024;

/// Sends a page to the shard with this index, and waits while its queue is full; `false` if the shard has ended.
pub(crate) type Reply = Arc<dyn Fn(usize, Page) -> bool + Send + Sync>;

/// The end at which shards hand in jobs.
#[derive(Clone)]
pub(crate) struct Jobs {
    pages: Sender<Job>,
    searches: searches::Sender,
}

impl Jobs {
    /// Hands in a job.
    ///
    /// # Errors
    /// Returns the job when too many searches are queued, or when the reading threads have ended.
    pub(crate) fn send(&self, job: Job) -> Result<(), Box<Unsent>> {
        if job.wanted.is_search() {
            self.searches.send(job)
        } else {
            let unsent = |job| Box::new(Unsent { job, why: Unread::Fault });
            self.pages.send(job).map_err(|error| unsent(error.0))
        }
    }
}

/// Starts the reading threads. They end when every copy of the returned [`Jobs`] is dropped.
pub(crate) fn start(
    readers: Vec<Reader>,
    reply: &Reply,
) -> std::io::Result<(Jobs, Vec<JoinHandle<()>>)> {
    let (pages, page_jobs): (_, Receiver<Job>) = channel();
    let (searches, search_jobs) = searches::open();
    let mut readers = readers.into_iter();
    let mut threads = Vec::with_capacity(READERS);
    let mut start = |name: &str, run: Box<dyn FnOnce(Reader, Reply) + Send>| {
        let Some(reader) = readers.next() else { return Ok(()) };
        let reply = Arc::clone(reply);
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(move || run(reader, reply)).map(|thread| threads.push(thread))
    };
    start(
        THREADS[0],
        Box::new(move |reader, reply| page_jobs.iter().for_each(|job| work(&reader, job, &reply))),
    )?;
    start(
        THREADS[1],
        Box::new(move |reader, reply| search_jobs.for_each(|job| work(&reader, job, &reply))),
    )?;
    Ok((Jobs { pages, searches }, threads))
}

fn work(reader: &Reader, job: Job, reply: &Reply) {
    if job.is_abandoned() {
        return;
    }
    let Job { shard, asker, mut wanted, .. } = job;
    let excerpt = read(reader, &wanted).and_then(|excerpt| {
        name_rooms(reader, &mut wanted, &excerpt.events)?;
        Ok(excerpt)
    });
    let found = excerpt.map_err(|error| match error {
        ReadError::TooWide(why) => Unread::TooWide(why),
        ReadError::Fault(source) => {
            // The job itself is not logged: a search holds a person's words.
            error!(%source, is_search = wanted.is_search(), "history cannot be read");
            Unread::Fault
        }
    });
    if !reply(shard, Page { asker, wanted, found }) {
        debug!("a shard is gone");
    }
}

fn read(reader: &Reader, wanted: &Wanted) -> Result<Excerpt, ReadError> {
    let events = match wanted {
        Wanted::Recent { room, upto, count } => {
            let events = reader.latest(*room, *upto, *count)?;
            return excerpt_of_room(reader, (*room, *upto), events);
        }
        Wanted::Refill { room, after, upto } => {
            reader.after(*room, *after, *upto, REFILL_EVENTS_MAX, REFILL_BYTES_MAX)
        }
        Wanted::Check { room, position, upto } => {
            reader.after(*room, Position(position.0.saturating_sub(1)), *upto, 1, 1)
        }
        Wanted::Asked(_, granted) => return answer(reader, granted),
    };
    events.map(|events| Excerpt { events, ..Excerpt::default() })
}

/// The events that were read of one room, with the room's first kept position.
fn excerpt_of_room(
    reader: &Reader,
    (room, upto): (RoomId, Position),
    events: Vec<Event>,
) -> Result<Excerpt, ReadError> {
    let first = reader.first(room)?.map_or(upto.next(), |first| first.min(upto.next()));
    Ok(Excerpt { events, more: None, first: Some(first) })
}

/// After a search of all rooms, replaces its scope by the rooms of the events that were found.
fn name_rooms(reader: &Reader, wanted: &mut Wanted, events: &[Event]) -> Result<(), ReadError> {
    let Wanted::Asked(_, ReadGrant { scope: scope @ Scope::Everywhere, .. }) = wanted else {
        return Ok(());
    };
    let mut spans: Vec<HistorySpan> = Vec::new();
    for event in events {
        if spans.iter().all(|span| span.room != event.room)
            && let Some(name) = reader.room_name(event.room)?
        {
            spans.push(HistorySpan { room: event.room, name, upto: event.position });
        }
    }
    *scope = Scope::Rooms(spans);
    Ok(())
}

fn answer(
    reader: &Reader,
    ReadGrant { question, scope }: &ReadGrant,
) -> Result<Excerpt, ReadError> {
    let spans = match scope {
        Scope::Rooms(spans) => spans.as_slice(),
        Scope::Everywhere => &[],
    };
    let in_first = |read: &dyn Fn(RoomId, Position) -> Result<Vec<Event>, ReadError>| {
        let Some(span) = spans.first() else { return Ok(Excerpt::default()) };
        excerpt_of_room(reader, (span.room, span.upto), read(span.room, span.upto)?)
    };
    match question {
        Question::Latest { count, .. } => in_first(&|room, upto| reader.latest(room, upto, *count)),
        Question::Before { time, count, .. } => {
            in_first(&|room, upto| reader.before_time(room, upto, *time, *count))
        }
        Question::Earlier { position, count, .. } => in_first(&|room, upto| {
            let before = Position(position.0.saturating_sub(1));
            reader.latest(room, upto.min(before), *count)
        }),
        Question::Later { position, count, .. } => {
            in_first(&|room, upto| reader.after(room, *position, upto, *count, PAGE_BYTES_MAX))
        }
        Question::Around { position, count, .. } => in_first(&|room, upto| {
            let half = count.div_ceil(2);
            let mut events = reader.latest(room, upto.min(*position), half)?;
            let bytes = PAGE_BYTES_MAX / 2;
            events.extend(reader.after(room, *position, upto, count - half, bytes)?);
            Ok(events)
        }),
        Question::Search { words, before, count, .. } => {
            let rooms: Vec<_> = spans.iter().map(|span| (span.room, span.upto)).collect();
            let rooms = (*scope != Scope::Everywhere).then_some(rooms.as_slice());
            reader.search(rooms, words, *before, *count)
        }
    }
}

#[cfg(test)]
mod tests;
