//! Visits: requests over HTTP that are answered once, without anyone coming in.
//!
//! A visit keeps its connection's place until the hub has answered it, also when its client has hung up: so what
//! waits for the hub is bounded by connections, however often people try again.

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

/// The place among connections of one that speaks HTTP: shared with its visit, until it is upgraded.
pub(crate) type HttpPermit = Rc<RefCell<Option<Permit>>>;

/// What a visit is for.
#[derive(Clone, Debug)]
pub(crate) enum VisitRequest {
    /// To change something.
    Action(Visit),
    /// To know something.
    Query(Query),
}

impl VisitRequest {
    /// What is handed in for it.
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

/// What came of a visit.
pub(crate) enum Outcome {
    /// The hub's answer.
    Answer(Answer),
    /// What was read from history.
    Page(ReadGrant, Excerpt),
    /// History could not be read.
    Unreadable,
}

/// One visit, as whoever asked has it: a visit that is dropped waits no more, and nothing is read for it.
pub(crate) struct Visiting {
    pub(crate) session: SessionId,
    pub(crate) answer: oneshot::Receiver<Outcome>,
    _waits: Arc<()>,
}

/// Visits that wait for an answer. Each is an HTTP connection's one request, so connections bound them.
#[derive(Default)]
pub(super) struct Visits {
    waiting: HashMap<SessionId, Waiting>,
}

/// One that waits, or has hung up meanwhile.
struct Waiting {
    origin: Origin,
    answer: oneshot::Sender<Outcome>,
    waits: Weak<()>,
    /// The hub has answered: it is being read.
    is_read: bool,
    /// Held until the hub has answered.
    _permit: HttpPermit,
}

impl Visits {
    /// One more waits for an answer.
    pub(super) fn begin(
        &mut self,
        session: SessionId,
        origin: Origin,
        permit: HttpPermit,
    ) -> Visiting {
        let (sender, answer) = oneshot::channel();
        let waits = Arc::new(());
        let waiting = Waiting {
            origin,
            answer: sender,
            waits: Arc::downgrade(&waits),
            is_read: false,
            _permit: permit,
        };
        self.waiting.insert(session, waiting);
        Visiting { session, answer, _waits: waits }
    }

    /// Whether nobody waits, and nothing is held for anybody.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whoever asked waits no more; the place of the connection is given back once the hub has answered.
    pub(super) fn abandon(&mut self, session: SessionId) {
        if self.waiting.get(&session).is_some_and(|waiting| waiting.is_read) {
            self.waiting.remove(&session);
        }
    }

    /// The hub has answered. What it allows to be read is a job for `shard`.
    pub(super) fn handle_answer(
        &mut self,
        session: SessionId,
        answer: &Answer,
        shard: usize,
        refusals: &mut Refusals,
    ) -> Option<Job> {
        let waiting = self.waiting.get_mut(&session)?;
        if waiting.answer.is_closed() {
            // Has gone meanwhile: nothing is read for nobody.
            self.waiting.remove(&session);
            return None;
        }
        if let Answer::ReadGranted(granted) = answer {
            waiting.is_read = true;
            return Some(Job {
                shard,
                asker: history::Asker::Visitor(session),
                origin: waiting.origin,
                waits: waiting.waits.clone(),
                wanted: Wanted::Asked(RequestId::default(), granted.clone()),
            });
        }
        if let Answer::Refused(refusal) = answer {
            refusals.count(refusal);
        }
        self.end(session, Outcome::Answer(answer.clone()));
        None
    }

    /// What it may read has been read.
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
        self.end(session, outcome);
    }

    fn end(&mut self, session: SessionId, outcome: Outcome) {
        if let Some(waiting) = self.waiting.remove(&session)
            && waiting.answer.send(outcome).is_err()
        {
            debug!("a visitor did not wait for the answer");
        }
    }
}
