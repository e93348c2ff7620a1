//! The queue of searches for the one searching thread: bounded in total and to one search per address. Searches of
//! disconnected clients are removed. Searching costs more than asking, so a client that asks repeatedly delays only
//! itself.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use teahouse_core::Refusal;

use super::job::{Job, Unread, Unsent};

/// Queued searches: at a tenth of a second each, the last is answered after some seconds.
const QUEUED_MAX: usize = 64;
/// Queued searches of one address, besides one that is running.
const QUEUED_PER_ORIGIN_MAX: usize = 1;

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    senders: usize,
    is_read: bool,
}

struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
}

/// The end at which searches are handed in.
pub(super) struct Sender(Arc<Shared>);

/// The end at which searches are taken, in order, until every sender is dropped and the queue is empty.
pub(super) struct Searches(Arc<Shared>);

pub(super) fn open() -> (Sender, Searches) {
    let state = State { jobs: VecDeque::new(), senders: 1, is_read: true };
    let shared = Arc::new(Shared { state: Mutex::new(state), arrived: Condvar::new() });
    (Sender(Arc::clone(&shared)), Searches(shared))
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change under this lock is complete in itself, so the state is sound even after a panic elsewhere.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sender {
    pub(super) fn send(&self, job: Job) -> Result<(), Box<Unsent>> {
        let mut state = self.0.state();
        if !state.is_read {
            return Err(Box::new(Unsent { job, why: Unread::Fault }));
        }
        state.jobs.retain(|queued| !queued.is_abandoned());
        let of_origin = state.jobs.iter().filter(|queued| queued.origin == job.origin).count();
        if of_origin >= QUEUED_PER_ORIGIN_MAX || state.jobs.len() >= QUEUED_MAX {
            let why = Unread::Refused(Refusal::SearchesWait);
            return Err(Box::new(Unsent { job, why }));
        }
        state.jobs.push_back(job);
        drop(state);
        self.0.arrived.notify_one();
        Ok(())
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        self.0.state().senders += 1;
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.state().senders -= 1;
        self.0.arrived.notify_one();
    }
}

impl Iterator for Searches {
    type Item = Job;

    fn next(&mut self) -> Option<Job> {
        let mut state = self.0.state();
        loop {
            while let Some(job) = state.jobs.pop_front() {
                if !job.is_abandoned() {
                    return Some(job);
                }
            }
            if state.senders == 0 {
                return None;
            }
            state = self.0.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Searches {
    fn drop(&mut self) {
        self.0.state().is_read = false;
    }
}
