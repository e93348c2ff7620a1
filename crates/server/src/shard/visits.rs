//! Visits: requests over HTTP that are answered once, without a session that others see.
//!
//! A visit keeps the slot of its connection until the hub has answered, even after its client has hung up. So
//! connections bound the visits that wait for the hub, however often clients try again.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Weak};

use hashbrown::HashMap;
use teahouse_core::{
    Action, Answer, Asker, Excerpt, Origin, Proposal, Query, ReadGrant, Refusal, RequestId,
    SessionId, Visit,
};
use tokio::sync::oneshot;
use tracing::debug;

use crate::figures::Refusals;
use crate::gate::Permit;
use crate::history::{self, Job, Page, Unread, Wanted};
use crate::log::Entry;

/// The slot of a connection that speaks HTTP. Its visit shares the slot until the connection is upgraded.
pub(crate) type HttpPermit = Rc<RefCell<Option<Permit>>>;

/// What a visit asks of the hub.
#[derive(Clone, Debug)]
pub(crate) enum VisitRequest {
    /// A change.
    Action(Visit),
    /// A question.
    Query(Query),
}

impl VisitRequest {
    /// The entry for the log.
    pub(super) fn entry(self, (session, origin): (SessionId, Origin)) -> Entry {
        let request = RequestId::default();
        match self {
            Self::Action(visit) => {
                let action = Action::Visit(visit);
                Entry::Proposal(Proposal { session, origin, request, action })
            }
            Self::Query(query) => Entry::Query { asker: Asker::Visitor(session), request, query },
        }
    }
}

/// The result of a visit.
pub(crate) enum Outcome {
    /// The hub's answer.
    Answer(Answer),
    /// The permission to read, and the events that were read.
    Page(ReadGrant, Excerpt),
    /// History could not be read.
    Unreadable,
}

/// The caller's end of a visit. When it is dropped, nobody waits for the answer and history is not read for it.
pub(crate) struct VisitHandle {
    pub(crate) session: SessionId,
    pub(crate) answer: oneshot::Receiver<Outcome>,
    _waits: Arc<()>,
}

/// Visits that wait for an answer. Each is the one open request of an HTTP connection, so connections bound them.
#[derive(Default)]
pub(super) struct Visits {
    waiting: HashMap<SessionId, PendingVisit>,
}

/// A visit that waits for an answer, or whose client has hung up since.
struct PendingVisit {
    origin: Origin,
    answer: oneshot::Sender<Outcome>,
    waits: Weak<()>,
    /// Whether the hub has granted a read, which is in flight.
    is_read: bool,
    /// Held until the hub has answered.
    _permit: HttpPermit,
}

impl Visits {
    /// Adds a visit that waits for an answer.
    pub(super) fn begin(
        &mut self,
        session: SessionId,
        origin: Origin,
        permit: HttpPermit,
    ) -> VisitHandle {
        let (sender, answer) = oneshot::channel();
        let waits = Arc::new(());
        let visit = PendingVisit {
            origin,
            answer: sender,
            waits: Arc::downgrade(&waits),
            is_read: false,
            _permit: permit,
        };
        self.waiting.insert(session, visit);
        VisitHandle { session, answer, _waits: waits }
    }

    /// Whether no visit waits.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The caller no longer waits. The slot of the connection stays taken until the hub has answered.
    pub(super) fn abandon(&mut self, session: SessionId) {
        if self.waiting.get(&session).is_some_and(|visit| visit.is_read) {
            self.waiting.remove(&session);
        }
    }

    /// Handles the hub's answer. If the answer permits a read, returns the job for it, of shard number `shard`.
    pub(super) fn handle_answer(
        &mut self,
        session: SessionId,
        answer: &Answer,
        shard: usize,
        refusals: &mut Refusals,
    ) -> Option<Job> {
        let visit = self.waiting.get_mut(&session)?;
        if visit.answer.is_closed() {
            // The client has gone, so nothing is read.
            self.waiting.remove(&session);
            return None;
        }
        if let Answer::ReadGranted(granted) = answer {
            visit.is_read = true;
            return Some(Job {
                shard,
                asker: history::Asker::Visitor(session),
                origin: visit.origin,
                waits: visit.waits.clone(),
                wanted: Wanted::Asked(RequestId::default(), granted.clone()),
            });
        }
        if let Answer::Refused(refusal) = answer {
            refusals.count(refusal);
        }
        self.complete(session, Outcome::Answer(answer.clone()));
        None
    }

    /// Handles the page that a visit was permitted to read.
    pub(super) fn handle_page(&mut self, session: SessionId, page: Page, refusals: &mut Refusals) {
        let refused = |refusal| Outcome::Answer(Answer::Refused(refusal));
        let outcome = match (page.wanted, page.found) {
            (Wanted::Asked(_, granted), Ok(excerpt)) => Outcome::Page(granted, excerpt),
            (_, Err(Unread::TooWide(why))) => refused(Refusal::SearchTooWide { why }),
            (_, Err(Unread::Refused(refusal))) => refused(refusal),
            (_, Err(Unread::Fault)) => Outcome::Unreadable,
            (Wanted::Recent { .. } | Wanted::Refill { .. } | Wanted::Check { .. }, Ok(_)) => {
                Outcome::Unreadable
            }
        };
        if let Outcome::Answer(Answer::Refused(refusal)) = &outcome {
            refusals.count(refusal);
        }
        self.complete(session, outcome);
    }

    fn complete(&mut self, session: SessionId, outcome: Outcome) {
        if let Some(visit) = self.waiting.remove(&session)
            && visit.answer.send(outcome).is_err()
        {
            debug!("a visitor did not wait for the answer");
        }
    }
}
