//! Watches the free space of the disk. Below a bound the server refuses new messages, so that reading and the
//! database's own housekeeping go on: a disk that is completely full would stop the hub.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::settings::Settings;
use crate::store::Durability;

/// How often the free space is checked: a busy server writes about ten MiB in that time.
pub(crate) const CHECK_EVERY: Duration = Duration::from_secs(1);
const MIB: u64 = 1024 * 1024;

/// The disk is nearly full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LowSpace {
    /// The free space, MiB.
    pub(crate) free_mib: u64,
    /// The space that must be free (the setting `disk_free_min_mib`), MiB.
    pub(crate) min_mib: u64,
}

/// A change that the shards must be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpaceChange {
    pub(crate) low: Option<LowSpace>,
    /// The disk has become nearly full, or has enough space again; if false, only the figures have changed.
    pub(crate) has_turned: bool,
}

impl fmt::Display for LowSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { free_mib, min_mib } = self;
        write!(f, "the disk is nearly full: {free_mib} MiB are free, the bound is {min_mib}")
    }
}

/// The directory of the history, and the last known state of its disk.
#[derive(Debug)]
pub(crate) struct Space {
    /// `None` if the history is only in memory.
    directory: Option<PathBuf>,
    low: Option<LowSpace>,
    /// Some shard has not received the last change.
    is_unsent: bool,
}

impl Space {
    pub(crate) fn of(database: Option<&Path>) -> Self {
        let directory = database.and_then(Path::parent).map(Path::to_owned);
        Self { directory, low: None, is_unsent: false }
    }

    /// Checks the free space. Returns the state if it has changed, or if some shard has not received it. Refusals name
    /// the free space, so while the disk is nearly full every change of the figures counts.
    pub(crate) fn check(&mut self, settings: &Settings) -> Option<SpaceChange> {
        let min_mib = settings.limits.space.disk_free_min_mib;
        let free_mib = match &self.directory {
            Some(directory) if min_mib > 0 && settings.durability != Durability::Memory => {
                free_bytes(directory)? / MIB
            }
            Some(_) | None => u64::MAX,
        };
        self.judge(free_mib, min_mib)
    }

    fn judge(&mut self, free_mib: u64, min_mib: u64) -> Option<SpaceChange> {
        // To leave the state, more than the bound must be free: otherwise the state would change with each message.
        let enough_mib =
            if self.low.is_some() { min_mib.saturating_add(min_mib / 4) } else { min_mib };
        let low = (free_mib < enough_mib).then_some(LowSpace { free_mib, min_mib });
        let has_turned = std::mem::take(&mut self.is_unsent) || low.is_some() != self.low.is_some();
        let has_changed = has_turned || low != self.low;
        self.low = low;
        has_changed.then_some(SpaceChange { low, has_turned })
    }

    /// Records that some shard has not received the last change: the next check returns the state again.
    pub(crate) fn send_again(&mut self) {
        self.is_unsent = true;
    }
}

/// The bytes free for this process; `None` if the system does not say.
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
    fn a_change_is_returned_once_and_again_when_a_shard_did_not_receive_it() {
        let mut space = Space::of(None);
        assert_eq!(space.judge(8, 8), None, "there is enough space");
        let is_low = |free_mib, min_mib, has_turned| {
            Some(SpaceChange { low: Some(LowSpace { free_mib, min_mib }), has_turned })
        };
        let is_enough = Some(SpaceChange { low: None, has_turned: true });
        assert_eq!(space.judge(7, 8), is_low(7, 8, true));
        assert_eq!(space.judge(7, 8), None);
        space.send_again();
        assert_eq!(space.judge(7, 8), is_low(7, 8, true));
        assert_eq!(space.judge(7, 8), None);
        // Some shards have received that there is enough space and others have not: all get the next change.
        assert_eq!(space.judge(10, 8), is_enough);
        space.send_again();
        assert_eq!(space.judge(7, 8), is_low(7, 8, true));
        assert_eq!(space.judge(9, 8), is_low(9, 8, false), "enough is a quarter above the bound");
        assert_eq!(space.judge(10, 8), is_enough);
        assert_eq!(space.judge(10, 8), None);
    }

    #[test]
    fn while_the_disk_is_nearly_full_changes_of_the_figures_are_returned() {
        let mut space = Space::of(None);
        let figures = |change: Option<SpaceChange>| {
            let SpaceChange { low, has_turned } = change.unwrap();
            (low.unwrap().to_string(), has_turned)
        };
        let text =
            |free, min| format!("the disk is nearly full: {free} MiB are free, the bound is {min}");
        assert_eq!(figures(space.judge(49, 64)), (text(49, 64), true));
        assert_eq!(figures(space.judge(0, 64)), (text(0, 64), false));
        // A reload has moved the bound.
        assert_eq!(figures(space.judge(0, 32)), (text(0, 32), false));
    }

    #[test]
    fn the_disk_of_the_history_is_checked_if_a_bound_is_set() {
        let directory = tempfile::tempdir().unwrap();
        let mut space = Space::of(Some(&directory.path().join("teahouse.db")));
        let mut settings = Settings::default();
        settings.limits.space.disk_free_min_mib = u64::MAX;
        assert!(space.check(&settings).unwrap().low.is_some());
        settings.limits.space.disk_free_min_mib = 0;
        assert_eq!(space.check(&settings), Some(SpaceChange { low: None, has_turned: true }));
    }
}
