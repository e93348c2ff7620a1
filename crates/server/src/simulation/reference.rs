//! What everyone is to hear, by what was decided and in which order: as simple as it can be, and slow.

use std::collections::{BTreeMap, BTreeSet};

use teahouse_core::{Answer, Effect, Event, ExitCause, Ignored, Position, RoomId, SessionId};

/// What was decided for whom.
#[derive(Default)]
pub(super) struct Reference {
    /// How much has been decided so far.
    now: usize,
    /// The rooms of each session, and the last position before it came into each.
    pub(super) joined: BTreeMap<SessionId, BTreeMap<RoomId, Position>>,
    /// When each event was.
    events: BTreeMap<(RoomId, Position), usize>,
    /// When each session came in, and whom it ignored from when on.
    begun: BTreeMap<SessionId, usize>,
    ignored: BTreeMap<SessionId, Vec<(usize, Vec<Ignored>)>>,
    /// What each session was told in private.
    told: BTreeMap<SessionId, Vec<String>>,
    /// How many questions to history each session may have answered.
    granted: BTreeMap<SessionId, usize>,
    /// Those that have ended because they wanted to.
    quit: BTreeSet<SessionId>,
}

/// Whether a member hears an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hears {
    Must,
    /// It ignored its author at some time since: it depends on when it was given the event.
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
                // One that is resumed ignores from its beginning on whom it did before.
                let is_first = self.begun.get(session).is_some_and(|begun| *begun + 1 == self.now);
                let from = if is_first { self.now - 1 } else { self.now };
                self.ignored.entry(*session).or_default().push((from, ignored.clone()));
            }
            Effect::Answer { session, answer: Answer::Welcome { .. }, .. } => {
                self.begun.insert(*session, self.now);
            }
            Effect::Answer { session, answer: Answer::Private(message), .. } => {
                self.told.entry(*session).or_default().push(message.text.as_str().to_owned());
            }
            Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Presence { .. }
            | Effect::Answer { .. }
            | Effect::Opened { .. }
            | Effect::SessionForgotten { .. } => {}
        }
    }

    /// The server has been started anew: nobody is in.
    pub(super) fn begin_anew(&mut self) {
        self.joined.clear();
    }

    pub(super) fn told(&self, session: SessionId) -> &[String] {
        self.told.get(&session).map_or(&[], Vec::as_slice)
    }

    pub(super) fn granted(&self, session: SessionId) -> usize {
        self.granted.get(&session).copied().unwrap_or_default()
    }

    pub(super) fn has_quit(&self, session: SessionId) -> bool {
        self.quit.contains(&session)
    }

    /// Whether somebody hears an event who has had these sessions, one after the other.
    pub(super) fn hears(&self, sessions: &[SessionId], event: &Event) -> Hears {
        let happened = self.events.get(&(event.room, event.position)).copied().unwrap_or_default();
        let key = event.nick.key();
        let (mut has_heard, mut has_ignored) = (false, false);
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
                    has_heard |= !is_ignored;
                }
            }
        }
        match (has_heard, has_ignored) {
            (_, false) => Hears::Must,
            (true, true) => Hears::May,
            (false, true) => Hears::MustNot,
        }
    }
}
