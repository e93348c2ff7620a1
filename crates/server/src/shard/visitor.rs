//! Visitors: requests over HTTP that are answered once, without anyone coming in.
//!
//! A visit waits until there is room in the chunk for the log, as every reading task does, and keeps its
//! connection's place until the hub has answered it, also when its client has hung up: so what waits for the hub
//! is bounded by connections, however often people try again.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::time::Duration;

use hashbrown::HashMap;
use teahouse_core::{
    Action, Answer, Excerpt, Granted, Origin, Refusal, RequestId, SessionId, Visit,
};
use tokio::sync::oneshot;
use tracing::debug;

use super::{Handle, Shard};
use crate::gate::Permit;
use crate::history::{Asker, Job, NotTaken, Wanted};
use crate::store::ReadError;

/// How long a visitor waits for the hub before it is told that this takes too long.
const VISIT_PATIENCE: Duration = Duration::from_secs(10);
/// What is said to somebody who asks while the house closes.
pub(super) const CLOSING: &str = "the house is closing";

/// The place among connections of one that speaks HTTP: shared with its visit, until it is upgraded.
pub(super) type Place = Rc<RefCell<Option<Permit>>>;

/// Those who wait for an answer. Each is an HTTP connection's one request, so connections bound them.
#[derive(Default)]
pub(super) struct Visitors {
    waiting: HashMap<SessionId, Waiting>,
}

/// One who waits, or has hung up meanwhile.
struct Waiting {
    origin: Origin,
    answer: oneshot::Sender<Outcome>,
    waits: Weak<()>,
    /// The hub has answered: it is being read.
    is_read: bool,
    /// Held until the hub has answered.
    _place: Place,
}

/// A visit under way; whoever drops it waits no more, and nothing is read for them.
struct Visiting {
    answer: oneshot::Receiver<Outcome>,
    session: SessionId,
    shard: std::rc::Weak<RefCell<Shard>>,
    _waits: Arc<()>,
}

impl Drop for Visiting {
    fn drop(&mut self) {
        if let Some(shard) = self.shard.upgrade()
            // Where the shard itself ends this, it has nobody waiting any more.
            && let Ok(mut shard) = shard.try_borrow_mut()
            && shard.visitors.waiting.get(&self.session).is_some_and(|waiting| waiting.is_read)
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
    /// Not taken: nothing can be stored just now, or the house closes.
    NotTaken(Arc<str>),
    /// Taken, and not answered in time.
    Late(Arc<str>),
}

/// Asks the hub one thing and waits for the answer, as long as that makes sense.
pub(super) async fn visit(shard: &Handle, origin: Origin, place: &Place, visit: Visit) -> Outcome {
    let started = tokio::time::Instant::now();
    let mut visiting = loop {
        let room = {
            let mut shard = shard.borrow_mut();
            if let Some(why) = shard.unavailable() {
                return Outcome::NotTaken(why);
            }
            if !shard.is_chunk_full() {
                break shard.propose_visit(origin, Rc::clone(place), visit);
            }
            Rc::clone(&shard.visitors_turn)
        };
        // Nobody else runs between looking and waiting.
        if tokio::time::timeout_at(started + VISIT_PATIENCE, room.notified()).await.is_err() {
            return Outcome::NotTaken("too much is asked for just now".into());
        }
    };
    match tokio::time::timeout_at(started + VISIT_PATIENCE, &mut visiting.answer).await {
        Ok(outcome) => outcome.unwrap_or_else(|_| Outcome::NotTaken(CLOSING.into())),
        Err(_) => {
            let why = shard.borrow().unavailable();
            Outcome::Late(why.unwrap_or_else(|| "the house is busy".into()))
        }
    }
}

impl Shard {
    /// Why nothing new is taken just now, if so.
    pub(super) fn unavailable(&self) -> Option<Arc<str>> {
        if self.is_closing {
            return Some(CLOSING.into());
        }
        self.not_storing.clone()
    }

    /// Asks the hub one thing; the answer comes later.
    fn propose_visit(&mut self, origin: Origin, place: Place, visit: Visit) -> Visiting {
        self.serial += 1;
        let session = self.session_id(self.serial);
        let (sender, answer) = oneshot::channel();
        let waits = Arc::new(());
        let waiting = Waiting {
            origin,
            answer: sender,
            waits: Arc::downgrade(&waits),
            is_read: false,
            _place: place,
        };
        self.visitors.waiting.insert(session, waiting);
        self.propose_as((session, origin), RequestId::default(), Action::Visit(visit));
        Visiting { answer, session, shard: self.me.clone(), _waits: waits }
    }

    pub(super) fn answer_visitor(&mut self, session: SessionId, answer: &Answer) {
        let Some(waiting) = self.visitors.waiting.get_mut(&session) else { return };
        if waiting.answer.is_closed() {
            // Has gone meanwhile: nothing is read for nobody.
            self.visitors.waiting.remove(&session);
            return;
        }
        match answer {
            Answer::Granted(granted) => {
                let wanted = Wanted::Asked(RequestId::default(), granted.clone());
                let (origin, waits) = (waiting.origin, waiting.waits.clone());
                waiting.is_read = true;
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
