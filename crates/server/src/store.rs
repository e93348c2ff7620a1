//! The store: history in one SQLite file that an operator can open with `sqlite3` and understand.
//!
//! One [`Store`] writes, on the hub's thread: a batch is one transaction and one sync. [`Reader`]s read at the same
//! time (WAL), each on its own connection. The search index is written in the same transaction as the events, so every
//! message that can be seen can be found.
//!
//! Invariants: positions of a room have no holes (the index is unique, the core counts); a database is not changed
//! before it is known to be ours and sound; two servers never write one history (the lock file).

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
    Effect, Event, EventKind, KnownMessage, LogPosition, MessageKey, Position, RoomId, Time,
};
use tracing::info;

pub use copy::{Soundness, backup, check};
pub use durability::Durability;
pub use error::{CommitError, StoreError};
pub(crate) use files::DATABASE;
pub use reader::{PAGE_BYTES_MAX, ReadError, Reader};
pub use schema::Loaded;

use files::Location;
use row::name_of_kind;
use wal::Wal;

/// Pages that SQLite may cache for the writer, KiB (a negative number in its pragma).
const CACHE_KIB: i64 = 32 * 1024;
/// How long to wait for another program that has locked the database, such as `sqlite3`. The hub waits meanwhile; if
/// the time is not enough, it retries later.
const BUSY_WAIT: Duration = Duration::from_millis(500);

/// The one writer.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// The durability of messages.
    durability: Durability,
    words: String,
    /// The room ends of the last batch; kept to reuse the memory.
    ends: RoomEnds,
    /// The latest time of any stored event.
    latest: Time,
    wal: Wal,
    /// Holds the lock on the data directory while the store is open.
    _location: Location,
}

/// The last events of the rooms of a batch: one entry for each run of events of the same room.
type RoomEnds = Vec<(RoomId, Position, Time)>;

/// An opened history.
#[derive(Debug)]
pub struct Opened {
    /// The writer, for the hub.
    pub store: Store,
    /// The data from which the chat starts.
    pub loaded: Loaded,
    /// One reader for each reading thread.
    pub readers: Vec<Reader>,
}

impl Store {
    /// Opens the history in `directory`, with `readers` readers besides the writer. Creates the history if it does not
    /// exist. `epoch` is used for a history that is created here or whose positions may have gone back; any other
    /// history keeps its own. The caller draws `epoch` at random for each opening: no other history may have the same.
    ///
    /// # Errors
    /// When the directory or the database cannot be used; then nothing on disk has changed.
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

    /// Stores the events and boots of a batch, deletes its evicted rooms and records its position in the log: one
    /// transaction, one sync. A batch without such effects changes nothing and is not recorded: a replay from the
    /// recorded position gives the same state. Returns the number of events.
    ///
    /// # Errors
    /// When the batch could not be stored; then nothing of it is.
    pub fn commit(
        &mut self,
        position: LogPosition,
        effects: &[Effect],
    ) -> Result<usize, CommitError> {
        if !effects.iter().any(is_durable) {
            return Ok(0);
        }
        let has_boot =
            effects.iter().any(|effect| matches!(effect, Effect::Opened { boot: Some(_), .. }));
        if !has_boot || self.durability == Durability::Sync {
            return self.keep(position, effects);
        }
        // A boot is synced before any session number is made from it, whatever the durability of messages.
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
                info!(room = room.0, "an empty small room was removed to make room for a new one");
            }
        }
        Ok(count)
    }

    /// The committed message with this id, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn find(&self, key: &MessageKey) -> Result<Option<KnownMessage>, CommitError> {
        Ok(sent::find(&self.connection, key)?)
    }

    /// Limits the database to this many pages; `None` removes the limit. Tests use it to simulate a full disk.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn limit_pages(&self, pages: Option<u32>) -> Result<(), StoreError> {
        /// SQLite's own limit.
        const PAGES_MAX: u32 = 0xFFFF_FFFE;
        let limit = format!("PRAGMA max_page_count = {}", pages.unwrap_or(PAGES_MAX));
        self.connection.query_row(&limit, [], |_| Ok(())).map_err(StoreError::Close)
    }

    /// Moves the write-ahead log into the database and closes the database.
    ///
    /// # Errors
    /// When that fails. Committed batches are safe even then.
    pub fn close(self) -> Result<(), StoreError> {
        let Self { connection, .. } = self;
        // The sync of this write also syncs every commit before it.
        set_synchronous(&connection, Durability::Sync)
            .and_then(|()| schema::mark_whole(&connection))
            .map_err(StoreError::Close)?;
        connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(StoreError::Close)?;
        connection.close().map_err(|(_, error)| StoreError::Close(error))
    }
}

/// Whether an effect is stored.
fn is_durable(effect: &Effect) -> bool {
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
    // The writes of opening are synced, whatever the durability of messages.
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
                    name_of_kind(event.kind),
                    text,
                    event.id.map(|id| id.0),
                    event.author.map(|author| author.0),
                    sequence,
                ])?;
                // Only after the clock was set back.
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

/// The largest `seq` that an event has or had. Another program may have deleted the last events; their words are still
/// in the index, so their numbers are not given to other events.
fn last_sequence(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection
        .prepare_cached(
            "SELECT max(ifnull((SELECT max(seq) FROM event), 0),
                        ifnull((SELECT max(id) FROM words_docsize), 0))",
        )?
        .query_row([], |row| row.get(0))
}

/// Records the last position and time of each room of a batch: one update per room, however many events it has.
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

/// Deletes an evicted room with its history, and remembers its number so that no other room gets it.
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

/// Records an event whose time is before that of the previous event of its room.
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
