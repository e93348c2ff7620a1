//! Visitors: requests over HTTP that are answered once, without anyone coming in.

use hashbrown::HashMap;
use teahouse_core::{Action, Answer, Event, Granted, Origin, RequestId, SessionId, Visit};
use tokio::sync::oneshot;
use tracing::debug;

use super::Shard;
use crate::history::{Asker, Job, Wanted};
use crate::store::ReadError;

/// Those who wait for an answer. Each is an HTTP connection's one request, so connections bound them.
#[derive(Default)]
pub(super) struct Visitors {
    waiting: HashMap<SessionId, oneshot::Sender<Outcome>>,
}

/// What came of a visit.
pub(super) enum Outcome {
    /// The hub's answer.
    Answer(Answer),
    /// What was read from history.
    Page(Granted, Vec<Event>),
    /// History could not be read.
    Unreadable,
}

impl Shard {
    /// Asks the hub one thing; the answer comes later.
    pub(super) fn visit(&mut self, origin: Origin, visit: Visit) -> oneshot::Receiver<Outcome> {
        self.serial += 1;
        let session = self.session_id(self.serial);
        let (sender, receiver) = oneshot::channel();
        self.visitors.waiting.insert(session, sender);
        self.propose_as((session, origin), RequestId::default(), Action::Visit(visit));
        receiver
    }

    pub(super) fn answer_visitor(&mut self, session: SessionId, answer: &Answer) {
        let Some(waiting) = self.visitors.waiting.get(&session) else { return };
        if waiting.is_closed() {
            // Has gone meanwhile: nothing is read for nobody.
            self.visitors.waiting.remove(&session);
            return;
        }
        match answer {
            Answer::Granted(granted) => {
                let wanted = Wanted::Asked(RequestId::default(), granted.clone());
                let job = Job { shard: self.index, asker: Asker::Visitor(session), wanted };
                if !self.jobs.send(job) {
                    self.end_visit(session, Outcome::Unreadable);
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
        events: Result<Vec<Event>, ReadError>,
    ) {
        match (wanted, events) {
            (Wanted::Asked(_, granted), Ok(events)) => {
                self.end_visit(session, Outcome::Page(granted, events));
            }
            (Wanted::Asked(..) | Wanted::Tail { .. } | Wanted::Refill { .. }, _) => {
                self.end_visit(session, Outcome::Unreadable);
            }
        }
    }

    fn end_visit(&mut self, session: SessionId, outcome: Outcome) {
        if let Some(waiting) = self.visitors.waiting.remove(&session)
            && waiting.send(outcome).is_err()
        {
            debug!("a visitor did not wait for the answer");
        }
    }
}
