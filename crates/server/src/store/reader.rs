//! Reads history while the writer goes on. Every answer is bounded by the asker's permission to read.

use std::path::Path;

use rusqlite::{CachedStatement, Connection, OpenFlags, OptionalExtension, params};
use teahouse_core::{Event, Excerpt, Position, RoomId, RoomName, Sequence, Time, TooWide};
use thiserror::Error;

use super::budget::{Budget, is_interrupted};
use super::row::{self, COLUMN_COUNT, COLUMNS, event};
use super::words;

/// Pages that SQLite may keep in memory for one reader, KiB.
const CACHE_KIB: i64 = 8 * 1024;

/// Bytes of text in one page of an answer, so that a page fits the outbox of a connection.
pub const PAGE_BYTES_MAX: usize = 64 * 1024;

/// Why history was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// SQLite failed.
    #[error("history cannot be read")]
    Fault(#[from] rusqlite::Error),
    /// The search takes more work than one search may.
    #[error("the search is too wide")]
    TooWide(TooWide),
}

/// A reader, for one thread.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
    budget: Budget,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Self, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update(None, "query_only", "ON")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        // The query opens every file that the reader needs: their names may be removed afterwards.
        connection.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
        let budget = Budget::of(&mut connection)?;
        Ok(Self { connection, budget })
    }

    /// The newest `count` events up to `upto`, in order; fewer if their texts fill a page.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn latest(
        &self,
        room: RoomId,
        upto: Position,
        count: u32,
    ) -> Result<Vec<Event>, ReadError> {
        let mut rows =
            self.prepare("WHERE room = ?1 AND position <= ?2 ORDER BY position DESC LIMIT ?3")?;
        let mut rows = rows.query(params![room.0, signed(upto), count])?;
        let mut events = Vec::new();
        let mut bytes = 0;
        while bytes < PAGE_BYTES_MAX
            && let Some(row) = rows.next()?
        {
            let event = event(row)?;
            bytes += event.weight();
            events.push(event);
        }
        events.reverse();
        Ok(events)
    }

    /// The position of the first stored event of a room, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn first(&self, room: RoomId) -> Result<Option<Position>, ReadError> {
        let mut rows =
            self.connection.prepare_cached("SELECT min(position) FROM event WHERE room = ?1")?;
        let first: Option<i64> = rows.query_row([room.0], |row| row.get(0))?;
        Ok(first.map(|first| Position(first.cast_unsigned())))
    }

    /// The newest `count` events before a time, in order.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn before_time(
        &self,
        room: RoomId,
        upto: Position,
        time: Time,
        count: u32,
    ) -> Result<Vec<Event>, ReadError> {
        let last = self.last_before(room, upto, time)?;
        self.latest(room, last, count)
    }

    /// The last position of an event before a time. It searches each stretch of the room in which times rise with
    /// positions, the newest stretch first. A room has one stretch, unless the clock was set back.
    fn last_before(&self, room: RoomId, upto: Position, time: Time) -> Result<Position, ReadError> {
        let mut starts = self.connection.prepare_cached(
            "SELECT position FROM time_back WHERE room = ?1 AND position <= ?2
             ORDER BY position DESC",
        )?;
        let mut starts = starts.query(params![room.0, signed(upto)])?;
        let mut last = upto.0;
        while let Some(row) = starts.next()? {
            let first = row.get::<_, i64>(0)?.cast_unsigned();
            if let Some(position) = self.last_before_in(room, (first, last), time)? {
                return Ok(position);
            }
            last = first.saturating_sub(1);
        }
        Ok(self.last_before_in(room, (1, last), time)?.unwrap_or(Position::START))
    }

    /// The same within one stretch, from one position to another: a binary search, so that no index of times is needed.
    fn last_before_in(
        &self,
        room: RoomId,
        (first, last): (u64, u64),
        time: Time,
    ) -> Result<Option<Position>, ReadError> {
        let mut rows = self.connection.prepare_cached(
            "SELECT time_ms FROM event WHERE room = ?1 AND position >= ?2
             ORDER BY position LIMIT 1",
        )?;
        let (mut low, mut high) = (first.saturating_sub(1), last);
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let position = signed(Position(middle));
            let at: Option<i64> =
                rows.query_row(params![room.0, position], |row| row.get(0)).optional()?;
            if at.is_some_and(|at| at < time.0) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok((low >= first).then_some(Position(low)))
    }

    /// Events after `after` up to `upto`, in order: at most `events_max`, and none after their texts have reached
    /// `bytes_max` bytes; at least one if there is any.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn after(
        &self,
        room: RoomId,
        after: Position,
        upto: Position,
        events_max: u32,
        bytes_max: usize,
    ) -> Result<Vec<Event>, ReadError> {
        let mut statement = self.prepare(
            "WHERE room = ?1 AND position > ?2 AND position <= ?3 ORDER BY position LIMIT ?4",
        )?;
        let mut rows = statement.query(params![room.0, signed(after), signed(upto), events_max])?;
        let mut events = Vec::new();
        let mut bytes = 0;
        while bytes < bytes_max
            && let Some(row) = rows.next()?
        {
            let event = event(row)?;
            bytes += event.weight();
            events.push(event);
        }
        Ok(events)
    }

    /// The newest `count` events with these words, newest first, in these rooms up to these positions, or (`None`) in
    /// every room. With `before`, only events before it.
    ///
    /// # Errors
    /// When the database cannot be read, or the search is too wide. A search whose time is used up returns what it has
    /// found, and says that there may be more; only if it has found nothing, it is too wide.
    pub fn search(
        &self,
        rooms: Option<&[(RoomId, Position)]>,
        typed: &str,
        before: Option<Sequence>,
        count: u32,
    ) -> Result<Excerpt, ReadError> {
        let ids: Option<Vec<RoomId>> =
            rooms.map(|rooms| rooms.iter().map(|(room, _)| *room).collect());
        let query = words::query(ids.as_deref(), typed).map_err(ReadError::TooWide)?;
        let Some(query) = query else { return Ok(Excerpt::default()) };
        let bounded = self.budget.begin();
        let mut excerpt = Excerpt::default();
        let searched = self.fill(&mut excerpt, rooms, &query, before, count);
        drop(bounded);
        match searched {
            Err(error) if is_interrupted(&error) && excerpt.events.is_empty() => {
                Err(ReadError::TooWide(TooWide::Work))
            }
            Err(error) if !is_interrupted(&error) => Err(error.into()),
            Ok(()) | Err(_) => Ok(excerpt),
        }
    }

    /// Adds the events that a search finds. Until the end is reached, `more` is the last event found.
    fn fill(
        &self,
        excerpt: &mut Excerpt,
        rooms: Option<&[(RoomId, Position)]>,
        query: &str,
        before: Option<Sequence>,
        count: u32,
    ) -> Result<(), rusqlite::Error> {
        let before = before.map_or(i64::MAX, |before| i64::try_from(before.0).unwrap_or(i64::MAX));
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT {COLUMNS}, words.rowid FROM words JOIN event ON event.seq = words.rowid
             WHERE words MATCH ?1 AND words.rowid < ?2 AND +event.room BETWEEN 0 AND {}
             ORDER BY words.rowid DESC",
            u32::MAX
        ))?;
        let mut rows = statement.query(params![query, before])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let event = event(row)?;
            // Events after the permission was given are left out.
            let is_within = rooms.is_none_or(|rooms| {
                rooms.iter().any(|(room, upto)| *room == event.room && event.position <= *upto)
            });
            if !is_within {
                continue;
            }
            if excerpt.events.len() >= count as usize || bytes >= PAGE_BYTES_MAX {
                return Ok(());
            }
            bytes += event.weight();
            excerpt.events.push(event);
            let sequence: i64 = row.get(COLUMN_COUNT)?;
            excerpt.more = Some(Sequence(sequence.cast_unsigned()));
        }
        excerpt.more = None;
        Ok(())
    }

    /// The name of a room, if the room is stored.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn room_name(&self, room: RoomId) -> Result<Option<RoomName>, ReadError> {
        let mut rows = self.connection.prepare_cached("SELECT name FROM room WHERE id = ?1")?;
        let name = rows.query_row([room.0], |row| Ok(row::name(row, 0))).optional()?;
        Ok(name.flatten())
    }

    fn prepare(&self, rest: &str) -> Result<CachedStatement<'_>, rusqlite::Error> {
        self.connection.prepare_cached(&format!("SELECT {COLUMNS} FROM event {rest}"))
    }
}

fn signed(position: Position) -> i64 {
    // A client may ask for a position that no room can reach; it then counts as the largest.
    i64::try_from(position.0).unwrap_or(i64::MAX)
}
