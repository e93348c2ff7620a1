//! The tables, and the migration of databases of older versions. Each version is a step that runs once, in a
//! transaction; steps are never changed, only added. No step draws random values: the caller supplies them.

use std::collections::HashSet;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{FromSql, ValueRef};
use rusqlite::{Connection, TransactionBehavior, params};
use teahouse_core::{LogPosition, Position, RoomId, RoomName, StoredRoom, Time};

use tracing::{error, info, warn};

use super::durability::Durability;
use super::{row, words};

/// "TeaH": marks a file as a history of Teahouse.
pub(super) const APPLICATION_ID: u32 = 0x5465_6148;

/// The key in `meta` of the epoch; it exists from the first step on.
const EPOCH: &str = "epoch";

/// The key in `meta` that exists while events whose positions were given out may be lost.
const MAY_GO_BACK: &str = "may_go_back";

/// The key in `meta` of the last recorded position in the log; it does not exist before the first.
const LOG_POSITION: &str = "log_position";

const STEPS: &[&str] = &["
    CREATE TABLE meta (
        key   TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO meta VALUES ('boot', 0);

    CREATE TABLE room (
        id         INTEGER PRIMARY KEY,
        name       TEXT NOT NULL UNIQUE,
        topic      TEXT,
        created_ms INTEGER NOT NULL
    );

    -- seq is the order over all rooms; position is the order within one, from 1, without holes.
    CREATE TABLE event (
        seq        INTEGER PRIMARY KEY,
        room       INTEGER NOT NULL REFERENCES room (id),
        position   INTEGER NOT NULL,
        time_ms    INTEGER NOT NULL,
        session    INTEGER NOT NULL,
        nick       TEXT NOT NULL,
        kind       TEXT NOT NULL,
        text       TEXT,
        message_id BLOB
    );
    CREATE UNIQUE INDEX event_position ON event (room, position);
    CREATE INDEX event_message_id ON event (seq) WHERE message_id IS NOT NULL;

    -- Search: rowid is event.seq; room is r and its number, so that a search can name its rooms; each
    -- Chinese, Japanese or Korean character, and each symbol, is a word of its own.
    CREATE VIRTUAL TABLE words USING fts5 (
        room, text,
        content = '', contentless_delete = 1,
        tokenize = \"unicode61 remove_diacritics 2 categories 'L* N* Co So'\"
    );
", "
    -- Whose a message id is (promise P3). Rows that are older than this have none, and may have an id twice.
    ALTER TABLE event ADD COLUMN author BLOB;
    DROP INDEX event_message_id;
    -- By id before author: the ids of our clients begin with the time, so that new ones stand together.
    CREATE UNIQUE INDEX event_sent ON event (room, message_id, author) WHERE message_id IS NOT NULL;
", "
    -- Search: rowid is event.seq; room is r and its number, so that a search can name its rooms. What looks
    -- the same is indexed the same (indexed), with its marks (M*): store/words.rs.
    DROP TABLE words;
    CREATE VIRTUAL TABLE words USING fts5 (
        room, text,
        content = '', contentless_delete = 1,
        tokenize = \"unicode61 remove_diacritics 2 categories 'L* M* N* Co So'\"
    );
    INSERT INTO words (rowid, room, text)
        SELECT seq, 'r' || room, indexed(text) FROM event
        WHERE kind IN ('said', 'acted') AND text IS NOT NULL ORDER BY seq;
", "
    -- Where the times of a room begin anew before those of the events before: once a clock had run ahead. From
    -- one of these positions to the next, times follow positions, which is how a moment is found. Older versions
    -- let times of a moment's distance go back as well; that is no stretch of its own.
    CREATE TABLE time_back (
        room     INTEGER NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (room, position)
    ) WITHOUT ROWID;
    INSERT INTO time_back
        SELECT room, position FROM (
            SELECT room, position, time_ms,
                   lag(time_ms) OVER (PARTITION BY room ORDER BY position) AS before_ms
            FROM event)
        WHERE time_ms < before_ms - 1000;
", "
    -- Where a room begins and where it goes on, also once events of it are gone: the positions of its first and
    -- last event, and the time of the last. A room without events begins right after its last position.
    ALTER TABLE room ADD COLUMN first_position INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE room ADD COLUMN last_position INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE room ADD COLUMN last_ms INTEGER NOT NULL DEFAULT 0;
    UPDATE room SET first_position = first.position FROM event AS first
        WHERE first.room = room.id
        AND first.position = (SELECT min(position) FROM event WHERE event.room = room.id);
    UPDATE room SET last_position = last.position, last_ms = last.time_ms FROM event AS last
        WHERE last.room = room.id
        AND last.position = (SELECT max(position) FROM event WHERE event.room = room.id);
"];

/// The first version in which rooms have columns for their first and last position.
pub(super) const ROOM_ENDS_SINCE: u32 = 5;

/// The newest version.
#[expect(clippy::cast_possible_truncation, reason = "a handful of steps")]
pub(super) const VERSION: u32 = STEPS.len() as u32;

/// Brings a database up to date. One that is made here has this epoch; one that there was keeps its own.
pub(super) fn migrate(connection: &mut Connection, epoch: [u8; 16]) -> Result<(), rusqlite::Error> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let newest = VERSION;
    if version > 0 && version < newest {
        info!(version, newest, "upgrading a history of an older version");
    }
    offer_indexed(connection)?;
    for (step, next) in STEPS.iter().zip(1..).skip(version as usize) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        if next == 1 {
            transaction.execute("INSERT INTO meta VALUES (?1, ?2)", params![EPOCH, epoch])?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Defines the SQL function `indexed(text)` for the steps.
fn offer_indexed(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("indexed", 1, flags, |arguments| {
        // A text that another program wrote may have another type.
        let bytes = match arguments.get_raw(0) {
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes,
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => &[],
        };
        Ok(words::indexed(&String::from_utf8_lossy(bytes), &mut String::new()).to_owned())
    })
}

/// The data from which a server starts.
#[derive(Debug)]
pub struct Loaded {
    /// A random value, set when the database was made or when its positions may have gone back: it tells the positions
    /// of this history from those of another.
    pub epoch: [u8; 16],
    /// The highest boot that a server was ever given; 0 before the first.
    pub last_boot: u32,
    /// The last recorded position in the log.
    pub position: LogPosition,
    /// The highest number that a room ever had; 0 before the first.
    pub last_room: RoomId,
    /// Every stored room.
    pub rooms: Vec<StoredRoom>,
}

/// Reads the data from which the chat starts. A history whose positions may have gone back begins this epoch.
///
/// # Errors
/// When SQLite fails.
pub(super) fn load(
    connection: &mut Connection,
    durability: Durability,
    epoch: [u8; 16],
) -> Result<Loaded, rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    begin_epoch(&transaction, durability, epoch)?;
    let epoch = meta(&transaction, EPOCH)?;
    let last_boot = meta(&transaction, "boot")?;
    let last_room = transaction.query_row(
        "SELECT max((SELECT coalesce(max(id), 0) FROM room WHERE id BETWEEN 0 AND ?1),
                    coalesce((SELECT value FROM meta WHERE key = 'last_room' AND value <= ?1), 0))",
        [RoomId::KEPT_MAX.0],
        |row| row.get(0).map(RoomId),
    )?;
    let position = log_position(&transaction)?;
    adapt_to_events(&transaction)?;
    let rooms = rooms(&transaction)?;
    transaction.commit()?;
    Ok(Loaded { epoch, last_boot, position, last_room, rooms })
}

/// Records that a boot is given out, in the transaction of its batch.
pub(super) fn record_boot(connection: &Connection, boot: u32) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("UPDATE meta SET value = max(value, ?1) WHERE key = 'boot'")?
        .execute([boot])?;
    Ok(())
}

/// Records a position in the log, in the transaction of its batch.
pub(super) fn record_position(
    connection: &Connection,
    position: LogPosition,
) -> Result<(), rusqlite::Error> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?
        .execute(params![LOG_POSITION, position.0.cast_signed()])?;
    Ok(())
}

fn log_position(connection: &Connection) -> Result<LogPosition, rusqlite::Error> {
    let sql = "SELECT coalesce(max(value), 0) FROM meta WHERE key = ?1";
    let position: i64 = connection.query_row(sql, [LOG_POSITION], |row| row.get(0))?;
    let number = u64::try_from(position);
    let number = number.map_err(|_| rusqlite::Error::IntegralValueOutOfRange(0, position))?;
    Ok(LogPosition(number))
}

/// Begins this epoch if positions may have gone back, and marks the history if that can happen from now on.
fn begin_epoch(
    connection: &Connection,
    durability: Durability,
    epoch: [u8; 16],
) -> Result<(), rusqlite::Error> {
    if connection.execute("DELETE FROM meta WHERE key = ?1", [MAY_GO_BACK])? > 0 {
        let sql = "UPDATE meta SET value = ?2 WHERE key = ?1";
        connection.execute(sql, params![EPOCH, epoch])?;
        warn!(
            "the history is a copy, or ran without `--durability sync` and was not closed properly: its last \
             messages may be missing, so it begins a new epoch and clients load it again"
        );
    }
    if durability == Durability::Async {
        mark_may_go_back(connection)?;
    }
    Ok(())
}

/// Marks a history whose positions may be given out a second time: the next opening begins a new epoch.
pub(super) fn mark_may_go_back(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?1, 1)", [MAY_GO_BACK]).map(|_| ())
}

/// Removes that mark: every event is on the disk.
pub(super) fn mark_whole(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute("DELETE FROM meta WHERE key = ?1", [MAY_GO_BACK]).map(|_| ())
}

/// One value of the table `meta`.
pub(super) fn meta<T: FromSql>(connection: &Connection, key: &str) -> Result<T, rusqlite::Error> {
    connection.query_row("SELECT value FROM meta WHERE key = ?1", [key], |row| row.get(0))
}

/// Adapts the rooms to changes of the events by other programs: the first position becomes that of the first event, and
/// the last position is at least that of the last event. If the last events were deleted, the last position stays, so
/// that no position is given twice. Two look-ups in the index for each room.
fn adapt_to_events(connection: &Connection) -> Result<(), rusqlite::Error> {
    let last =
        "UPDATE room SET last_position = last.position, last_ms = last.time_ms FROM event AS last
                WHERE last.room = room.id AND last.position > room.last_position
                AND last.position = (SELECT max(position) FROM event WHERE event.room = room.id)";
    let first = "UPDATE room SET first_position = kept.first FROM (
                    SELECT id, coalesce(
                        (SELECT min(position) FROM event WHERE event.room = room.id),
                        last_position + 1) AS first FROM room) AS kept
                 WHERE kept.id = room.id AND kept.first <> room.first_position";
    let changed = connection.execute(last, [])? + connection.execute(first, [])?;
    if changed > 0 {
        warn!("another program has added or removed events: the positions of rooms were adapted");
    }
    Ok(())
}

fn rooms(connection: &Connection) -> Result<Vec<StoredRoom>, rusqlite::Error> {
    let mut rows = connection.prepare(
        "SELECT id, name, topic, first_position, last_position, last_ms FROM room ORDER BY id",
    )?;
    let mut created: Vec<StoredRoom> = Vec::new();
    // Rows that are not valid rooms: id and name, as stored.
    let mut set_aside = Vec::new();
    let mut names = HashSet::new();
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        let room = u32::try_from(id).ok().filter(|id| *id <= RoomId::KEPT_MAX.0);
        let name = row::name(row, 1).filter(|_| room.is_some());
        let name = name.filter(|name| names.insert(name.clone()));
        let (Some(room), Some(name)) = (room, name) else {
            set_aside.push((id, row::display(row, 1)));
            continue;
        };
        let first = Position(row.get::<_, i64>(3)?.cast_unsigned());
        let head = Position(row.get::<_, i64>(4)?.cast_unsigned());
        let last = Time(row.get_ref(5)?.as_i64().unwrap_or_default());
        let topic = row::text(row, 2);
        created.push(StoredRoom { room: RoomId(room), name, first, head, last, topic });
    }
    for (id, name) in set_aside {
        // The name as stored: an operator can look for it.
        error!(id, name, "a room in the database has no valid name or number: it is set aside");
        free_name(connection, id, &name)?;
    }
    Ok(created)
}

/// Renames a room that is set aside, so that its name, if valid, is free for a new room.
fn free_name(connection: &Connection, id: i64, name: &str) -> Result<(), rusqlite::Error> {
    if RoomName::parse(name).is_ok_and(|proper| proper.as_str() == name) {
        let renamed = format!("{name} (room {id}, set aside)");
        connection.execute("UPDATE room SET name = ?2 WHERE id = ?1", params![id, renamed])?;
    }
    Ok(())
}
