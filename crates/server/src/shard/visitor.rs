//! Visitors: requests over HTTP that are answered once, without anyone coming in.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use hashbrown::HashMap;
use teahouse_core::{
    Action, Answer, Excerpt, Granted, Origin, Refusal, RequestId, SessionId, Visit,
};
use tokio::sync::oneshot;
use tracing::debug;

use super::Shard;
use crate::history::{Asker, Job, NotTaken, Wanted};
use crate::store::ReadError;

/// Those who wait for an answer. Each is an HTTP connection's one request, so connections bound them.
#[derive(Default)]
pub(super) struct Visitors {
    waiting: HashMap<SessionId, Waiting>,
}

struct Waiting {
    origin: Origin,
    answer: oneshot::Sender<Outcome>,
    waits: Weak<()>,
}

/// A visit under way; whoever drops it waits no more, and nothing is read for them.
pub(super) struct Visiting {
    answer: oneshot::Receiver<Outcome>,
    session: SessionId,
    shard: std::rc::Weak<RefCell<Shard>>,
    _waits: Arc<()>,
}

impl Visiting {
    /// What comes of it; nothing when the house closes before.
    pub(super) async fn outcome(mut self) -> Option<Outcome> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Visiting {
    fn drop(&mut self) {
        if let Some(shard) = self.shard.upgrade()
            // Where the shard itself ends this, it has nobody waiting any more.
            && let Ok(mut shard) = shard.try_borrow_mut()
        {
            shard.visitors.waiting.remove(&self.session);
        }
    }
}

/// What came of a visit.
pub(super) enum Outcome {
    /// The hub's answer.
    Answer(Answer),
    /// What was read from history.
    Page(Granted, Excerpt),
    /// History could not be read.
    Unreadable,
}

impl Shard {
    /// Asks the hub one thing; the answer comes later.
    pub(super) fn visit(&mut self, origin: Origin, visit: Visit) -> Visiting {
        self.serial += 1;
        let session = self.session_id(self.serial);
        let (sender, answer) = oneshot::channel();
        let waits = Arc::new(());
        let waiting = Waiting { origin, answer: sender, waits: Arc::downgrade(&waits) };
        self.visitors.waiting.insert(session, waiting);
        self.propose_as((session, origin), RequestId::default(), Action::Visit(visit));
        Visiting { answer, session, shard: self.me.clone(), _waits: waits }
    }

    pub(super) fn answer_visitor(&mut self, session: SessionId, answer: &Answer) {
        let Some(waiting) = self.visitors.waiting.get(&session) else { return };
        if waiting.answer.is_closed() {
            // Has gone meanwhile: nothing is read for nobody.
            self.visitors.waiting.remove(&session);
            return;
        }
        match answer {
            Answer::Granted(granted) => {
                let wanted = Wanted::Asked(RequestId::default(), granted.clone());
                let (origin, waits) = (waiting.origin, waiting.waits.clone());
                let asker = Asker::Visitor(session);
                match self.jobs.send(Job { shard: self.index, asker, origin, waits, wanted }) {
                    Ok(()) => {}
                    Err(NotTaken::Refused(refusal)) => self.visit_refused(session, refusal),
                    Err(NotTaken::Over) => self.end_visit(session, Outcome::Unreadable),
                }
            }
            Answer::Refused(refusal) => {
                self.counts.refused(refusal);
                self.end_visit(session, Outcome::Answer(answer.clone()));
            }
            Answer::Welcome { .. }
            | Answer::AlreadyIn { .. }
            | Answer::Renamed { .. }
            | Answer::Told(_)
            | Answer::Delivered { .. }
            | Answer::Duplicate { .. }
            | Answer::Posted { .. }
            | Answer::Topic { .. }
            | Answer::Members { .. }
            | Answer::Rooms { .. }
            | Answer::Ignoring { .. } => self.end_visit(session, Outcome::Answer(answer.clone())),
        }
    }

    pub(super) fn visitor_page(
        &mut self,
        session: SessionId,
        wanted: Wanted,
        excerpt: Result<Excerpt, ReadError>,
    ) {
        match (wanted, excerpt) {
            (Wanted::Asked(_, granted), Ok(excerpt)) => {
                self.end_visit(session, Outcome::Page(granted, excerpt));
            }
            (Wanted::Asked(..), Err(ReadError::TooWide(why))) => {
                self.visit_refused(session, Refusal::SearchTooWide { why });
            }
            (
                Wanted::Asked(..)
                | Wanted::Tail { .. }
                | Wanted::Refill { .. }
                | Wanted::Check { .. },
                _,
            ) => {
                self.end_visit(session, Outcome::Unreadable);
            }
        }
    }

    fn visit_refused(&mut self, session: SessionId, refusal: Refusal) {
        self.counts.refused(&refusal);
        self.end_visit(session, Outcome::Answer(Answer::Refused(refusal)));
    }

    fn end_visit(&mut self, session: SessionId, outcome: Outcome) {
        if let Some(waiting) = self.visitors.waiting.remove(&session)
            && waiting.answer.send(outcome).is_err()
        {
            debug!("a visitor did not wait for the answer");
        }
    }
}
