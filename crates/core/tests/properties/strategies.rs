//! Random proposals, queries and signals.

use super::*;

pub(super) fn nick() -> impl Strategy<Value = Nick> {
    proptest::sample::select(NICKS.to_vec()).prop_map(|name| Nick::parse(name).unwrap())
}

pub(super) fn room() -> impl Strategy<Value = RoomName> {
    proptest::sample::select(ROOMS.to_vec()).prop_map(|name| RoomName::parse(name).unwrap())
}

pub(super) fn text() -> impl Strategy<Value = Text> {
    "[a-z茶]{1,9}".prop_map(|words| Text::parse(&words).unwrap())
}

pub(super) fn question() -> impl Strategy<Value = Question> {
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

/// Limits that an operator may set while people talk.
pub(super) fn configured() -> impl Strategy<Value = Limits> {
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

pub(super) fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (proptest::option::of(nick()), proptest::option::of(room()), resume_key())
            .prop_map(|(nick, room, resume_key)| Action::Enter { nick, room, resume_key }),
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
        1 => (1_u8..3).prop_map(|node| Action::Open { node: NodeId(node) }),
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

pub(super) fn query() -> impl Strategy<Value = Query> {
    prop_oneof![
        (room(), 0_u32..3).prop_map(|(room, page)| Query::Who { room, page }),
        (0_u32..3).prop_map(|page| Query::Rooms { page }),
        room().prop_map(|room| Query::Topic { room }),
        Just(Query::Ignored),
        question().prop_map(|question| Query::Read { question }),
    ]
}

pub(super) fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        8 => action().prop_map(Request::Action),
        2 => query().prop_map(Request::Query),
        1 => room().prop_map(|room| Request::Signal(Signal::Typing { room })),
    ]
}

/// Often one of three keys, so that sessions are resumed.
pub(super) fn resume_key() -> impl Strategy<Value = Option<ResumeKeyHash>> {
    proptest::option::of((0_u8..3).prop_map(|resume_key| ResumeKeyHash::of(&[resume_key; 16])))
}

pub(super) fn proposals_of(day: &[(Moment, Entry)]) -> Log {
    let proposals = day.iter().filter_map(|(moment, entry)| match entry {
        Entry::Proposal(proposal) => Some((*moment, proposal.clone())),
        Entry::Query(..) | Entry::Signal(..) => None,
    });
    proposals.collect()
}
