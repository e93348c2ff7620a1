//! What a client remembers from one run to the next: one file per server, in the platform's state directory.
//!
//! The file is replaced as a whole (written beside, then renamed), so that a crash leaves the one before or
//! the one after. It holds the seat's key, which is a secret: only its owner may read it, in a directory where
//! only its owner may write, and no symbolic link is followed to it. One program has the file at a time, by a
//! lock beside it; those that run at the same time have files of their own, numbered, and say so.

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

/// The version of the file's form. Files of another one are set aside.
const VERSION: u32 = 1;

/// Clients of one person at one server that remember: more windows than anyone keeps open.
const CLIENTS_MAX: usize = 9;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// The form of the file.
    version: u32,
    /// The key of the seat that is still ours.
    #[serde(rename = "seat")]
    pub resume_key: ResumeKey,
    /// What one was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nick: Option<Nick>,
    /// The rooms one was in, in order.
    #[serde(default)]
    pub rooms: Vec<Seen>,
    /// What was said and is not known to be kept, in order.
    #[serde(default)]
    pub outbox: Vec<Unsent>,
    /// The ids of what was said last, oldest first: by them one's own messages are known.
    #[serde(default)]
    pub own: Vec<Id>,
    /// Half-written lines.
    #[serde(default)]
    pub drafts: BTreeMap<RoomName, String>,
    /// Lines that were entered, oldest first.
    #[serde(default)]
    pub history: Vec<String>,
}

/// A room and how far it was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Which.
    pub room: RoomName,
    /// The last event that was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Cursor>,
}

impl Memory {
    /// Nothing yet, but for a new seat.
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

/// Where state files are usually kept: `teahouse` in `$XDG_STATE_HOME` or `~/.local/state`, on Windows in the
/// application data. `None` for somebody without a home.
#[must_use]
pub fn directory() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("teahouse"))
}

/// The file of one server, which is ours as long as this lives.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    /// What was last written.
    written: Vec<u8>,
    _lock: File,
}

impl StateFile {
    /// Takes the file of a server and reads it. Whatever prevents that is told in `notices`; then there is
    /// no file, or no memory.
    pub fn open(
        directory: &Path,
        server: &Server,
        notices: &mut VecDeque<String>,
    ) -> (Option<Self>, Option<Memory>) {
        let (number, path, lock) = match first_free(directory, server) {
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

    /// Takes over the begun lines of clients that ran beside this one and are gone, for rooms where none is begun
    /// here: whoever has one window again has them all. What cannot be written stays where it is.
    fn take_over_drafts(&mut self, directory: &Path, server: &Server, memory: &mut Memory) {
        for number in 2..=CLIENTS_MAX {
            let path = directory.join(file_name(server, number));
            if !path.exists() {
                continue;
            }
            let Ok(lock) = take_lock(directory, &path) else { continue };
            let Ok(Some(mut other)) = read(&path) else { continue };
            let begun = std::mem::take(&mut other.drafts);
            let (both, new): (BTreeMap<_, _>, BTreeMap<_, _>) =
                begun.into_iter().partition(|(room, _)| memory.drafts.contains_key(room));
            if new.is_empty() {
                continue;
            }
            other.drafts = both;
            memory.drafts.extend(new);
            // Ours first: a crash in between leaves a line twice, and never loses one.
            let mut theirs = Self { path, written: Vec::new(), _lock: lock };
            if self.save(memory, true).is_err() || theirs.save(&other, true).is_err() {
                return;
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file, if something has changed. With `to_disk` it returns once the disk has it.
    ///
    /// # Errors
    /// When it cannot be written; then the one before is still there.
    pub fn save(&mut self, memory: &Memory, to_disk: bool) -> io::Result<()> {
        let surplus = memory.history.len().saturating_sub(HISTORY_LINES_MAX);
        let history = memory.history.iter().skip(surplus).cloned().collect();
        let json = serde_json::to_vec(&Memory { history, ..memory.clone() })?;
        if json == self.written {
            return Ok(());
        }
        let beside = self.path.with_extension("new");
        // What a crash left there, or somebody planted, is not written through.
        match fs::remove_file(&beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = private().write(true).create_new(true).open(&beside)?;
        file.write_all(&json)?;
        if to_disk {
            file.sync_all()?;
        }
        drop(file);
        fs::rename(&beside, &self.path)?;
        if to_disk {
            sync_directory(&self.path)?;
        }
        self.written = json;
        Ok(())
    }
}

/// The first file of a server that nobody has, with its number and its lock; `None` when all are taken.
fn first_free(directory: &Path, server: &Server) -> io::Result<Option<(usize, PathBuf, File)>> {
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

/// A name that no other server has, and that every file system takes.
fn file_name(server: &Server, number: usize) -> String {
    let escaped = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
        let escape = |byte| {
            if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") }
        };
        text.bytes().map(escape).collect()
    };
    let path = server.path.strip_suffix(teahouse_wire::api::SOCKET_PATH).unwrap_or(&server.path);
    let number = if number > 1 { format!(".{number}") } else { String::new() };
    format!("{}_{}{}{number}.json", escaped(&server.host), server.port, escaped(path))
}

fn take_lock(directory: &Path, path: &Path) -> Result<File, TryLockError> {
    make_directory(directory).map_err(TryLockError::Error)?;
    is_ours_alone(directory).map_err(TryLockError::Error)?;
    let path = path.with_extension("lock");
    let lock = private().write(true).create(true).truncate(false).open(&path);
    let lock = lock.map_err(|error| TryLockError::Error(told(&path, error)))?;
    lock.try_lock()?;
    Ok(lock)
}

fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

/// Nobody else may put anything in here.
#[cfg(unix)]
fn is_ours_alone(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(directory)?;
    let shown = directory.display();
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other(format!("{shown} belongs to another user")));
    }
    if metadata.mode() & 0o022 != 0 {
        let what = format!("others may write in {shown}; take that from them with chmod go-w");
        return Err(io::Error::other(what));
    }
    Ok(())
}

/// Elsewhere a person's own directories are closed to others by the system.
#[cfg(not(unix))]
fn is_ours_alone(_: &Path) -> io::Result<()> {
    Ok(())
}

/// To open what only its owner may read, and nothing that a link leads to. What is a pipe keeps nobody waiting.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only there are modes to be set"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    options
}

/// What went wrong with a file, in words that say what to do where the system's do not.
fn told(path: &Path, error: io::Error) -> io::Error {
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

/// Elsewhere a directory cannot be synced, and a rename is as safe as the system makes it.
#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

/// What is remembered; `None` when there is no file yet.
fn read(path: &Path) -> Result<Option<Memory>, String> {
    let file = match private().read(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(told(path, error).to_string()),
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
    // One that was allowed once and is refused by every server is no wish.
    memory.nick = memory.nick.filter(|nick| Nick::parse(nick.as_str()).is_ok());
    Ok(Some(memory))
}

/// Moves a file that cannot be read out of the way, and tells where.
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
