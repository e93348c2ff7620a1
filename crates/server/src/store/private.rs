//! Files that nobody else on the machine reads: what people say is theirs. Where there are no such modes, what
//! the system does by itself.

use std::fs::File;
use std::path::Path;

/// Makes a directory for us alone.
pub(super) fn create_directory(path: &Path) -> std::io::Result<()> {
    let mut directory = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
    directory.create(path)
}

/// Opens a file for writing; a new one is for us alone.
pub(super) fn open_or_create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Closes our files in a directory to others, and the directory where it has nothing but them.
#[cfg(unix)]
pub(super) fn close_to_others(directory: &Path, ours: &[&str]) -> std::io::Result<()> {
    for name in ours {
        close(&directory.join(name), 0o600)?;
    }
    let is_ours = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| ours.iter().any(|name| entry.file_name() == **name))
    };
    if std::fs::read_dir(directory)?.all(is_ours) { close(directory, 0o700) } else { Ok(()) }
}

#[cfg(unix)]
fn close(path: &Path, wanted: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut permissions = match std::fs::metadata(path) {
        Ok(metadata) => metadata.permissions(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mode = permissions.mode() & 0o777;
    if mode & !wanted == 0 {
        return Ok(());
    }
    permissions.set_mode(mode & wanted);
    match std::fs::set_permissions(path, permissions) {
        Ok(()) => {
            let modes = format!("{mode:o} to {:o}", mode & wanted);
            tracing::warn!(path = %path.display(), modes, "others could read this: closed to them");
        }
        // Somebody else's, or a file system without modes: no reason to stay closed.
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "others can read this");
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn close_to_others(_directory: &Path, _ours: &[&str]) -> std::io::Result<()> {
    Ok(())
}
