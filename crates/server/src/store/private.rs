//! Files that only this user can read, because messages are private. On systems without file modes, the system's
//! defaults apply.

use std::fs::File;
use std::path::Path;

/// Creates a directory that only this user can enter.
pub(super) fn create_directory(path: &Path) -> std::io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "there are no modes to set"))]
    let mut directory = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
    directory.create(path)
}

/// Opens a file for writing; only this user can read a new one.
pub(super) fn open_or_create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes other users' access away from our files in a directory, and from the directory if it holds no other files.
/// Returns whether other users had access.
#[cfg(unix)]
pub(super) fn close_to_others(directory: &Path, ours: &[&str]) -> std::io::Result<bool> {
    let mut was_open = false;
    for name in ours {
        was_open |= close(&directory.join(name), 0o600)?;
    }
    let is_ours = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| ours.iter().any(|name| entry.file_name() == **name))
    };
    if std::fs::read_dir(directory)?.all(is_ours) {
        was_open |= close(directory, 0o700)?;
    }
    Ok(was_open)
}

#[cfg(unix)]
fn close(path: &Path, wanted: u32) -> std::io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = match std::fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mode = permissions.mode() & 0o777;
    if mode & !wanted == 0 {
        return Ok(false);
    }
    permissions.set_mode(mode & wanted);
    let closed = std::fs::set_permissions(path, permissions);
    if let Err(error) = &closed {
        // The file has another owner, or the file system has no modes: the history can still be opened.
        tracing::warn!(path = %path.display(), %error, "other users of this machine can read this file");
    }
    Ok(closed.is_ok())
}

#[cfg(not(unix))]
pub(super) fn close_to_others(_directory: &Path, _ours: &[&str]) -> std::io::Result<bool> {
    Ok(false)
}
