//! A reference model of what every session must receive, from what was decided and in which order. It is as simple as
//! possible, and slow.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_core::{Answer, Effect, Event, ExitCause, Ignored, Position, RoomId, SessionId};

/// What was decided for each session.
#[derive(Default)]
pub(super) struct Reference {
    /// The number of effects so far, which serves as the time below.
    now: usize,
    /// The rooms of each session, with the last position before the session joined.
    pub(super) joined: BTreeMap<SessionId, BTreeMap<RoomId, Position>>,
    /// The time of each event.
    events: BTreeMap<(RoomId, Position), usize>,
    /// The time at which each session began. Below: whom it ignored, from which time on.
    begun: BTreeMap<SessionId, usize>,
    ignored: BTreeMap<SessionId, Vec<(usize, Vec<Ignored>)>>,
    /// The private messages of each session.
    private: BTreeMap<SessionId, Vec<String>>,
    /// The number of history reads that each session was granted.
    granted: BTreeMap<SessionId, usize>,
    /// The sessions that ended because they asked to.
    quit: BTreeSet<SessionId>,
}

/// Whether a member must receive an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Receives {
    Must,
    /// The member ignored the author at some time since. Whether it receives the event depends on when it was given it.
    May,
    MustNot,
}

impl Reference {
    pub(super) fn note(&mut self, effect: &Effect) {
        self.now += 1;
        match effect {
            Effect::Joined { session, room, at, .. } => {
                self.joined.entry(*session).or_default().insert(*room, *at);
            }
            Effect::Left { session, room, .. } => {
                self.joined.entry(*session).or_default().remove(room);
            }
            Effect::Ended { session, cause, .. } => {
                self.joined.remove(session);
                self.quit.extend((*cause == ExitCause::Quit).then_some(*session));
            }
            Effect::Answer { session, answer: Answer::ReadGranted(_), .. } => {
                *self.granted.entry(*session).or_default() += 1;
            }
            Effect::Event(event) => {
                self.events.insert((event.room, event.position), self.now);
            }
            Effect::Ignores { session, ignored } => {
                // A resumed session ignores, from its beginning, those whom it ignored before.
                let is_first = self.begun.get(session).is_some_and(|begun| *begun + 1 == self.now);
                let from = if is_first { self.now - 1 } else { self.now };
                self.ignored.entry(*session).or_default().push((from, ignored.clone()));
            }
            Effect::Answer { session, answer: Answer::Welcome { .. }, .. } => {
                self.begun.insert(*session, self.now);
            }
            Effect::Answer { session, answer: Answer::Private(message), .. } => {
                self.private.entry(*session).or_default().push(message.text.as_str().to_owned());
            }
            Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Presence { .. }
            | Effect::Answer { .. }
            | Effect::Opened { .. }
            | Effect::SessionForgotten { .. } => {}
        }
    }

    /// The server has restarted: no session is in any room.
    pub(super) fn restart(&mut self) {
        self.joined.clear();
    }

    pub(super) fn private(&self, session: SessionId) -> &[String] {
        self.private.get(&session).map_or(&[], Vec::as_slice)
    }

    pub(super) fn granted(&self, session: SessionId) -> usize {
        self.granted.get(&session).copied().unwrap_or_default()
    }

    pub(super) fn has_quit(&self, session: SessionId) -> bool {
        self.quit.contains(&session)
    }

    /// Whether a client that had these sessions, one after the other, must receive an event.
    pub(super) fn receives(&self, sessions: &[SessionId], event: &Event) -> Receives {
        let happened = self.events.get(&(event.room, event.position)).copied().unwrap_or_default();
        let key = event.nick.key();
        let (mut has_received, mut has_ignored) = (false, false);
        for (nth, session) in sessions.iter().enumerate() {
            let begin = |session| self.begun.get(session).copied().unwrap_or_default();
            let end = sessions.get(nth + 1).map_or(usize::MAX, begin);
            let nobody = (begin(session), Vec::new());
            let lists = self.ignored.get(session).map_or(&[][..], Vec::as_slice);
            let mut lists = std::iter::once(&nobody).chain(lists).peekable();
            while let Some((from, ignored)) = lists.next() {
                let upto = lists.peek().map_or(end, |(next, _)| *next);
                if upto > happened && upto > *from {
                    let is_it = |who: &Ignored| who.is(event.session, event.author, Some(&key));
                    let is_ignored = ignored.iter().any(is_it);
                    has_ignored |= is_ignored;
                    has_received |= !is_ignored;
                }
            }
        }
        match (has_received, has_ignored) {
            (_, false) => Receives::Must,
            (true, true) => Receives::May,
            (false, true) => Receives::MustNot,
        }
    }
}
