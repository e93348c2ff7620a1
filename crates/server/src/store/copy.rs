//! Copies a history and checks whether a history is sound. Both work while a server writes it, and neither changes it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use teahouse_core::Time;

use super::StoreError;
use super::schema::{APPLICATION_ID, ROOM_ENDS_SINCE, VERSION, mark_may_go_back};

/// How long to wait for another program that has locked the database.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// The most findings of SQLite's integrity check.
const FINDINGS_MAX: u32 = 20;

/// The figures of a sound history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Soundness {
    /// The number of messages and other events.
    pub events: u64,
    /// The number of rooms.
    pub rooms: u64,
    /// The time of the newest event; `None` if there is none.
    pub newest: Option<Time>,
}

/// Copies the history of a database into a new file, which is checked before it gets its name. The copy shows the
/// history at one moment, even while a server writes. A server that opens the copy begins a new epoch, because the copy
/// lacks later messages and the server will give their positions again.
///
/// # Errors
/// When there is no history, the file exists, one of them cannot be used, or the copy is not sound.
pub fn backup(database: &Path, to: &Path) -> Result<Soundness, StoreError> {
    let exists = || StoreError::Exists { path: to.to_owned() };
    if to.try_exists().unwrap_or(false) {
        return Err(exists());
    }
    let directory = match to.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        Some(_) | None => PathBuf::from("."),
    };
    let failed = |why| StoreError::Directory { path: directory.clone(), why };
    let source = open(database)?;
    let unwritten = |source| StoreError::Sqlite { path: to.to_owned(), source };
    // Readable only by this user, and removed again if a step fails.
    let copy = tempfile::Builder::new()
        .prefix(".teahouse-backup-")
        .tempfile_in(&directory)
        .map_err(failed)?;
    copy_pages(&source, copy.path()).map_err(unwritten)?;
    let soundness = check(copy.path())?;
    copy.as_file().sync_all().map_err(failed)?;
    copy.persist_noclobber(to).map_err(|error| {
        let is_there = error.error.kind() == std::io::ErrorKind::AlreadyExists;
        if is_there { exists() } else { failed(error.error) }
    })?;
    sync_directory(&directory).map_err(failed)?;
    Ok(soundness)
}

fn copy_pages(source: &Connection, to: &Path) -> Result<(), rusqlite::Error> {
    let mut copy = Connection::open(to)?;
    {
        let backup = Backup::new(source, &mut copy)?;
        // One step for all pages, so that the copy shows one moment: in smaller steps it would restart at each commit.
        // If another program has locked the history, SQLite waits within the step ([`BUSY_WAIT`]).
        if !matches!(backup.step(-1)?, StepResult::Done) {
            return Err(busy());
        }
    }
    // Without WAL, the copy is a single file.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    mark_may_go_back(&copy)?;
    copy.close().map_err(|(_, error)| error)
}

fn busy() -> rusqlite::Error {
    let why = "another program has locked the history".to_owned();
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), Some(why))
}

/// Checks a whole history: every page and index, that the positions of each room have no holes, and that the recorded
/// first and last position of each room match its events.
///
/// # Errors
/// When the history is not sound, or cannot be read.
pub fn check(database: &Path) -> Result<Soundness, StoreError> {
    let connection = open(database)?;
    let corrupt = |what: String| StoreError::Corrupt { path: database.to_owned(), what };
    let findings = findings(&connection).map_err(|error| unreadable(database, error))?;
    if let Some(first) = findings.first() {
        let more = match findings.len() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more)"),
        };
        return Err(corrupt(format!("{first}{more}")));
    }
    let count = "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM room),
                        (SELECT max(time_ms) FROM event WHERE typeof(time_ms) = 'integer')";
    connection
        .query_row(count, [], |row| {
            let (events, rooms): (i64, i64) = (row.get(0)?, row.get(1)?);
            let newest: Option<i64> = row.get(2)?;
            let (events, rooms) = (events.unsigned_abs(), rooms.unsigned_abs());
            Ok(Soundness { events, rooms, newest: newest.map(Time) })
        })
        .map_err(|error| unreadable(database, error))
}

fn findings(connection: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let mut findings: Vec<String> = Vec::new();
    let mut rows = connection.prepare(&format!("PRAGMA integrity_check({FINDINGS_MAX})"))?;
    for finding in rows.query_map([], |row| row.get::<_, String>(0))? {
        findings.extend(Some(finding?).filter(|finding| finding != "ok"));
    }
    let mut rows = connection.prepare("PRAGMA foreign_key_check")?;
    for table in rows.query_map([], |row| row.get::<_, String>(0))? {
        findings.push(format!("a row of {} belongs to no room", table?));
    }
    let mut rows = connection.prepare(
        "SELECT room FROM event GROUP BY room
         HAVING count(*) <> max(position) - min(position) + 1",
    )?;
    for room in rows.query_map([], |row| row.get::<_, i64>(0))? {
        findings.push(format!("the positions of room {} have holes", room?));
    }
    findings.extend(misplaced_rooms(connection)?);
    Ok(findings)
}

/// Findings for rooms whose recorded first and last position are not those of their first and last event. In a history
/// of a version that did not record them, each room must begin at 1.
fn misplaced_rooms(connection: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let sql = if version < ROOM_ENDS_SINCE {
        "SELECT room, 1, max(position), min(position), max(position) FROM event
         GROUP BY room HAVING min(position) <> 1"
    } else {
        "SELECT id, first_position, last_position, first, last FROM (
            SELECT id, first_position, last_position,
                coalesce((SELECT min(position) FROM event WHERE room = id), last_position + 1) AS first,
                coalesce((SELECT max(position) FROM event WHERE room = id), last_position) AS last
            FROM room)
         WHERE first_position <> first OR last_position <> last"
    };
    let mut rows = connection.prepare(sql)?;
    let shown = rows.query_map([], |row| {
        let mut numbers = [0_i64; 5];
        for (column, number) in numbers.iter_mut().enumerate() {
            *number = row.get(column)?;
        }
        let [room, first, last, first_kept, last_kept] = numbers;
        Ok(format!(
            "room {room} should have events {first} to {last} and has {first_kept} to {last_kept}"
        ))
    })?;
    shown.collect()
}

/// Opens a history for reading only; another program may have it open.
fn open(database: &Path) -> Result<Connection, StoreError> {
    if !database.try_exists().unwrap_or(true) {
        return Err(StoreError::NoHistory { path: database.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || -> Result<(Connection, u32, u32), rusqlite::Error> {
        let connection = Connection::open_with_flags(database, flags)?;
        connection.busy_timeout(BUSY_WAIT)?;
        connection.pragma_update(None, "query_only", "ON")?;
        let application =
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        Ok((connection, application, version))
    };
    let path = database.to_owned();
    match open().map_err(|error| unreadable(database, error))? {
        (_, application, _) if application != APPLICATION_ID => Err(StoreError::NotOurs { path }),
        (_, _, found) if found > VERSION => Err(StoreError::TooNew { path, found, known: VERSION }),
        (connection, ..) => Ok(connection),
    }
}

fn unreadable(database: &Path, source: rusqlite::Error) -> StoreError {
    StoreError::unusable(database, database, source)
}

/// Syncs the directory, so that the new file name survives a power cut.
fn sync_directory(directory: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}
