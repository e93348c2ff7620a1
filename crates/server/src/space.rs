//! How much room the disk has. Below a bound nothing more is said, so that reading, and what the database needs
//! to tidy up, go on; a disk that is really full would stop the hub.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::settings::Settings;
use crate::store::Durability;

/// How often it is looked: a busy house writes some ten MiB in that time.
pub(crate) const LOOK_EVERY: Duration = Duration::from_secs(1);
const MIB: u64 = 1024 * 1024;

/// The disk is nearly full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LowSpace {
    /// What is free, MiB.
    pub(crate) free_mib: u64,
    /// What must be, MiB.
    pub(crate) min_mib: u64,
}

impl fmt::Display for LowSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { free_mib, min_mib } = self;
        write!(f, "the disk is nearly full: {free_mib} MiB are free, the bound is {min_mib}")
    }
}

/// Where the history is, and how its disk was when it was last looked at.
#[derive(Debug)]
pub(crate) struct Space {
    /// `None` where nothing is kept.
    directory: Option<PathBuf>,
    low: Option<LowSpace>,
    /// Not everybody has heard of it.
    is_untold: bool,
}

impl Space {
    pub(crate) fn of(database: Option<&Path>) -> Self {
        let directory = database.and_then(Path::parent).map(Path::to_owned);
        Self { directory, low: None, is_untold: false }
    }

    /// Looks again: gives how it is when that has changed, or somebody has not heard of it.
    pub(crate) fn look(&mut self, settings: &Settings) -> Option<Option<LowSpace>> {
        let min_mib = settings.limits.disk_free_min_mib;
        let free_mib = match &self.directory {
            Some(directory) if min_mib > 0 && settings.durability != Durability::Memory => {
                free_bytes(directory)? / MIB
            }
            Some(_) | None => u64::MAX,
        };
        // Some more than the bound, so that it does not come and go with each message.
        let enough_mib =
            if self.low.is_some() { min_mib.saturating_add(min_mib / 4) } else { min_mib };
        let low = (free_mib < enough_mib).then_some(LowSpace { free_mib, min_mib });
        let has_changed = low.is_some() != self.low.is_some();
        self.low = low;
        (std::mem::take(&mut self.is_untold) || has_changed).then_some(low)
    }

    /// What was told of it did not reach everybody: with the next look it is told again, as it is then.
    pub(crate) fn tell_again(&mut self) {
        self.is_untold = true;
    }
}

/// Free for us; `None` where that cannot be known.
#[cfg(unix)]
fn free_bytes(directory: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(directory).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_directory: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_and_again_when_it_was_not_heard() {
        let directory = tempfile::tempdir().unwrap();
        let mut space = Space::of(Some(&directory.path().join("teahouse.db")));
        let mut settings = Settings::default();
        settings.limits.disk_free_min_mib = 1;
        assert_eq!(space.look(&settings), None, "there is room");
        settings.limits.disk_free_min_mib = u64::MAX;
        let low = space.look(&settings).unwrap().unwrap();
        assert_eq!(low.min_mib, u64::MAX);
        assert_eq!(space.look(&settings), None);
        space.tell_again();
        assert!(space.look(&settings).unwrap().is_some());
        assert_eq!(space.look(&settings), None);
        // Who has heard of room, where others have not, hears when there is none again.
        settings.limits.disk_free_min_mib = 0;
        assert_eq!(space.look(&settings), Some(None));
        space.tell_again();
        settings.limits.disk_free_min_mib = u64::MAX;
        assert!(space.look(&settings).unwrap().is_some());
        settings.limits.disk_free_min_mib = 0;
        assert_eq!(space.look(&settings), Some(None));
        assert_eq!(space.look(&settings), None);
    }
}
