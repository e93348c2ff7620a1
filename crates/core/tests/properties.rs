//! Random proposals in random order against what must always hold, with a reference that is dumber than
//! the product: it only believes the effects.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says where"
)]

#[path = "properties/restored.rs"]
mod restored;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use teahouse_core::{
    Action, Answer, Asker, Author, Chat, Effect, ExitCause, Limits, MessageId, MessageKey, Moment,
    Nick, NickKey, Origin, Position, Proposal, Query, Question, Rate, Request, RequestId,
    ResumeKeyHash, RoomId, RoomName, Said, Sequence, SessionId, Signal, SteadyTime, Text, Time,
    Visit,
};

const NICKS: [&str; 5] = ["ann", "Ann", "Bepa", "Вера", "小明"];
const ROOMS: [&str; 4] = ["lobby", "coco", "сосо", "茶"];

/// Sessions from here on are visitors.
const VISITORS: u64 = 100;

fn is_visitor(session: SessionId) -> bool {
    session.0 > VISITORS
}

fn nick() -> impl Strategy<Value = Nick> {
    proptest::sample::select(NICKS.to_vec()).prop_map(|name| Nick::parse(name).unwrap())
}

fn room() -> impl Strategy<Value = RoomName> {
    proptest::sample::select(ROOMS.to_vec()).prop_map(|name| RoomName::parse(name).unwrap())
}

fn text() -> impl Strategy<Value = Text> {
    "[a-z茶]{1,9}".prop_map(|words| Text::parse(&words).unwrap())
}

fn question() -> impl Strategy<Value = Question> {
    let (count, position, time) = (5, Position(2), Time(20_000));
    prop_oneof![
        room().prop_map(move |room| Question::Latest { room, count }),
        room().prop_map(move |room| Question::Before { room, time, count }),
        room().prop_map(move |room| Question::Earlier { room, position, count }),
        room().prop_map(move |room| Question::Later { room, position, count }),
        room().prop_map(move |room| Question::Around { room, position, count }),
        (proptest::option::of(room()), proptest::option::of(1_u64..9)).prop_map(
            move |(room, before)| {
                let (words, before) = ("茶".to_owned(), before.map(Sequence));
                Question::Search { words, room, before, count }
            }
        ),
    ]
}

/// What an operator may set while people talk.
fn configured() -> impl Strategy<Value = Limits> {
    let first_room = proptest::sample::select(vec!["lobby", "coco"]);
    (first_room, 0_u32..4, 0_u64..4, 0_u32..3, 0_u32..3).prop_map(
        |(first_room, rooms_max, small_room_events, suspended_per_origin_max, burst)| Limits {
            first_room: RoomName::parse(first_room).unwrap(),
            rooms_max,
            small_room_events,
            suspended_per_origin_max,
            new_rooms: Rate { burst, interval_ms: 30_000 },
            ..limits()
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (proptest::option::of(nick()), proptest::option::of(room()), seat())
            .prop_map(|(nick, room, seat)| Action::Enter { nick, room, seat }),
        2 => room().prop_map(|room| Action::EnterUnseen { room }),
        1 => Just(Action::Appear),
        4 => proptest::sample::select(vec![ExitCause::Lost, ExitCause::Quit])
            .prop_map(|cause| Action::Exit { cause }),
        4 => room().prop_map(|room| Action::Join { room }),
        2 => room().prop_map(|room| Action::Leave { room }),
        6 => (room(), text(), any::<bool>(), proptest::option::of(0_u8..4)).prop_map(
            |(room, text, acted, id)| Action::Say { room, text, acted, id: id.map(|id| MessageId([id; 16])) }
        ),
        1 => (nick(), text()).prop_map(|(nick, text)| Action::Tell { nick, text }),
        2 => nick().prop_map(|nick| Action::Rename { nick }),
        1 => (room(), proptest::option::of(text()))
            .prop_map(|(room, topic)| Action::Topic { room, topic }),
        1 => nick().prop_map(|nick| Action::Ignore { nick }),
        1 => configured().prop_map(|limits| Action::Configure { limits: Box::new(limits) }),
        2 => (proptest::option::of(nick()), room(), text()).prop_map(
            |(nick, room, text)| {
                let id = Some(MessageId([1; 16]));
                Action::Visit(Visit::Post { nick, room, text, id })
            }
        ),
        1 => (room(), any::<bool>())
            .prop_map(|(room, create)| Action::Visit(Visit::Follow { room, create })),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    prop_oneof![
        (room(), 0_u32..3).prop_map(|(room, page)| Query::Who { room, page }),
        (0_u32..3).prop_map(|page| Query::Rooms { page }),
        room().prop_map(|room| Query::Topic { room }),
        Just(Query::Ignored),
        question().prop_map(|question| Query::Read { question }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        8 => action().prop_map(Request::Action),
        2 => query().prop_map(Request::Query),
        1 => room().prop_map(|room| Request::Signal(Signal::Typing { room })),
    ]
}

/// Often one of three seats, so that people come back, on any connection.
fn seat() -> impl Strategy<Value = Option<ResumeKeyHash>> {
    proptest::option::of((0_u8..3).prop_map(|seat| ResumeKeyHash::of(&[seat; 16])))
}

/// A stretch of a log: proposals, each with its moment. Wall clocks are set forward and back.
type Log = Vec<(Moment, Proposal)>;

fn logs() -> impl Strategy<Value = Log> {
    days().prop_map(|day| proposals_of(&day))
}

fn proposals_of(day: &[(Moment, Entry)]) -> Log {
    let proposals = day.iter().filter_map(|(moment, entry)| match entry {
        Entry::Proposal(proposal) => Some((*moment, proposal.clone())),
        Entry::Query(..) | Entry::Signal(..) => None,
    });
    proposals.collect()
}

/// Written to a log and read there.
fn travelled<T: Serialize + DeserializeOwned>(thing: &T) -> T {
    serde_json::from_str(&serde_json::to_string(thing).unwrap()).unwrap()
}

/// What a hub is handed.
#[derive(Clone, Debug)]
enum Entry {
    Proposal(Proposal),
    Query(Asker, Query),
    Signal(SessionId, Signal),
}

/// What a hub is handed in a while: what is published of it has the moment beside it.
fn days() -> impl Strategy<Value = Vec<(Moment, Entry)>> {
    let step = (1_u64..6, 0_u32..20_000, -50_000_i64..50_000, request(), any::<bool>());
    proptest::collection::vec(step, 0..140).prop_map(|steps| {
        let mut steady = SteadyTime(0);
        let entry = |(session, pause_ms, wall_off_ms, request, is_odd): (_, _, _, _, bool)| {
            steady = steady.plus_ms(pause_ms);
            let moment = Moment { time: Time(steady.0 as i64 + wall_off_ms), steady };
            (moment, entry(session, request, is_odd))
        };
        steps.into_iter().map(entry).collect()
    })
}

fn entry(session: u64, request: Request, is_odd: bool) -> Entry {
    let id = RequestId::default();
    match request {
        Request::Action(action) => {
            let visits = matches!(action, Action::Visit(_))
                || is_odd && matches!(action, Action::Exit { .. });
            let session = if visits { session + VISITORS } else { session };
            let (session, origin) = (SessionId(session), Origin(session % 3));
            Entry::Proposal(Proposal { session, origin, request: id, action })
        }
        Request::Query(query) => {
            let asker = if is_odd {
                Asker::Visitor(SessionId(session + VISITORS))
            } else {
                Asker::Session(SessionId(session))
            };
            Entry::Query(asker, query)
        }
        Request::Signal(signal) => Entry::Signal(SessionId(session), signal),
    }
}

fn limits() -> Limits {
    Limits {
        rooms_max: 2,
        small_room_events: 2,
        new_rooms: Rate { burst: 3, interval_ms: 30_000 },
        rooms_per_session_max: 2,
        announce_each_max: 2,
        suspended_per_origin_max: 1,
        suspended_max: 2,
        brief_stays: Rate { burst: 1, interval_ms: 40_000 },
        grace_ms: 200_000,
        ..Limits::default()
    }
}

fn apply_all(log: &[(Moment, Proposal)]) -> Vec<Effect> {
    apply_to(&mut Chat::from_history(limits(), RoomId(0), []), log)
}

fn apply_to(chat: &mut Chat, log: &[(Moment, Proposal)]) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (moment, proposal) in log {
        chat.advance(*moment, &mut effects);
        chat.apply(proposal.clone(), &mut effects);
        chat.check().unwrap();
    }
    effects
}

/// As [`apply_all`], with a store that takes what happened after every so many proposals.
fn apply_in_batches(log: &[(Moment, Proposal)], batch: usize) -> Vec<Effect> {
    let mut chat = Chat::from_history(limits(), RoomId(0), []);
    let (mut effects, mut stored) = (Vec::new(), 0);
    let mut store: BTreeMap<MessageKey, Said> = BTreeMap::new();
    for part in log.chunks(batch) {
        for (moment, proposal) in part {
            chat.advance(*moment, &mut effects);
            if let Some(key) = chat.to_recall(proposal)
                && let Some(said) = store.get(&key)
            {
                chat.recall(key, said.clone());
            }
            chat.apply(proposal.clone(), &mut effects);
            chat.check().unwrap();
        }
        for effect in &effects[stored..] {
            if let Effect::Event(event) = effect
                && let (Some(id), Some(author)) = (event.id, event.author)
            {
                let (kind, text) = (event.kind, event.text.clone());
                let said = Said { position: event.position, kind, text, is_of_author: true };
                store.insert(MessageKey { room: event.room, author, id }, said);
            }
        }
        stored = effects.len();
        chat.settled();
    }
    effects
}

/// What can be known from the effects alone.
#[derive(Default)]
struct Reference {
    nicks: BTreeMap<SessionId, Nick>,
    members: BTreeMap<RoomId, BTreeSet<SessionId>>,
    heads: BTreeMap<RoomId, u64>,
    founded: BTreeMap<RoomId, RoomName>,
    ids: BTreeSet<(RoomId, Author, MessageId)>,
    suspended: BTreeSet<SessionId>,
    times: BTreeMap<RoomId, Time>,
    /// Those who came in unseen and have asked for nothing since.
    unseen: BTreeSet<SessionId>,
    removed: BTreeSet<RoomId>,
}

impl Reference {
    fn hear(&mut self, proposal: &Proposal) {
        let Proposal { session, action, .. } = proposal;
        let was_unseen = !matches!(action, Action::Exit { .. }) && self.unseen.remove(session);
        let is_known = self.nicks.contains_key(session) || self.suspended.contains(session);
        let is_new = !was_unseen && !is_known;
        if is_new && matches!(action, Action::EnterUnseen { .. }) {
            self.unseen.insert(*session);
        }
    }

    fn believe(&mut self, effect: &Effect) {
        match effect {
            Effect::Founded { room, name, .. } => {
                assert_eq!(self.founded.insert(*room, name.clone()), None, "founded twice");
                assert_eq!(self.heads.get(room).copied().unwrap_or(0), 0);
            }
            Effect::RoomRemoved { room } => {
                assert!(self.members.remove(room).is_none_or(|here| here.is_empty()));
                assert!(self.founded.contains_key(room), "removed without being kept");
                assert!(self.removed.insert(*room), "removed twice");
            }
            Effect::Event(event) => {
                assert!(!self.removed.contains(&event.room), "said where there is no room");
                assert!(self.founded.contains_key(&event.room), "an event before its room");
                let head = self.heads.entry(event.room).or_default();
                assert_eq!(event.position, Position(*head + 1), "a hole or a double");
                *head += 1;
                let last = self.times.insert(event.room, event.time).unwrap_or(event.time);
                assert!(event.time >= last, "a room's time went back");
                if !is_visitor(event.session) {
                    let here = &self.members[&event.room];
                    assert!(here.contains(&event.session), "said from outside");
                    assert_eq!(event.nick, self.nicks[&event.session], "said under another nick");
                }
                if let Some(id) = event.id {
                    assert!(
                        self.ids.insert((event.room, event.author.unwrap(), id)),
                        "the same message twice"
                    );
                }
            }
            Effect::Joined { session, room, at, members, .. } => {
                let is_known = is_visitor(*session) || self.nicks.contains_key(session);
                assert!(is_known, "joined before it was welcome");
                assert_eq!(at.0, self.heads.get(room).copied().unwrap_or(0));
                let here = self.members.entry(*room).or_default();
                assert!(here.insert(*session), "joined twice");
                // Followers are not members; those whose seat is kept are, and hear nothing.
                let others = here.iter().filter(|other| *other != session);
                let seen = others.filter(|s| !is_visitor(**s) && !self.unseen.contains(s)).count();
                let myself = usize::from(!is_visitor(*session));
                assert!(*members >= seen + myself);
            }
            Effect::Parted { session, room, .. } => {
                assert!(
                    self.members.get_mut(room).unwrap().remove(session),
                    "left without being in"
                );
            }
            Effect::Answer { session, answer, .. } => {
                if let Answer::Welcome { nick, .. } | Answer::Renamed { to: nick, .. } = answer {
                    self.nicks.insert(*session, nick.clone());
                    self.check_nicks();
                }
                let is_known = is_visitor(*session) || self.nicks.contains_key(session);
                assert!(is_known, "answered nobody");
            }
            Effect::Ended { session, is_suspended, .. } => {
                self.unseen.remove(session);
                let was_known = is_visitor(*session) || self.nicks.remove(session).is_some();
                assert!(was_known, "ended twice");
                if *is_suspended {
                    assert!(self.suspended.insert(*session), "suspended twice");
                }
                assert!(self.members.values().all(|here| !here.contains(session)));
            }
            Effect::Ignores { session, ignored } => {
                assert!(self.nicks.contains_key(session), "who is not here ignores nobody");
                assert!(ignored.len() <= limits().ignored_max as usize);
            }
            Effect::SessionForgotten { session } => {
                assert!(self.suspended.remove(session), "forgotten without being suspended");
            }
            // That it holds together is what `lists.rs` is about.
            Effect::Presence { rooms, .. } => {
                assert!(rooms.iter().all(|room| self.members.contains_key(&room.room)));
            }
        }
    }

    fn check_nicks(&self) {
        let looks: Vec<NickKey> = self.nicks.values().flat_map(Nick::looks).collect();
        let different: BTreeSet<&NickKey> = looks.iter().collect();
        assert_eq!(different.len(), looks.len(), "two people look alike: {:?}", self.nicks);
    }
}

proptest! {
    #[test]
    fn whatever_is_asked_in_whatever_order_the_effects_hold_together(log in logs()) {
        let mut reference = Reference::default();
        let mut chat = Chat::from_history(limits(), RoomId(0), []);
        for (moment, proposal) in &log {
            let mut effects = Vec::new();
            chat.advance(*moment, &mut effects);
            chat.check().unwrap();
            for effect in effects.drain(..) {
                reference.believe(&effect);
            }
            reference.hear(proposal);
            chat.apply(proposal.clone(), &mut effects);
            chat.check().unwrap();
            for effect in &effects {
                reference.believe(effect);
            }
        }
        // When nothing more happens, whatever was kept for somebody is given up; a while later that is told
        // also where it is gathered into a line, and nothing is due.
        let mut effects = Vec::new();
        for steady in [1_000_000_000, 2_000_000_000].map(SteadyTime) {
            chat.advance(Moment { time: Time(0), steady }, &mut effects);
        }
        for effect in &effects {
            reference.believe(effect);
        }
        assert_eq!(reference.suspended, BTreeSet::new(), "suspended for ever");
        assert_eq!(chat.next_due(), None);
    }

    #[test]
    fn what_is_asked_and_what_passes_by_changes_nothing_and_is_told_to_those_who_are_here(day in days()) {
        let mut reference = Reference::default();
        let mut chat = Chat::from_history(limits(), RoomId(0), []);
        let mut published = Vec::new();
        for (moment, entry) in &day {
            let mut effects = Vec::new();
            let before = format!("{chat:?}");
            match entry {
                Entry::Proposal(proposal) => {
                    chat.advance(*moment, &mut effects);
                    reference.hear(proposal);
                    chat.apply(proposal.clone(), &mut effects);
                    published.extend(effects.iter().cloned());
                }
                Entry::Query(asker, query) => {
                    chat.ask(*asker, RequestId::default(), query.clone(), &mut effects);
                    prop_assert_eq!(format!("{chat:?}"), before);
                    let session = asker.session();
                    let is_here = is_visitor(session) || reference.nicks.contains_key(&session);
                    prop_assert_eq!(effects.len(), usize::from(is_here), "one answer");
                }
                Entry::Signal(session, signal) => {
                    chat.signal(*session, signal.clone(), &mut effects);
                    prop_assert_eq!(format!("{chat:?}"), before);
                }
            }
            for effect in &effects {
                reference.believe(effect);
            }
        }
        // Somebody who has only seen what is published knows the same.
        let mut other = Chat::from_history(limits(), RoomId(0), []);
        prop_assert_eq!(apply_to(&mut other, &proposals_of(&day)), published);
        prop_assert_eq!(format!("{other:?}"), format!("{chat:?}"));
    }

    #[test]
    fn the_same_moment_once_more_changes_nothing(log in logs()) {
        let mut chat = Chat::from_history(limits(), RoomId(0), []);
        for (moment, proposal) in &log {
            let mut effects = Vec::new();
            chat.advance(*moment, &mut effects);
            let before = format!("{chat:?}");
            effects.clear();
            chat.advance(*moment, &mut effects);
            prop_assert_eq!(&effects, &[]);
            prop_assert_eq!(format!("{chat:?}"), before);
            let is_due = chat.next_due().is_some_and(|due| due <= moment.steady);
            prop_assert!(!is_due, "what was due has been done");
            chat.apply(proposal.clone(), &mut effects);
        }
    }

    #[test]
    fn where_a_batch_ends_changes_nothing(log in logs(), batch in 1_usize..9) {
        prop_assert_eq!(apply_in_batches(&log, batch), apply_all(&log));
    }

    #[test]
    fn the_same_proposals_give_the_same_effects_also_after_travelling(log in logs()) {
        let read = travelled(&log);
        prop_assert_eq!(&read, &log);
        prop_assert_eq!(apply_all(&read), apply_all(&log));
    }

    #[test]
    fn a_signal_is_the_same_after_travelling(room in room()) {
        let signal = Signal::Typing { room };
        prop_assert_eq!(travelled(&signal), signal);
    }
}
