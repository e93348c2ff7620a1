//! What a client remembers from one run to the next: one file per server, in the platform's state directory.
//!
//! - The file is replaced as a whole (a new file is written and renamed), so that a crash leaves the old or the new
//!   content.
//! - The file holds the resume key, which is a secret. Only the owner may read the file, only the owner may write in
//!   its directory, and symbolic links are not followed.
//! - One program uses the file at a time; a lock file ensures it. Other programs at the same time use numbered files
//!   of their own, and tell the person.

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use etcetera::BaseStrategy;
use serde::{Deserialize, Serialize};
use teahouse_core::{Nick, RoomName};
use teahouse_wire::api::{Cursor, Id, ResumeKey};

use crate::link::limits::{HISTORY_LINES_MAX, STATE_BYTES_MAX};
use crate::link::{Server, Unsent};

/// The version of the file format. A file of another version is set aside.
const VERSION: u32 = 1;

/// The maximum of state files for one server: more than the windows that a person has open.
const CLIENTS_MAX: usize = 9;

/// The content of a state file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The version of the file format.
    version: u32,
    /// The key with which the server resumes the session.
    #[serde(rename = "seat")]
    pub resume_key: ResumeKey,
    /// The nick.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Nick>,
    /// The joined rooms, in order.
    #[serde(default)]
    pub rooms: Vec<RememberedRoom>,
    /// The messages that are not known to be stored, in order.
    #[serde(default)]
    pub outbox: Vec<Unsent>,
    /// The ids of the last messages, oldest first. They mark our own messages in history.
    #[serde(default)]
    pub own: Vec<Id>,
    /// The draft of each room.
    #[serde(default)]
    pub drafts: BTreeMap<RoomName, String>,
    /// The entered lines, oldest first.
    #[serde(default)]
    pub history: Vec<String>,
}

/// A room and the last event received of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RememberedRoom {
    /// The room.
    pub room: RoomName,
    /// The last event received.
    #[serde(rename = "place", default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

impl Memory {
    /// An empty memory with this resume key.
    #[must_use]
    pub fn new(resume_key: ResumeKey) -> Self {
        Self {
            version: VERSION,
            resume_key,
            nick: None,
            rooms: Vec::new(),
            outbox: Vec::new(),
            own: Vec::new(),
            drafts: BTreeMap::new(),
            history: Vec::new(),
        }
    }
}

/// The usual directory of state files: `teahouse` in `$XDG_STATE_HOME` or `~/.local/state`, on Windows in the
/// application data. `None` if the user has no home directory.
#[must_use]
pub fn directory() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("teahouse"))
}

/// The state file of one server. It is locked as long as this value lives.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    /// The bytes that were last written.
    written: Vec<u8>,
    _lock: Lock,
}

impl StateFile {
    /// Locks the state file of a server and reads it. If either fails, it says why in `notices` and returns no file or no
    /// memory.
    pub fn open(
        directory: &Path,
        server: &Server,
        notices: &mut VecDeque<String>,
    ) -> (Option<Self>, Option<Memory>) {
        let (number, path, lock) = match lock_first_free(directory, server) {
            Ok(Some(found)) => found,
            Ok(None) => {
                notices.push_back(format!(
                    "{CLIENTS_MAX} other clients of yours are connected to {server}; this one remembers \
                     nothing when it ends, and is somebody else there"
                ));
                return (None, None);
            }
            Err(error) => {
                let path = directory.join(file_name(server, 1));
                notices.push_back(format!(
                    "cannot use {}: {error}; nothing is remembered when this program ends",
                    path.display()
                ));
                return (None, None);
            }
        };
        if number > 1 {
            notices.push_back(format!(
                "another client of yours is connected to {server}: here you are somebody else, with lines \
                 and messages of your own, which the next client beside it finds again"
            ));
        }
        let memory = match read(&path) {
            Ok(memory) => memory,
            Err(error) => {
                notices.push_back(set_aside(&path, &error));
                None
            }
        };
        let mut file = Self { path, written: Vec::new(), _lock: lock };
        let memory = memory.map(|mut memory| {
            if number == 1 {
                file.take_over_drafts(directory, server, &mut memory);
            }
            memory
        });
        (Some(file), memory)
    }

    /// Takes over the drafts of other clients that have ended, for rooms without a draft here, so that no draft is lost
    /// with its window. If a file cannot be written, the drafts stay in the other file.
    fn take_over_drafts(&mut self, directory: &Path, server: &Server, memory: &mut Memory) {
        for number in 2..=CLIENTS_MAX {
            let path = directory.join(file_name(server, number));
            if !path.exists() {
                continue;
            }
            let Ok(lock) = take_lock(directory, &path) else { continue };
            let Ok(Some(mut other)) = read(&path) else { continue };
            let drafts = std::mem::take(&mut other.drafts);
            let (both, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
                drafts.into_iter().partition(|(room, _)| memory.drafts.contains_key(room));
            if new.is_empty() {
                continue;
            }
            other.drafts = both;
            memory.drafts.extend(new);
            // Our file first: a crash between the two writes duplicates a draft instead of losing it.
            let mut other_file = Self { path, written: Vec::new(), _lock: lock };
            if self.save(memory, true).is_err() || other_file.save(&other, true).is_err() {
                return;
            }
        }
    }

    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file if something has changed. With `to_disk` it syncs the file and its directory.
    ///
    /// # Errors
    /// When the file cannot be written. The old file then stays.
    pub fn save(&mut self, memory: &Memory, to_disk: bool) -> io::Result<()> {
        let surplus = memory.history.len().saturating_sub(HISTORY_LINES_MAX);
        let history = memory.history.iter().skip(surplus).cloned().collect();
        let json = serde_json::to_vec(&Memory { history, ..memory.clone() })?;
        if json == self.written {
            return Ok(());
        }
        let temporary = self.path.with_extension("new");
        // Never write through a file that a crash left or another user placed there.
        match fs::remove_file(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = private_options().write(true).create_new(true).open(&temporary)?;
        file.write_all(&json)?;
        if to_disk {
            file.sync_all()?;
        }
        drop(file);
        fs::rename(&temporary, &self.path)?;
        if to_disk {
            sync_directory(&self.path)?;
        }
        self.written = json;
        Ok(())
    }
}

/// A lock that is held as long as this value lives. It is released explicitly: a program that is just being started has a
/// copy of the descriptor for a moment, and with it the lock would outlive the file that is closed here.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // If that fails, closing the file releases the lock.
        self.0.unlock().ok();
    }
}

/// Locks the first free state file of a server. Returns its number, its path and the lock; `None` if all are locked.
fn lock_first_free(
    directory: &Path,
    server: &Server,
) -> io::Result<Option<(usize, PathBuf, Lock)>> {
    for number in 1..=CLIENTS_MAX {
        let path = directory.join(file_name(server, number));
        match take_lock(directory, &path) {
            Ok(lock) => return Ok(Some((number, path, lock))),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// The file name for a server: unique for each server, and valid on every file system.
fn file_name(server: &Server, number: usize) -> String {
    let escape = |text: &str| -> String {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        let escape_byte = |byte| {
            if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }
        };
        text.bytes().map(escape_byte).collect()
    };
    let path = server.path.strip_suffix(teahouse_wire::api::SOCKET_PATH).unwrap_or(&server.path);
    let number = if number > 1 { format!(".{number}") } else { String::new() };
    format!("{}_{}{}{number}.json", escape(&server.host), server.port, escape(path))
}

fn take_lock(directory: &Path, path: &Path) -> Result<Lock, TryLockError> {
    make_directory(directory).map_err(TryLockError::Error)?;
    check_only_ours(directory).map_err(TryLockError::Error)?;
    let path = path.with_extension("lock");
    let lock = private_options().write(true).create(true).truncate(false).open(&path);
    let lock = lock.map_err(|error| TryLockError::Error(describe(&path, error)))?;
    lock.try_lock()?;
    Ok(Lock(lock))
}

fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Checks that the directory is ours and that no other user can write in it.
#[cfg(unix)]
fn check_only_ours(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(directory)?;
    let path = directory.display();
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other(format!("{path} belongs to another user")));
    }
    if metadata.mode() & 0o022 != 0 {
        let what = format!("others may write in {path}; take that from them with chmod go-w");
        return Err(io::Error::other(what));
    }
    Ok(())
}

/// On other systems the directories of a user are private by default.
#[cfg(not(unix))]
fn check_only_ours(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Options to open a file that only its owner may read: no symbolic link is followed, and opening a pipe does not
/// block.
fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes to set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

/// Describes an error with a file. For a symbolic link it says what to do, which the system's message does not.
fn describe(path: &Path, error: io::Error) -> io::Error {
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if is_link {
        return io::Error::other(format!("{} is a symbolic link; remove it", path.display()));
    }
    error
}

#[cfg(unix)]
fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

/// Other systems cannot sync a directory.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Reads a state file; `None` if it does not exist.
fn read(path: &Path) -> Result<Option<Memory>, String> {
    let file = match private_options().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(describe(path, error).to_string()),
    };
    let mut json = Vec::new();
    let mut file = file.take(STATE_BYTES_MAX + 1);
    file.read_to_end(&mut json).map_err(|error| error.to_string())?;
    if u64::try_from(json.len()).is_ok_and(|bytes| bytes > STATE_BYTES_MAX) {
        return Err(format!("it has more than {STATE_BYTES_MAX} bytes"));
    }
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let version: Version = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    if version.version != VERSION {
        return Err(format!("it has version {}; this client knows {VERSION}", version.version));
    }
    let mut memory: Memory = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
    // A nick that was valid for an older version and is not valid now is dropped, because every server refuses it.
    memory.nick = memory.nick.filter(|nick| Nick::parse(nick.as_str()).is_ok());
    Ok(Some(memory))
}

/// Renames a file that cannot be read, and returns the notice about it.
fn set_aside(path: &Path, error: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let aside = path.with_extension(format!("unread-{}", now.as_millis()));
    let shown = path.display();
    match fs::rename(path, &aside) {
        Ok(()) => format!(
            "cannot read {shown}: {error}; it is kept as {}, and this client begins anew",
            aside.display()
        ),
        Err(moving) => format!(
            "cannot read {shown}: {error}; it could not be moved aside either ({moving}), and is \
             replaced"
        ),
    }
}

#[cfg(test)]
mod tests;
