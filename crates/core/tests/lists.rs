//! A list of members that follows the presence effects is correct at every point in the order: in rooms of any
//! size, whether changes are announced or folded.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/configured_chat.rs"]
mod configured_chat;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::select;
use teahouse_core::{
    Action, Answer, Asker, Chat, Effect, ExitCause, History, InRoom, Limits, Moment, Nick, NodeId,
    Origin, Presence, Proposal, Query, Rate, RequestId, ResumeKeyHash, RoomId, RoomName, SessionId,
    Signal, SteadyTime, Text, Time,
};

use configured_chat::configured_chat;

/// The visitor that asks for the members of rooms.
const VISITOR: SessionId = SessionId(1000);
const ROOMS: [&str; 3] = ["lobby", "tea", "den"];

fn room() -> impl Strategy<Value = RoomName> {
    select(ROOMS.to_vec()).prop_map(|name| name.parse().unwrap())
}

fn nick() -> impl Strategy<Value = Nick> {
    select(vec!["ann", "Ann", "bob", "小明", "guest3"]).prop_map(|name| Nick::parse(name).unwrap())
}

/// Thresholds that a handful of people can be below and above.
fn limits() -> impl Strategy<Value = Limits> {
    let (each, names) = (select(vec![0, 1, 3, 8, 50]), select(vec![0, 3, 500]));
    let (fold_ms, burst) = (select(vec![0, 500, 30_000]), select(vec![1, 3, 100]));
    (each, names, fold_ms, burst, 0_u32..3).prop_map(
        |(announce_each_max, announce_names_max, fold_ms, burst, suspended_per_origin_max)| {
            Limits {
                announce_each_max,
                announce_names_max,
                fold_ms,
                brief_stays: Rate { burst, interval_ms: 40_000 },
                suspended_per_origin_max,
                grace_ms: 20_000,
                ..Limits::default()
            }
        },
    )
}

fn action() -> impl Strategy<Value = Action> {
    let resume_key =
        proptest::option::of((0_u8..6).prop_map(|resume_key| ResumeKeyHash::of(&[resume_key; 16])));
    let cause = select(vec![ExitCause::Lost, ExitCause::Quit, ExitCause::Unread]);
    prop_oneof![
        8 => (proptest::option::of(nick()), proptest::option::of(room()), resume_key)
            .prop_map(|(nick, room, resume_key)| Action::Enter { nick, room, resume_key }),
        3 => room().prop_map(|room| Action::EnterUnseen { room }),
        1 => Just(Action::Appear),
        4 => cause.prop_map(|cause| Action::Exit { cause }),
        8 => room().prop_map(|room| Action::Join { room }),
        2 => room().prop_map(|room| Action::Leave { room }),
        4 => nick().prop_map(|nick| Action::Rename { nick }),
        1 => room().prop_map(|room| {
            let text = Text::parse("hello").unwrap();
            Action::Say { room, text, acted: false, id: None }
        }),
        1 => (1_u8..3).prop_map(|node| Action::Open { node: NodeId(node) }),
        1 => limits().prop_map(|limits| Action::Configure { limits: Box::new(limits) }),
    ]
}

/// Steps: a pause in milliseconds, the session, its action, and the room in which it types meanwhile.
fn steps() -> impl Strategy<Value = Vec<(u32, SessionId, Action, Option<RoomName>)>> {
    let pause_ms = prop_oneof![4 => Just(0), 2 => 1_u32..1_000, 1 => 1_000_u32..40_000];
    let types_in = proptest::option::weighted(0.03, room());
    let boot = prop_oneof![2 => Just(0_u32), 1 => 1_u32..4];
    let session = (boot, 1_u64..16).prop_map(|(boot, number)| SessionId::new(boot, 0, number));
    proptest::collection::vec((pause_ms, session, action(), types_in), 0..160)
}

/// What a client knows that receives every change of presence and nothing else.
#[derive(Default)]
struct Lists {
    rooms: BTreeMap<RoomName, RoomId>,
    members: BTreeMap<RoomId, BTreeSet<Nick>>,
    /// How many joined and left since the last fold without being announced.
    unannounced: BTreeMap<RoomId, (usize, usize)>,
}

impl Lists {
    fn receive(&mut self, effect: &Effect) {
        match effect {
            Effect::Joined { room, name, .. } => {
                self.rooms.insert(name.clone(), *room);
            }
            Effect::Presence { presence, rooms, .. } => self.receive_presence(presence, rooms),
            Effect::RoomCreated { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Event(_)
            | Effect::Left { .. }
            | Effect::Ignores { .. }
            | Effect::Answer { .. }
            | Effect::Ended { .. }
            | Effect::Opened { .. }
            | Effect::SessionForgotten { .. } => {}
        }
    }

    fn receive_presence(&mut self, presence: &Presence, rooms: &[InRoom]) {
        for room in rooms {
            let here = self.members.entry(room.room).or_default();
            match presence {
                Presence::Entered { nick } => {
                    assert!(here.insert(nick.clone()), "{nick} entered twice");
                    self.count(*room, (1, 0));
                }
                Presence::Left { nick } | Presence::Offline { nick, .. } => {
                    assert!(here.remove(nick), "{nick} went and was not there");
                    self.count(*room, (0, 1));
                }
                Presence::Renamed { from, to } => {
                    assert!(here.remove(from) && here.insert(to.clone()), "{from} is not {to}");
                }
                Presence::Typing { nick } => assert!(here.contains(nick)),
                Presence::Folded { entered, entered_count, gone, gone_count, members } => {
                    assert_eq!(here.len(), *members);
                    assert!(entered.len() <= *entered_count && gone.len() <= *gone_count);
                    let counted = self.unannounced.remove(&room.room);
                    assert_eq!(counted, Some((*entered_count, *gone_count)), "folded otherwise");
                }
            }
        }
        if let Presence::Offline { nick, .. } | Presence::Renamed { from: nick, .. } = presence {
            let mut everywhere = self.members.values();
            assert!(everywhere.all(|here| !here.contains(nick)), "{nick} is still in a room");
        }
    }

    fn count(&mut self, room: InRoom, (joined, left): (usize, usize)) {
        if !room.is_announced {
            let counted = self.unannounced.entry(room.room).or_default();
            *counted = (counted.0 + joined, counted.1 + left);
        }
    }

    /// Compares every list with the chat's own.
    fn check(&self, chat: &Chat) {
        for (name, room) in &self.rooms {
            let empty = BTreeSet::new();
            let list = self.members.get(room).unwrap_or(&empty);
            assert_eq!(list, &who(chat, name), "in {name}");
        }
        let named: BTreeSet<&RoomId> = self.rooms.values().collect();
        let mut nameless = self.members.iter().filter(|(room, _)| !named.contains(room));
        assert!(nameless.all(|(_, here)| here.is_empty()), "somebody is in a removed room");
    }
}

fn propose(chat: &mut Chat, session: SessionId, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    let (origin, request) = (Origin(session.0 % 3), RequestId::default());
    chat.apply(Proposal { session, origin, request, action }, &mut effects);
    effects
}

fn who(chat: &Chat, room: &RoomName) -> BTreeSet<Nick> {
    let (mut nicks, mut page) = (BTreeSet::new(), 1);
    loop {
        let (asker, request) = (Asker::Visitor(VISITOR), RequestId::default());
        let query = Query::Who { room: room.clone(), page };
        let mut answered = Vec::new();
        chat.ask(asker, request, query, &mut answered);
        let [Effect::Answer { answer: Answer::Members { nicks: some, pages, .. }, .. }] =
            answered.as_slice()
        else {
            return nicks;
        };
        nicks.extend(some.iter().cloned());
        if page == *pages {
            return nicks;
        }
        page += 1;
    }
}

proptest! {
    // Each case is long, and everything is checked after every step.
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn a_list_of_members_that_follows_presence_is_correct(limits in limits(), steps in steps()) {
        let mut chat = configured_chat(limits, History::default());
        let mut lists = Lists::default();
        let mut steady = SteadyTime(0);
        for (pause_ms, session, action, types_in) in steps {
            steady = steady.plus_ms(pause_ms);
            let mut effects = Vec::new();
            chat.advance(Moment { time: Time(0), steady }, &mut effects);
            effects.iter().for_each(|effect| lists.receive(effect));
            lists.check(&chat);
            let mut effects = propose(&mut chat, session, action);
            if let Some(room) = types_in {
                chat.signal(session, Signal::Typing { room }, &mut effects);
            }
            effects.iter().for_each(|effect| lists.receive(effect));
            lists.check(&chat);
            chat.check().unwrap();
        }
        // A while later every change has been announced in every room that has members.
        let mut effects = Vec::new();
        for _ in 0..3 {
            steady = steady.plus_ms(60_000);
            chat.advance(Moment { time: Time(0), steady }, &mut effects);
        }
        effects.iter().for_each(|effect| lists.receive(effect));
        let mut unannounced = lists.unannounced.keys();
        assert!(unannounced.all(|room| lists.members[room].is_empty()), "somebody is in no fold");
    }
}
