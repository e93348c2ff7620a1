//! Reading threads: they answer from SQLite what connections ask of the past, away from the hub and the
//! shards. A connection has a bounded number of jobs under way, so the queue of jobs is bounded by the
//! connections.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use teahouse_core::{Event, Granted, Position, Question, RoomId};
use tokio::sync::mpsc;
use tracing::{debug, error};

use crate::inbox::Inbox;
use crate::shard::Key;
use crate::store::{ReadError, Reader};

/// Reading threads: one may be busy with a search while the other refills.
pub(crate) const READERS: usize = 2;
/// Events in one page of a refill.
const REFILL_EVENTS_MAX: u32 = 512;
/// Bytes of text in one page of a refill: below the soft bound of a queue, so a page always fits.
const REFILL_BYTES_MAX: usize = 32 * 1024;

/// What a connection wants from history.
#[derive(Clone, Debug)]
pub(crate) enum Wanted {
    /// The last events before somebody came in.
    Tail { room: RoomId, upto: Position, count: u32 },
    /// What a slow reader has missed.
    Refill { room: RoomId, after: Position, upto: Position },
    /// What somebody asked.
    Asked(Granted),
}

/// One thing to read, and for whom.
pub(crate) struct Job {
    pub(crate) shard: usize,
    pub(crate) connection: Key,
    pub(crate) wanted: Wanted,
}

/// What was found.
pub(crate) struct Page {
    pub(crate) connection: Key,
    pub(crate) wanted: Wanted,
    pub(crate) events: Result<Vec<Event>, ReadError>,
}

/// Starts the reading threads. They end when every sender of jobs is gone.
pub(crate) fn start(
    readers: Vec<Reader>,
    shards: &[mpsc::Sender<Inbox>],
) -> std::io::Result<(Sender<Job>, Vec<JoinHandle<()>>)> {
    let (sender, jobs) = channel();
    let jobs = Arc::new(Mutex::new(jobs));
    let threads = readers
        .into_iter()
        .enumerate()
        .map(|(index, reader)| {
            let jobs = Arc::clone(&jobs);
            let shards = shards.to_vec();
            std::thread::Builder::new()
                .name(format!("reader-{index}"))
                .spawn(move || work(&reader, &jobs, &shards))
        })
        .collect::<Result<_, _>>()?;
    Ok((sender, threads))
}

fn work(reader: &Reader, jobs: &Mutex<Receiver<Job>>, shards: &[mpsc::Sender<Inbox>]) {
    loop {
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Job { shard, connection, wanted }) = next else { return };
        let events = read(reader, &wanted);
        if let Err(error) = &events {
            let source = std::error::Error::source(error).map(ToString::to_string);
            error!(%error, source, ?wanted, "cannot read history");
        }
        let page = Inbox::Page(Page { connection, wanted, events });
        if shards.get(shard).is_none_or(|shard| shard.blocking_send(page).is_err()) {
            debug!("a shard is gone");
        }
    }
}

fn read(reader: &Reader, wanted: &Wanted) -> Result<Vec<Event>, ReadError> {
    match wanted {
        Wanted::Tail { room, upto, count } => reader.latest(*room, *upto, *count),
        Wanted::Refill { room, after, upto } => {
            reader.after(*room, *after, *upto, REFILL_EVENTS_MAX, REFILL_BYTES_MAX)
        }
        Wanted::Asked(granted) => answer(reader, granted),
    }
}

fn answer(reader: &Reader, Granted { question, spans }: &Granted) -> Result<Vec<Event>, ReadError> {
    let first = spans.first();
    let in_first = |read: &dyn Fn(RoomId, Position) -> Result<Vec<Event>, ReadError>| {
        first.map_or(Ok(Vec::new()), |span| read(span.room, span.upto))
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
        Question::Search { words, count } => {
            let rooms: Vec<_> = spans.iter().map(|span| (span.room, span.upto)).collect();
            reader.search(&rooms, words, *count)
        }
    }
}
