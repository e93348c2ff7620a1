//! The files of a history. They are claimed in an order that changes nothing on disk if something is wrong: first a
//! check of the database without SQLite writing to it, then the directory, then the lock.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::durability::Durability;
use super::schema::{APPLICATION_ID, VERSION};
use super::{StoreError, private};

/// The name of the database file in its directory.
pub(crate) const DATABASE: &str = "teahouse.db";
const LOCK: &str = "teahouse.lock";
const OUR_FILES: [&str; 4] = [DATABASE, "teahouse.db-wal", "teahouse.db-shm", LOCK];
/// The directory of a history in memory: a file system in memory, if the system has it.
const MEMORY_DIRECTORY: &str = "/dev/shm";
/// A database up to this size is checked as a whole before it is opened, bytes. SQLite checks larger ones as it reads
/// them.
const CHECKED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes of SQLite's header (its file format, section 1.3).
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// A data directory, locked for this process until this is dropped.
#[derive(Debug)]
pub(super) struct Location {
    directory: PathBuf,
    lock: Option<File>,
    /// Files and directories that this opening has created; they are removed if it fails.
    made: Vec<PathBuf>,
    temporary: Option<tempfile::TempDir>,
}

impl Location {
    /// Checks the database in a directory and claims the directory.
    pub(super) fn claim(directory: &Path, durability: Durability) -> Result<Self, StoreError> {
        if durability == Durability::Memory {
            return Self::in_memory();
        }
        let failed = |why| StoreError::Directory { path: directory.to_owned(), why };
        let mut location =
            Self { directory: directory.to_owned(), lock: None, made: Vec::new(), temporary: None };
        check_database(&location.database())?;
        location.make_directory(directory).map_err(failed)?;
        let lock_path = directory.join(LOCK);
        if !lock_path.exists() {
            location.made.push(lock_path.clone());
        }
        let lock = private::open_or_create(&lock_path).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => location.lock = Some(lock),
            Err(TryLockError::WouldBlock) => {
                location.made.clear();
                return Err(StoreError::InUse { path: directory.to_owned() });
            }
            Err(TryLockError::Error(why)) => return Err(failed(why)),
        }
        let is_new = !location.database().exists();
        if is_new {
            location.made.push(location.database());
        }
        // SQLite gives the files of its log the same mode.
        private::open_or_create(&location.database()).map_err(failed)?;
        if private::close_to_others(directory, &OUR_FILES).map_err(failed)? && !is_new {
            let directory = directory.display();
            tracing::warn!(%directory, "other users of this machine could read the history; now they cannot");
        }
        Ok(location)
    }

    fn in_memory() -> Result<Self, StoreError> {
        let memory = Path::new(MEMORY_DIRECTORY);
        let temporary = tempfile::Builder::new()
            .prefix("teahouse-")
            .tempdir_in(memory)
            .or_else(|_| tempfile::Builder::new().prefix("teahouse-").tempdir())
            .map_err(|why| StoreError::Directory { path: std::env::temp_dir(), why })?;
        Ok(Self {
            directory: temporary.path().to_owned(),
            lock: None,
            made: Vec::new(),
            temporary: Some(temporary),
        })
    }

    /// Creates the directory and its missing parents, and remembers which of them it created.
    fn make_directory(&mut self, directory: &Path) -> std::io::Result<()> {
        let missing: Vec<&Path> = directory
            .ancestors()
            .take_while(|path| !path.as_os_str().is_empty() && !path.exists())
            .collect();
        for path in missing.into_iter().rev() {
            private::create_directory(path)?;
            self.made.push(path.to_owned());
        }
        Ok(())
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn database(&self) -> PathBuf {
        self.directory.join(DATABASE)
    }

    /// Call when everything is open: the created files stay. The files of a history in memory are unlinked now, so that
    /// not even a killed server leaves them behind.
    pub(super) fn settle(&mut self) {
        self.made.clear();
        if cfg!(unix)
            && let Some(temporary) = self.temporary.take()
            && let Err(error) = temporary.close()
        {
            tracing::warn!(%error, "cannot remove the directory of a history in memory");
        }
    }
}

impl Drop for Location {
    fn drop(&mut self) {
        for path in self.made.drain(..).rev() {
            let removed = if path.is_dir() {
                std::fs::remove_dir(&path)
            } else {
                std::fs::remove_file(&path)
            };
            if let Err(error) = removed
                && error.kind() != ErrorKind::NotFound
            {
                tracing::warn!(path = %path.display(), %error, "cannot remove a file created by a failed start");
            }
        }
        // Explicitly: a program that is just being started has a copy of the descriptor, and with it the lock, for a
        // moment. If this fails, closing the file releases the lock.
        if let Some(lock) = &self.lock {
            lock.unlock().ok();
        }
    }
}

/// Checks a database file without changing or creating any file.
fn check_database(path: &Path) -> Result<(), StoreError> {
    let unreadable = |why| StoreError::Directory { path: path.to_owned(), why };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    let length = file.metadata().map_err(unreadable)?.len();
    if length == 0 {
        // SQLite leaves an empty file when it is stopped before its first write.
        return Ok(());
    }
    let corrupt = |what: &str| StoreError::Corrupt { path: path.to_owned(), what: what.to_owned() };
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header).map_err(|_| corrupt("it is too short to be a database"))?;
    if header[..16] != *MAGIC {
        return Err(corrupt("it does not begin as a database does"));
    }
    let number = |at: usize| {
        u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
    };
    let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
        1 => 65_536,
        bytes => u64::from(bytes),
    };
    let has_log = ["-wal", "-journal"].iter().any(|suffix| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::fs::metadata(name).is_ok_and(|log| log.len() > 0)
    });
    // A log may hold a newer header than the file, even the first one.
    if !has_log || number(68) != 0 {
        if number(68) != APPLICATION_ID {
            return Err(StoreError::NotOurs { path: path.to_owned() });
        }
        if number(60) > VERSION {
            let (found, known) = (number(60), VERSION);
            return Err(StoreError::TooNew { path: path.to_owned(), found, known });
        }
    }
    if has_log {
        return Ok(());
    }
    if u64::from(number(28)) * page_bytes > length {
        return Err(corrupt("its end is missing"));
    }
    if length <= CHECKED_BYTES_MAX { check_pages(path) } else { Ok(()) }
}

/// Has SQLite check every page, on an `immutable` connection, which creates no files.
fn check_pages(path: &Path) -> Result<(), StoreError> {
    let corrupt = |what: String| StoreError::Corrupt { path: path.to_owned(), what };
    let escaped: String = path
        .to_string_lossy()
        .chars()
        .map(|c| match c {
            '%' => "%25".to_owned(),
            '?' => "%3f".to_owned(),
            '#' => "%23".to_owned(),
            c => c.to_string(),
        })
        .collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let check = || -> Result<String, rusqlite::Error> {
        let uri = format!("file:{escaped}?immutable=1");
        let connection = Connection::open_with_flags(uri, flags)?;
        connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
    };
    match check() {
        Ok(found) if found == "ok" => Ok(()),
        Ok(found) => Err(corrupt(found.lines().next().unwrap_or_default().to_owned())),
        Err(error) => Err(corrupt(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_free_at_once_also_while_a_program_that_is_being_started_has_its_lock() {
        let directory = tempfile::tempdir().unwrap();
        let location = Location::claim(directory.path(), Durability::Sync).unwrap();
        let inherited = location.lock.as_ref().unwrap().try_clone().unwrap();
        assert!(Location::claim(directory.path(), Durability::Sync).is_err(), "it is in use");
        drop(location);
        Location::claim(directory.path(), Durability::Sync).unwrap();
        drop(inherited);
    }
}
