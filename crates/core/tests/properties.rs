//! Random proposals in random order: the invariants hold, and the effects agree with a reference that is simpler than
//! the product, because it only knows the effects.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says where"
)]

#[path = "support/configured_chat.rs"]
mod configured_chat;
#[path = "properties/reference.rs"]
mod reference;
#[path = "properties/restored.rs"]
mod restored;
#[path = "properties/strategies.rs"]
mod strategies;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use teahouse_core::{
    Action, Answer, Asker, Author, Chat, Effect, ExitCause, History, KnownMessage, Limits,
    MessageId, MessageKey, Moment, Nick, NickKey, NodeId, Origin, Position, Proposal, Query,
    Question, Rate, Request, RequestId, ResumeKeyHash, RoomId, RoomName, Sequence, SessionId,
    Signal, SteadyTime, Text, Time, Visit,
};

use configured_chat::configured_chat;
use reference::Reference;
use strategies::{proposals_of, request, room};

const NICKS: [&str; 5] = ["ann", "Ann", "Bepa", "Вера", "小明"];
const ROOMS: [&str; 4] = ["lobby", "coco", "сосо", "茶"];

/// Sessions with a higher count in their boot are visitors.
const VISITORS: u64 = 100;

fn is_visitor(session: SessionId) -> bool {
    session.0 - SessionId::new(session.boot(), 0, 0).0 > VISITORS
}

/// A part of a log: proposals, each with its moment. Wall clocks are set forward and back.
type Log = Vec<(Moment, Proposal)>;

fn logs() -> impl Strategy<Value = Log> {
    days().prop_map(|day| proposals_of(&day))
}

/// Serializes a thing and reads it again.
fn reread<T: Serialize + DeserializeOwned>(thing: &T) -> T {
    serde_json::from_str(&serde_json::to_string(thing).unwrap()).unwrap()
}

/// One input of a hub.
#[derive(Clone, Debug)]
enum Entry {
    Proposal(Proposal),
    Query(Asker, Query),
    Signal(SessionId, Signal),
}

/// A sequence of inputs of a hub, each with its moment.
fn days() -> impl Strategy<Value = Vec<(Moment, Entry)>> {
    // Boots that have ended, that are open, and that are not given out yet.
    let boot = prop_oneof![3 => Just(0_u32), 2 => 1_u32..5];
    let step = ((boot, 1_u64..6), 0_u32..20_000, -50_000_i64..50_000, request(), any::<bool>());
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

fn entry((boot, number): (u32, u64), request: Request, is_odd: bool) -> Entry {
    let session = |number| SessionId::new(boot, 0, number);
    let id = RequestId::default();
    match request {
        Request::Action(action) => {
            let visits = matches!(action, Action::Visit(_))
                || is_odd && matches!(action, Action::Exit { .. });
            let visitor = if visits { VISITORS } else { 0 };
            let (session, origin) = (session(number + visitor), Origin(number % 3));
            Entry::Proposal(Proposal { session, origin, request: id, action })
        }
        Request::Query(query) => {
            let asker = if is_odd {
                Asker::Visitor(session(number + VISITORS))
            } else {
                Asker::Session(session(number))
            };
            Entry::Query(asker, query)
        }
        Request::Signal(signal) => Entry::Signal(session(number), signal),
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
    apply_to(&mut configured_chat(limits(), History::default()), log)
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

/// As [`apply_all`], with a commit to a store after every `batch` proposals.
fn apply_in_batches(log: &[(Moment, Proposal)], batch: usize) -> Vec<Effect> {
    let mut chat = configured_chat(limits(), History::default());
    let (mut effects, mut stored) = (Vec::new(), 0);
    let mut store: BTreeMap<MessageKey, KnownMessage> = BTreeMap::new();
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
                let said =
                    KnownMessage { position: event.position, kind, text, is_of_author: true };
                store.insert(MessageKey { room: event.room, author, id }, said);
            }
        }
        stored = effects.len();
        chat.mark_committed();
    }
    effects
}

proptest! {
    #[test]
    fn effects_are_consistent_for_any_proposals_in_any_order(log in logs()) {
        let mut reference = Reference::default();
        let mut chat = configured_chat(limits(), History::default());
        for (moment, proposal) in &log {
            let mut effects = Vec::new();
            chat.advance(*moment, &mut effects);
            chat.check().unwrap();
            for effect in effects.drain(..) {
                reference.believe(&effect);
            }
            reference.receive(proposal);
            chat.apply(proposal.clone(), &mut effects);
            chat.check().unwrap();
            for effect in &effects {
                reference.believe(effect);
            }
        }
        // When nothing more happens, every suspended session ends; a while later that is announced also where it is
        // folded, and nothing is due.
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
    fn queries_and_signals_change_nothing_and_answer_only_present_sessions(day in days()) {
        let mut reference = Reference::default();
        let mut chat = configured_chat(limits(), History::default());
        let mut published = Vec::new();
        for (moment, entry) in &day {
            let mut effects = Vec::new();
            let before = format!("{chat:?}");
            match entry {
                Entry::Proposal(proposal) => {
                    chat.advance(*moment, &mut effects);
                    reference.receive(proposal);
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
        // A node that receives only what is published has the same state.
        let mut other = configured_chat(limits(), History::default());
        prop_assert_eq!(apply_to(&mut other, &proposals_of(&day)), published);
        prop_assert_eq!(format!("{other:?}"), format!("{chat:?}"));
    }

    #[test]
    fn advancing_to_the_same_moment_again_changes_nothing(log in logs()) {
        let mut chat = configured_chat(limits(), History::default());
        for (moment, proposal) in &log {
            let mut effects = Vec::new();
            chat.advance(*moment, &mut effects);
            let before = format!("{chat:?}");
            effects.clear();
            chat.advance(*moment, &mut effects);
            prop_assert_eq!(&effects, &[]);
            prop_assert_eq!(format!("{chat:?}"), before);
            let is_due = chat.next_due().is_some_and(|due| due <= moment.steady);
            prop_assert!(!is_due, "something due was not done");
            chat.apply(proposal.clone(), &mut effects);
        }
    }

    #[test]
    fn setting_the_same_limits_again_changes_nothing(log in logs()) {
        let mut chat = configured_chat(limits(), History::default());
        apply_to(&mut chat, &log);
        let configure = || Proposal::of_server(Action::Configure { limits: Box::new(limits()) });
        chat.apply(configure(), &mut Vec::new());
        let (before, mut effects) = (chat.snapshot(), Vec::new());
        chat.apply(configure(), &mut effects);
        prop_assert_eq!(&effects, &[]);
        prop_assert_eq!(chat.snapshot(), before);
    }

    #[test]
    fn the_size_of_a_batch_changes_nothing(log in logs(), batch in 1_usize..9) {
        prop_assert_eq!(apply_in_batches(&log, batch), apply_all(&log));
    }

    #[test]
    fn serialized_proposals_have_the_same_effects(log in logs()) {
        let read = reread(&log);
        prop_assert_eq!(&read, &log);
        prop_assert_eq!(apply_all(&read), apply_all(&log));
    }

    #[test]
    fn a_serialized_signal_is_the_same(room in room()) {
        let signal = Signal::Typing { room };
        prop_assert_eq!(reread(&signal), signal);
    }
}
