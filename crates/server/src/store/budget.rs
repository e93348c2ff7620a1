//! How much work one search may be. One thread searches for the whole server, and while it reads the
//! write-ahead log cannot begin anew; so whoever asks for what nearly every message has is told to use longer
//! words.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

/// Time that one search may compute: a hundred times what a search of a million messages takes.
const WORK_MAX: Duration = Duration::from_millis(100);
/// Steps of SQLite's machine between two looks at the clock: some microseconds.
const STEPS: i32 = 200;
/// No bound.
const NEVER: u64 = u64::MAX;

/// The bound on what a connection does.
#[derive(Debug)]
pub(super) struct Budget {
    /// By the work clock of the thread that reads, nanoseconds.
    end_ns: Arc<AtomicU64>,
}

/// Work is bounded while this lives.
pub(super) struct Bounded<'a>(&'a Budget);

impl Budget {
    /// Watches over a connection, which is not bounded yet.
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

    /// From here on the work of one search may be done.
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

/// Whether it is over because its budget is.
pub(super) fn is_interrupted(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted)
}

/// Time that this thread has computed: on a busy machine a search is not cut earlier.
#[cfg(unix)]
fn work_ns() -> u64 {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec.unsigned_abs() * 1_000_000_000 + time.tv_nsec.unsigned_abs()
}

/// Where there is no such clock, time that passes.
#[cfg(not(unix))]
fn work_ns() -> u64 {
    use std::sync::LazyLock;
    use std::time::Instant;
    static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);
    u64::try_from(BEGINNING.elapsed().as_nanos()).unwrap_or(NEVER)
}
