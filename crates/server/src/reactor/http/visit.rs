//! A visit as its HTTP request waits for it: first until the chunk for the log has room, then until the hub has
//! answered and history was read if the answer permits a read.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use teahouse_core::Origin;

use super::super::driven::Handle;
use crate::shard::{self, CLOSING, HttpPermit, VisitHandle, VisitRequest};

/// How long a visit waits for the hub before its client is told that this takes too long.
const VISIT_PATIENCE: Duration = Duration::from_secs(10);

/// The result of a visit.
pub(super) enum Outcome {
    /// The hub answered.
    Done(shard::Outcome),
    /// Not submitted: nothing can be stored at present, the log is full, or the server is closing.
    NotTaken(Arc<str>),
    /// Submitted, and not answered in time.
    Late(Arc<str>),
}

/// A visit in flight. When it is dropped, nobody waits for the answer and history is not read for it.
struct PendingVisit {
    reactor: Handle,
    visit_handle: VisitHandle,
}

impl Drop for PendingVisit {
    fn drop(&mut self) {
        // The borrow fails only while the reactor itself ends, and then nobody waits.
        if let Ok(mut reactor) = self.reactor.try_borrow_mut() {
            reactor.shard.abandon(&self.visit_handle);
        }
    }
}

/// Asks the hub one thing, and waits for the answer while that makes sense.
pub(super) async fn visit(
    handle: &Handle,
    origin: Origin,
    permit: &HttpPermit,
    request: VisitRequest,
) -> Outcome {
    let started = tokio::time::Instant::now();
    let mut waiting = loop {
        let chunk_taken = {
            let mut reactor = handle.borrow_mut();
            if let Some(why) = reactor.shard.context().unavailable() {
                return Outcome::NotTaken(why);
            }
            if !reactor.shard.is_chunk_full() {
                let permit = Rc::clone(permit);
                let visit_handle = reactor.step(|shard| shard.visit(origin, permit, request));
                break PendingVisit { reactor: Rc::clone(handle), visit_handle };
            }
            Rc::clone(&reactor.chunk_taken)
        };
        // No other task runs between the check and this wait.
        let room = tokio::time::timeout_at(started + VISIT_PATIENCE, chunk_taken.notified());
        if room.await.is_err() {
            return Outcome::NotTaken("too much is asked for just now".into());
        }
    };
    let answer = &mut waiting.visit_handle.answer;
    match tokio::time::timeout_at(started + VISIT_PATIENCE, answer).await {
        Ok(Ok(outcome)) => Outcome::Done(outcome),
        Ok(Err(_)) => Outcome::NotTaken(CLOSING.into()),
        Err(_) => {
            let why = handle.borrow().shard.context().unavailable();
            Outcome::Late(why.unwrap_or_else(|| "the house is busy".into()))
        }
    }
}
