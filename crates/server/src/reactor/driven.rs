//! A shard with its sources of input, and what happens after each step.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use teahouse_core::SteadyTime;
use tokio::net::TcpStream;
use tokio::sync::Notify;

use super::tasks::Tasks;
use crate::clock::{self, SteadyClock};
use crate::history::{Jobs, Page, Unsent};
use crate::shard::{Now, Shard};

/// A shard and what drives it. It is borrowed for one step, never across an await.
pub(super) struct Reactor {
    pub(super) shard: Shard<Arc<TcpStream>>,
    pub(super) jobs: Jobs,
    pub(super) clock: SteadyClock,
    /// The deadline that the deadline task waits for.
    pub(super) armed: Option<SteadyTime>,
    /// Notified when the shard has an earlier deadline.
    pub(super) alarm: Rc<Notify>,
    /// Notified when the log has taken a chunk: visits that waited for room may go on.
    pub(super) chunk_taken: Rc<Notify>,
    pub(super) tasks: Tasks,
}

pub(super) type Handle = Rc<RefCell<Reactor>>;

impl Reactor {
    /// Runs one whole step of the shard: the action, what follows from it, the history jobs it wants, and its next
    /// deadline.
    pub(super) fn step<R>(&mut self, act: impl FnOnce(&mut Shard<Arc<TcpStream>>) -> R) -> R {
        let shard = &mut self.shard;
        shard.begin_step(Now { steady: self.clock.now(), time: clock::now() });
        let result = act(shard);
        loop {
            shard.finish_step();
            let jobs = shard.take_jobs();
            if jobs.is_empty() {
                break;
            }
            for job in jobs {
                if let Err(unsent) = self.jobs.send(job) {
                    let Unsent { job, why } = *unsent;
                    let (asker, wanted) = (job.asker, job.wanted);
                    shard.handle_page(Page { asker, wanted, found: Err(why) });
                }
            }
        }
        let next = shard.next_due();
        if let Some(due) = next
            && self.armed.is_none_or(|armed| due < armed)
        {
            self.armed = next;
            self.alarm.notify_one();
        }
        result
    }
}
