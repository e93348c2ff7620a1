//! The one place where the server asks what time it is.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use teahouse_core::{SteadyTime, Time};

/// This moment. A clock before 1970 counts as 1970.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that no administrator sets: time since it was made. Copies agree with one another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SteadyClock {
    started: Instant,
}

impl SteadyClock {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    pub(crate) fn now(self) -> SteadyTime {
        SteadyTime(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// When it will be that moment.
    pub(crate) fn instant_of(self, moment: SteadyTime) -> Instant {
        self.started + Duration::from_millis(moment.0)
    }
}
