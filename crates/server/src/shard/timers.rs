//! The deadlines of a shard, all in one queue. A deadline is never cancelled: its handler checks whether it still
//! applies, and a key of a removed connection finds nothing.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use teahouse_core::SteadyTime;

use crate::key::Key;

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// The first line of a connection may still be missing.
    FirstLine(Key),
    /// A peer may have been silent for too long.
    Ping(Key),
    /// A held request may pass.
    Flood(Key),
    /// A connection without tokens for work may have some again.
    Work(Key),
    /// A draining connection may have taken nothing since; the number is what it had outstanding then.
    Draining(Key, u64),
    /// Sessions may have been silent past the idle limit.
    Idle,
}

/// The deadlines of a shard: a few per connection.
#[derive(Default)]
pub(super) struct Timers {
    queue: BinaryHeap<Reverse<(SteadyTime, Timer)>>,
}

impl Timers {
    pub(super) fn set(&mut self, due: SteadyTime, timer: Timer) {
        self.queue.push(Reverse((due, timer)));
    }

    /// When the next deadline is due.
    pub(super) fn next_due(&self) -> Option<SteadyTime> {
        self.queue.peek().map(|Reverse((due, _))| *due)
    }

    /// Whether such a deadline is set.
    #[cfg(test)]
    pub(super) fn has(&self, is_it: impl Fn(&Timer) -> bool) -> bool {
        self.queue.iter().any(|Reverse((_, timer))| is_it(timer))
    }

    /// Removes and returns a deadline that is due.
    pub(super) fn pop_due(&mut self, now: SteadyTime) -> Option<Timer> {
        self.next_due().filter(|due| *due <= now)?;
        self.queue.pop().map(|Reverse((_, timer))| timer)
    }
}
