//! The only module in which the server reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use teahouse_core::{SteadyTime, Time};

/// The wall time. A clock set before 1970 counts as 1970.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// A clock that nobody can set: the time since it was started. Copies agree with one another.
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

    /// The instant of a steady time.
    pub(crate) fn instant_of(self, moment: SteadyTime) -> Instant {
        self.started + Duration::from_millis(moment.0)
    }
}
