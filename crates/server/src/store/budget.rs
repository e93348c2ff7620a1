//! The bound on the work of one search. One thread searches for the whole server, and the write-ahead log cannot be
//! reset while it reads; so a search for something that nearly every message has is refused with the advice to use
//! longer words.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

/// CPU time of one search: a hundred times what a search of a million messages takes.
const WORK_MAX: Duration = Duration::from_millis(100);
/// Steps of SQLite's virtual machine between two checks of the clock: some microseconds.
const STEPS: i32 = 200;
/// The value of `end_ns` that means no bound.
const NEVER: u64 = u64::MAX;

/// The bound on the work of one database connection.
#[derive(Debug)]
pub(super) struct Budget {
    /// The end of the budget on the reading thread's CPU clock, nanoseconds.
    end_ns: Arc<AtomicU64>,
}

/// The connection's work is bounded until this is dropped.
pub(super) struct Bounded<'a>(&'a Budget);

impl Budget {
    /// Installs the check on a connection, without a bound yet.
    pub(super) fn of(connection: &mut Connection) -> Result<Self, rusqlite::Error> {
        let end_ns = Arc::new(AtomicU64::new(NEVER));
        let watched = Arc::clone(&end_ns);
        let is_over = move || {
            let end_ns = watched.load(Ordering::Relaxed);
            end_ns != NEVER && work_ns() > end_ns
        };
        connection.progress_handler(STEPS, Some(is_over))?;
        Ok(Self { end_ns })
    }

    /// Starts the budget of one search.
    pub(super) fn begin(&self) -> Bounded<'_> {
        let max_ns = u64::try_from(WORK_MAX.as_nanos()).unwrap_or(NEVER);
        self.end_ns.store(work_ns().saturating_add(max_ns), Ordering::Relaxed);
        Bounded(self)
    }
}

impl Drop for Bounded<'_> {
    fn drop(&mut self) {
        self.0.end_ns.store(NEVER, Ordering::Relaxed);
    }
}

/// Whether a query ended because its budget is used up.
pub(super) fn is_interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

/// The CPU time of this thread, so that a busy machine does not cut searches earlier.
#[cfg(unix)]
fn work_ns() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// The elapsed time, for systems without such a clock.
#[cfg(not(unix))]
fn work_ns() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGINNING.elapsed().as_nanos()).unwrap_or(NEVER)
}
