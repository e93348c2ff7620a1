//! A visit, as the request that makes it waits for it: until there is room in the chunk for the log, then until the
//! hub has answered and what that allows has been read.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use teahouse_core::Origin;

use super::super::driven::Handle;
use crate::shard::{self, CLOSING, HttpPermit, VisitHandle, VisitRequest};

/// How long a visitor waits for the hub before it is told that this takes too long.
const VISIT_PATIENCE: Duration = Duration::from_secs(10);

/// What came of a visit.
pub(super) enum Outcome {
    /// It was answered.
    Done(shard::Outcome),
    /// Not taken: nothing can be stored just now, or the server stops.
    NotTaken(Arc<str>),
    /// Taken, and not answered in time.
    Late(Arc<str>),
}

/// A visit under way; whoever drops it waits no more, and nothing is read for it.
struct Waiting {
    reactor: Handle,
    visiting: VisitHandle,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Held only while the reactor itself ends, and then nobody waits any more.
        if let Ok(mut reactor) = self.reactor.try_borrow_mut() {
            reactor.shard.abandon(&self.visiting);
        }
    }
}

/// Asks the hub one thing and waits for the answer, as long as that makes sense.
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
                let visiting = reactor.step(|shard| shard.visit(origin, permit, request));
                break Waiting { reactor: Rc::clone(handle), visiting };
            }
            Rc::clone(&reactor.chunk_taken)
        };
        // Nobody else runs between looking and waiting.
        let room = tokio::time::timeout_at(started + VISIT_PATIENCE, chunk_taken.notified());
        if room.await.is_err() {
            return Outcome::NotTaken("too much is asked for just now".into());
        }
    };
    let answer = &mut waiting.visiting.answer;
    match tokio::time::timeout_at(started + VISIT_PATIENCE, answer).await {
        Ok(Ok(outcome)) => Outcome::Done(outcome),
        Ok(Err(_)) => Outcome::NotTaken(CLOSING.into()),
        Err(_) => {
            let why = handle.borrow().shard.context().unavailable();
            Outcome::Late(why.unwrap_or_else(|| "the house is busy".into()))
        }
    }
}
