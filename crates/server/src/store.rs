//! The store: history in one SQLite file that an operator can open with `sqlite3` and understand.
//!
//! One [`Store`] writes, on the hub's thread: a batch is one transaction and one sync. [`Reader`]s read
//! beside it (WAL), each on its own connection. What is searched is indexed in the same transaction, so
//! whatever can be seen can be found.
//!
//! Invariants: positions of a room have no holes (the index is unique, the core counts); a database is
//! not touched before it is known to be ours and sound; two servers never write one history (the lock
//! file).

mod budget;
mod copy;
mod durability;
mod error;
mod files;
mod private;
mod reader;
mod row;
mod schema;
mod sent;
mod wal;
mod words;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, params};
use teahouse_core::{
    Effect, Event, EventKind, LogPosition, MessageKey, Position, RoomId, Said, Time,
};
use tracing::info;

pub use copy::{Soundness, backup, check};
pub use durability::Durability;
pub use error::{CommitError, StoreError};
pub(crate) use files::DATABASE;
pub use reader::{PAGE_BYTES_MAX, ReadError, Reader};
pub use schema::Loaded;

use files::Location;
use row::kind_shown;
use wal::Wal;

/// Pages that SQLite may keep in memory for writing, KiB (a negative number in its pragma).
const CACHE_KIB: i64 = 32 * 1024;
/// How long to wait for another program that has the database open, such as `sqlite3`: the hub waits
/// meanwhile, and tries again later.
const BUSY_WAIT: Duration = Duration::from_millis(500);

/// The one writer.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// Of messages.
    durability: Durability,
    words: String,
    /// Where the rooms of a batch go on: of the last batch, kept for its memory.
    ends: RoomEnds,
    /// No event is stamped later.
    latest: Time,
    wal: Wal,
    /// Held for as long as we write: the lock on the data directory.
    _location: Location,
}

/// The last events of the rooms of a batch: one for each stretch of events of one room.
type RoomEnds = Vec<(RoomId, Position, Time)>;

/// An opened history.
#[derive(Debug)]
pub struct Opened {
    /// For the hub.
    pub store: Store,
    /// For the chat.
    pub loaded: Loaded,
    /// One for each reading thread.
    pub readers: Vec<Reader>,
}

impl Store {
    /// Opens the history in `directory`, making it if there is none, with `readers` readers beside the
    /// writer. `epoch` is for a history that is made here or whose positions may have gone back; any other keeps its
    /// own. The caller draws it for each opening: no other history may have the same.
    ///
    /// # Errors
    /// When the directory or the database cannot be used; nothing on disk has been changed then.
    pub fn open(
        directory: &Path,
        durability: Durability,
        readers: usize,
        epoch: [u8; 16],
    ) -> Result<Opened, StoreError> {
        let mut location = Location::claim(directory, durability)?;
        let path = location.database();
        let failed = |source| StoreError::unusable(location.directory(), &path, source);
        let open = || {
            let mut connection = Connection::open(&path)?;
            prepare(&connection)?;
            schema::migrate(&mut connection, epoch)?;
            let loaded = schema::load(&mut connection, durability, epoch)?;
            set_synchronous(&connection, durability)?;
            let readers =
                (0..readers).map(|_| Reader::open(&path)).collect::<Result<Vec<_>, _>>()?;
            Ok((connection, loaded, readers))
        };
        let (connection, loaded, readers) = open().map_err(failed)?;
        let mut wal = Wal::of(&path);
        wal.keep_small(&connection);
        location.settle();
        let latest = loaded.rooms.iter().map(|room| room.last).max().unwrap_or_default();
        let (words, ends) = (String::new(), RoomEnds::new());
        let store = Self { connection, durability, words, ends, latest, wal, _location: location };
        Ok(Opened { store, loaded, readers })
    }

    /// Keeps the events and boots of a batch, and forgets the rooms that gave way, and records the batch's position in
    /// the log: one transaction, one sync. Without any of them it does nothing, and what is applied again from the
    /// position that is recorded gives the same. Gives the number of events.
    ///
    /// # Errors
    /// When they could not be kept; then none of them is.
    pub fn commit(
        &mut self,
        position: LogPosition,
        effects: &[Effect],
    ) -> Result<usize, CommitError> {
        if !effects.iter().any(is_kept) {
            return Ok(0);
        }
        let has_boot =
            effects.iter().any(|effect| matches!(effect, Effect::Opened { boot: Some(_), .. }));
        if !has_boot || self.durability == Durability::Sync {
            return self.keep(position, effects);
        }
        // A boot is on the disk before anything is numbered with it, whatever the durability of messages.
        set_synchronous(&self.connection, Durability::Sync)?;
        let kept = self.keep(position, effects);
        set_synchronous(&self.connection, self.durability)?;
        kept
    }

    fn keep(&mut self, position: LogPosition, effects: &[Effect]) -> Result<usize, CommitError> {
        let transaction = self.connection.transaction()?;
        let count = insert(&transaction, effects, &mut self.words, &mut self.latest)?;
        record_ends(&transaction, effects, &mut self.ends)?;
        schema::record_position(&transaction, position)?;
        transaction.commit()?;
        self.wal.keep_small(&self.connection);
        for effect in effects {
            if let Effect::RoomRemoved { room } = effect {
                info!(room = room.0, "a small room that nobody was in gave way to a new one");
            }
        }
        Ok(count)
    }

    /// What stands under a message's id among what has been committed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find(&self, key: &MessageKey) -> Result<Option<Said>, CommitError> {
        Ok(sent::find(&self.connection, key)?)
    }

    /// Lets the database grow to so many pages and no further, or (`None`) as far as the disk has room.
    /// For finding out what happens at the end of a disk.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn limit_pages(&self, pages: Option<u32>) -> Result<(), StoreError> {
        /// SQLite's own limit.
        const PAGES_MAX: u32 = 0xFFFF_FFFE;
        let limit = format!("PRAGMA max_page_count = {}", pages.unwrap_or(PAGES_MAX));
        self.connection.query_row(&limit, [], |_| Ok(())).map_err(StoreError::Close)
    }

    /// Moves everything from the write-ahead log to the database and closes it.
    ///
    /// # Errors
    /// When that fails. What was committed is kept all the same.
    pub fn close(self) -> Result<(), StoreError> {
        let Self { connection, .. } = self;
        // With the sync of this, everything before it is on the disk as well.
        set_synchronous(&connection, Durability::Sync)
            .and_then(|()| schema::mark_whole(&connection))
            .map_err(StoreError::Close)?;
        connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(StoreError::Close)?;
        connection.close().map_err(|(_, error)| StoreError::Close(error))
    }
}

/// Whether anything of it is kept.
fn is_kept(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Event(_)
            | Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Opened { boot: Some(_), .. }
    )
}

fn set_synchronous(connection: &Connection, durability: Durability) -> Result<(), rusqlite::Error> {
    let synchronous = match durability {
        Durability::Sync => "FULL",
        Durability::Async => "NORMAL",
        Durability::Memory => "OFF",
    };
    connection.pragma_update(None, "synchronous", synchronous)
}

fn prepare(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Opening is on the disk before anything else is, whatever the durability of messages.
    connection.pragma_update(None, "synchronous", "FULL")?;
    wal::prepare(connection)?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "foreign_keys", "ON")
}

fn insert(
    connection: &Connection,
    effects: &[Effect],
    words: &mut String,
    latest: &mut Time,
) -> Result<usize, rusqlite::Error> {
    let mut event_row = connection.prepare_cached(
        "INSERT INTO event
             (room, position, time_ms, session, nick, kind, text, message_id, author, seq)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    let mut word_row =
        connection.prepare_cached("INSERT INTO words (rowid, room, text) VALUES (?1, ?2, ?3)")?;
    let mut sequence = last_sequence(connection)?;
    let mut count = 0;
    for effect in effects {
        match effect {
            Effect::RoomCreated { room, name, time } => {
                connection
                    .prepare_cached("INSERT INTO room (id, name, created_ms) VALUES (?1, ?2, ?3)")?
                    .execute(params![room.0, name.as_str(), time.0])?;
            }
            Effect::RoomRemoved { room } => remove_room(connection, *room)?,
            Effect::Opened { boot: Some(boot), .. } => schema::record_boot(connection, *boot)?,
            Effect::Event(event) => {
                let text = event.text.as_ref().map(teahouse_core::Text::as_str);
                sequence = sequence.saturating_add(1);
                count += 1;
                event_row.execute(params![
                    event.room.0,
                    event.position.0.cast_signed(),
                    event.time.0,
                    event.session.0.cast_signed(),
                    event.nick.as_str(),
                    kind_shown(event.kind),
                    text,
                    event.id.map(|id| id.0),
                    event.author.map(|author| author.0),
                    sequence,
                ])?;
                // Without a clock that was set back this is never so, and costs nothing.
                if event.time < *latest {
                    note_time_back(connection, event)?;
                }
                *latest = event.time.max(*latest);
                match (event.kind, text) {
                    (EventKind::Said | EventKind::Acted, Some(text)) => {
                        let indexed = words::indexed(text, words);
                        word_row.execute(params![sequence, words::room(event.room), indexed])?;
                    }
                    (EventKind::Topic, topic) => set_topic(connection, event, topic)?,
                    (EventKind::Said | EventKind::Acted, None) | (EventKind::Unknown, _) => {}
                }
            }
            Effect::Opened { boot: None, .. }
            | Effect::Joined { .. }
            | Effect::Left { .. }
            | Effect::Presence { .. }
            | Effect::Ignores { .. }
            | Effect::Answer { .. }
            | Effect::Ended { .. }
            | Effect::SessionForgotten { .. } => {}
        }
    }
    Ok(count)
}

/// The last number in the order over all rooms that an event has or had. Another program may have removed the last
/// events; their words are still in the index, so their numbers are not given to other events.
fn last_sequence(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT max(ifnull((SELECT max(seq) FROM event), 0),
                        ifnull((SELECT max(id) FROM words_docsize), 0))",
        )?
        .query_row([], |row| row.get(0))
}

/// Records where the rooms of a batch go on: once for each room, however many events it has in the batch.
fn record_ends(
    connection: &Connection,
    effects: &[Effect],
    ends: &mut RoomEnds,
) -> Result<(), rusqlite::Error> {
    ends.clear();
    for effect in effects {
        let Effect::Event(event) = effect else { continue };
        let end = (event.room, event.position, event.time);
        match ends.last_mut() {
            Some(last) if last.0 == event.room => *last = end,
            Some(_) | None => ends.push(end),
        }
    }
    ends.sort_unstable();
    let mut room_row = connection
        .prepare_cached("UPDATE room SET last_position = ?2, last_ms = ?3 WHERE id = ?1")?;
    for room in ends.chunk_by(|one, next| one.0 == next.0) {
        if let Some((room, last, time)) = room.last() {
            room_row.execute(params![room.0, last.0.cast_signed(), time.0])?;
        }
    }
    Ok(())
}

/// A room gave way: its history goes, and its number is remembered so that no other room gets it.
fn remove_room(connection: &Connection, room: RoomId) -> Result<(), rusqlite::Error> {
    for statement in [
        "DELETE FROM words WHERE rowid IN (SELECT seq FROM event WHERE room = ?1)",
        "DELETE FROM event WHERE room = ?1",
        "DELETE FROM time_back WHERE room = ?1",
        "DELETE FROM room WHERE id = ?1",
        "INSERT INTO meta VALUES ('last_room', ?1)
         ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)",
    ] {
        connection.prepare_cached(statement)?.execute([room.0])?;
    }
    Ok(())
}

/// Remembers an event that is stamped earlier than the one before it in its room.
fn note_time_back(connection: &Connection, event: &Event) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached(
            "INSERT INTO time_back SELECT room, ?2 FROM event
             WHERE room = ?1 AND position = ?2 - 1 AND time_ms > ?3",
        )?
        .execute(params![event.room.0, event.position.0.cast_signed(), event.time.0])?;
    Ok(())
}

fn set_topic(
    connection: &Connection,
    event: &Event,
    topic: Option<&str>,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("UPDATE room SET topic = ?2 WHERE id = ?1")?
        .execute(params![event.room.0, topic])?;
    Ok(())
}
