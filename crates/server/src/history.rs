//! Reading threads: they answer from SQLite what connections ask of the past, away from the hub and the
//! shards. One searches; the other does everything that the index of positions answers at once, so that
//! nobody's search keeps those waiting who come in or catch up. A connection has one job under way, and
//! pages are read faster than connections are made; searches that wait are bounded by number.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

use teahouse_core::{
    Event, Granted, HistorySpan, Position, Question, RequestId, RoomId, Scope, SessionId,
};
use tokio::sync::mpsc;
use tracing::{debug, error};

use crate::inbox::Inbox;
use crate::shard::Key;
use crate::store::{PAGE_BYTES_MAX, ReadError, Reader};

/// Reading threads, and readers they need.
pub(crate) const READERS: usize = THREADS.len();
const THREADS: [&str; 2] = ["pages", "searches"];
/// Searches that wait. Whoever asks and goes leaves one behind, and they take longer than asking does: beyond
/// this, people are told to try again.
const SEARCHES_MAX: usize = 256;
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
    /// What somebody asked, and which request of theirs that was.
    Asked(RequestId, Granted),
}

/// For whom something is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asker {
    /// Somebody with a connection.
    Connection(Key),
    /// Somebody who asked one thing from outside.
    Visitor(SessionId),
}

/// One thing to read, and for whom.
pub(crate) struct Job {
    pub(crate) shard: usize,
    pub(crate) asker: Asker,
    pub(crate) wanted: Wanted,
}

/// What was found.
pub(crate) struct Page {
    pub(crate) asker: Asker,
    pub(crate) wanted: Wanted,
    pub(crate) events: Result<Vec<Event>, ReadError>,
}

/// Where jobs are handed in.
#[derive(Clone)]
pub(crate) struct Jobs {
    pages: Sender<Job>,
    searches: SyncSender<Job>,
}

impl Jobs {
    /// Hands in a job; `false` when it is not taken, because too many searches wait or the readers are gone.
    pub(crate) fn send(&self, job: Job) -> bool {
        if job.wanted.is_search() {
            self.searches.try_send(job).is_ok()
        } else {
            self.pages.send(job).is_ok()
        }
    }
}

impl Wanted {
    fn is_search(&self) -> bool {
        match self {
            Self::Tail { .. } | Self::Refill { .. } => false,
            Self::Asked(_, granted) => matches!(granted.question, Question::Search { .. }),
        }
    }
}

/// Starts the reading threads. They end when everyone who could hand in a job is gone.
pub(crate) fn start(
    readers: Vec<Reader>,
    shards: &[mpsc::Sender<Inbox>],
) -> std::io::Result<(Jobs, Vec<JoinHandle<()>>)> {
    let ((pages, page_jobs), (searches, search_jobs)) = (channel(), sync_channel(SEARCHES_MAX));
    let threads = THREADS
        .iter()
        .zip(readers.into_iter().zip([page_jobs, search_jobs]))
        .map(|(name, (reader, jobs))| {
            let shards = shards.to_vec();
            std::thread::Builder::new()
                .name((*name).to_owned())
                .spawn(move || work(&reader, &jobs, &shards))
        })
        .collect::<Result<_, _>>()?;
    Ok((Jobs { pages, searches }, threads))
}

fn work(reader: &Reader, jobs: &Receiver<Job>, shards: &[mpsc::Sender<Inbox>]) {
    for Job { shard, asker, mut wanted } in jobs {
        let events = read(reader, &wanted).and_then(|events| {
            name_rooms(reader, &mut wanted, &events)?;
            Ok(events)
        });
        if let Err(error) = &events {
            let source = std::error::Error::source(error).map(ToString::to_string);
            // Not what was wanted: a search has the words of whoever searches.
            error!(%error, source, is_search = wanted.is_search(), "cannot read history");
        }
        let page = Inbox::Page(Page { asker, wanted, events });
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
        Wanted::Asked(_, granted) => answer(reader, granted),
    }
}

/// Where everything was searched, says which rooms something was found in.
fn name_rooms(reader: &Reader, wanted: &mut Wanted, events: &[Event]) -> Result<(), ReadError> {
    let Wanted::Asked(_, Granted { scope: scope @ Scope::Everywhere, .. }) = wanted else {
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

fn answer(reader: &Reader, Granted { question, scope }: &Granted) -> Result<Vec<Event>, ReadError> {
    let spans = match scope {
        Scope::Rooms(spans) => spans.as_slice(),
        Scope::Everywhere => &[],
    };
    let in_first = |read: &dyn Fn(RoomId, Position) -> Result<Vec<Event>, ReadError>| {
        spans.first().map_or(Ok(Vec::new()), |span| read(span.room, span.upto))
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
        Question::Search { words, count, .. } => {
            let rooms: Vec<_> = spans.iter().map(|span| (span.room, span.upto)).collect();
            let rooms = (*scope != Scope::Everywhere).then_some(rooms.as_slice());
            reader.search(rooms, words, *count)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use teahouse_core::{HistorySpan, RoomName};

    use super::*;
    use crate::store::{Durability, Store};

    const ROOM: RoomId = RoomId(1);

    #[tokio::test]
    async fn searches_keep_nobody_waiting_who_comes_in() {
        let directory = tempfile::tempdir().unwrap();
        let opened = Store::open(directory.path(), Durability::Memory, READERS).unwrap();
        let (stuck, _unread) = mpsc::channel(1);
        let (fine, mut pages) = mpsc::channel(1);
        let (jobs, _threads) = start(opened.readers, &[stuck, fine]).unwrap();
        let asker = Asker::Connection(Key::for_test());
        let span = HistorySpan {
            room: ROOM,
            name: RoomName::parse("lobby").unwrap(),
            upto: Position::START,
        };
        // Nobody takes what these find: whoever reads for them is busy for good.
        for _ in 0..READERS * 4 {
            let question = Question::Search { words: "tea".to_owned(), room: None, count: 1 };
            let wanted = {
                let scope = Scope::Rooms(vec![span.clone()]);
                Wanted::Asked(RequestId::default(), Granted { question, scope })
            };
            assert!(jobs.send(Job { shard: 0, asker, wanted }));
        }
        let wanted = Wanted::Tail { room: ROOM, upto: Position::START, count: 1 };
        assert!(jobs.send(Job { shard: 1, asker, wanted }));
        let page = tokio::time::timeout(Duration::from_secs(60), pages.recv()).await.unwrap();
        assert!(matches!(page, Some(Inbox::Page(_))));
    }

    #[test]
    fn searches_that_nobody_reads_for_are_bounded() {
        let directory = tempfile::tempdir().unwrap();
        let opened = Store::open(directory.path(), Durability::Memory, READERS).unwrap();
        let (stuck, _unread) = mpsc::channel(1);
        let (jobs, _threads) = start(opened.readers, &[stuck]).unwrap();
        let search = || {
            let question = Question::Search { words: "tea".to_owned(), room: None, count: 1 };
            let granted = Granted { question, scope: Scope::Everywhere };
            let wanted = Wanted::Asked(RequestId::default(), granted);
            Job { shard: 0, asker: Asker::Visitor(SessionId(1)), wanted }
        };
        let taken = (0..SEARCHES_MAX * 2).filter(|_| jobs.send(search())).count();
        assert!((SEARCHES_MAX..SEARCHES_MAX * 2).contains(&taken), "{taken} taken");
    }
}
