//! Deadlines of a shard, all in one queue. Nothing is taken back: what a deadline was for is looked at when it
//! comes, and a connection that is gone has none.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use teahouse_core::SteadyTime;

use crate::key::Key;

/// What is to be done when its time has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A connection's first line has not come.
    FirstLine(Key),
    /// A peer may have been silent for long.
    Ping(Key),
    /// A request that came too fast may pass.
    Flood(Key),
    /// A connection that had no tokens for more work may have some.
    Work(Key),
    /// A connection that is over may have taken nothing since; what was still to come for it then.
    Draining(Key, u64),
    /// Silent sessions are to be ended.
    Idle,
}

/// The deadlines of a shard: a handful for each connection.
#[derive(Default)]
pub(super) struct Timers {
    queue: BinaryHeap<Reverse<(SteadyTime, Timer)>>,
}

impl Timers {
    pub(super) fn set(&mut self, due: SteadyTime, timer: Timer) {
        self.queue.push(Reverse((due, timer)));
    }

    /// When the next is due.
    pub(super) fn next_due(&self) -> Option<SteadyTime> {
        self.queue.peek().map(|Reverse((due, _))| *due)
    }

    /// Whether there is such a deadline.
    #[cfg(test)]
    pub(super) fn has(&self, is_it: impl Fn(&Timer) -> bool) -> bool {
        self.queue.iter().any(|Reverse((_, timer))| is_it(timer))
    }

    /// One that is due.
    pub(super) fn pop_due(&mut self, now: SteadyTime) -> Option<Timer> {
        self.next_due().filter(|due| *due <= now)?;
        self.queue.pop().map(|Reverse((_, timer))| timer)
    }
}
