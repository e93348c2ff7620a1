//! How much room the disk has. Below a bound nothing more is said, so that reading, and what the database needs
//! to tidy up, go on; a disk that is really full would stop the hub.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::settings::Settings;
use crate::store::Durability;

/// How often it is looked: a busy server writes some ten MiB in that time.
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

/// What there is to tell of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) low: Option<LowSpace>,
    /// It has become low, or has room again; else only figures are others.
    pub(crate) has_turned: bool,
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

    /// Looks again: gives how it is when that has changed, or somebody has not heard of it. Refusals name what is
    /// free, so while it is low that is told again.
    pub(crate) fn look(&mut self, settings: &Settings) -> Option<News> {
        let min_mib = settings.limits.space.disk_free_min_mib;
        let free_mib = match &self.directory {
            Some(directory) if min_mib > 0 && settings.durability != Durability::Memory => {
                free_bytes(directory)? / MIB
            }
            Some(_) | None => u64::MAX,
        };
        self.judge(free_mib, min_mib)
    }

    fn judge(&mut self, free_mib: u64, min_mib: u64) -> Option<News> {
        // Some more than the bound, so that it does not come and go with each message.
        let enough_mib =
            if self.low.is_some() { min_mib.saturating_add(min_mib / 4) } else { min_mib };
        let low = (free_mib < enough_mib).then_some(LowSpace { free_mib, min_mib });
        let has_turned = std::mem::take(&mut self.is_untold) || low.is_some() != self.low.is_some();
        let has_changed = has_turned || low != self.low;
        self.low = low;
        has_changed.then_some(News { low, has_turned })
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
        let mut space = Space::of(None);
        assert_eq!(space.judge(8, 8), None, "there is room");
        let is_low = |free_mib, min_mib, has_turned| {
            Some(News { low: Some(LowSpace { free_mib, min_mib }), has_turned })
        };
        let has_room = Some(News { low: None, has_turned: true });
        assert_eq!(space.judge(7, 8), is_low(7, 8, true));
        assert_eq!(space.judge(7, 8), None);
        space.tell_again();
        assert_eq!(space.judge(7, 8), is_low(7, 8, true));
        assert_eq!(space.judge(7, 8), None);
        // Who has heard of room, where others have not, hears when there is none again.
        assert_eq!(space.judge(10, 8), has_room);
        space.tell_again();
        assert_eq!(space.judge(7, 8), is_low(7, 8, true));
        assert_eq!(space.judge(9, 8), is_low(9, 8, false), "it is room again with a quarter more");
        assert_eq!(space.judge(10, 8), has_room);
        assert_eq!(space.judge(10, 8), None);
    }

    #[test]
    fn while_it_is_low_what_is_free_and_the_bound_are_told_as_they_are() {
        let mut space = Space::of(None);
        let figures = |news: Option<News>| {
            let News { low, has_turned } = news.unwrap();
            (low.unwrap().to_string(), has_turned)
        };
        let told =
            |free, min| format!("the disk is nearly full: {free} MiB are free, the bound is {min}");
        assert_eq!(figures(space.judge(49, 64)), (told(49, 64), true));
        assert_eq!(figures(space.judge(0, 64)), (told(0, 64), false));
        // A reload has moved the bound.
        assert_eq!(figures(space.judge(0, 32)), (told(0, 32), false));
    }

    #[test]
    fn the_disk_of_the_history_is_looked_at_where_there_is_a_bound() {
        let directory = tempfile::tempdir().unwrap();
        let mut space = Space::of(Some(&directory.path().join("teahouse.db")));
        let mut settings = Settings::default();
        settings.limits.space.disk_free_min_mib = u64::MAX;
        assert!(space.look(&settings).unwrap().low.is_some());
        settings.limits.space.disk_free_min_mib = 0;
        assert_eq!(space.look(&settings), Some(News { low: None, has_turned: true }));
    }
}
