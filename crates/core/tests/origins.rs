//! Limits on one origin, however often it reconnects: nicks, rooms and announcements.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/configured_chat.rs"]
mod configured_chat;

use teahouse_core::{
    Action, Answer, Chat, Effect, ExitCause, History, Limits, Moment, Nick, Origin, Presence,
    Proposal, Rate, Refusal, RequestId, ResumeKeyHash, RoomId, RoomName, SessionId, SteadyTime,
    Text, Visit,
};

use configured_chat::configured_chat;

const HERE: Origin = Origin(1);
const ELSEWHERE: Origin = Origin(2);

struct Server {
    chat: Chat,
    now: Moment,
    sessions: u64,
}

impl Server {
    fn new(limits: Limits) -> Self {
        let chat = configured_chat(limits, History::default());
        Self { chat, now: Moment::default(), sessions: 0 }
    }

    fn wait_ms(&mut self, ms: u32) -> Vec<Effect> {
        self.now.steady = self.now.steady.plus_ms(ms);
        self.now.time = self.now.time.plus_ms(ms);
        let mut effects = Vec::new();
        self.chat.advance(self.now, &mut effects);
        self.chat.check().unwrap();
        effects
    }

    fn next_session(&mut self) -> SessionId {
        self.sessions += 1;
        SessionId(self.sessions)
    }

    fn propose(&mut self, session: SessionId, origin: Origin, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        let request = RequestId(0);
        self.chat.apply(Proposal { session, origin, request, action }, &mut effects);
        self.chat.check().unwrap();
        effects
    }

    /// A new session enters the lobby, perhaps with a resume key.
    fn enter(
        &mut self,
        origin: Origin,
        resume_key: Option<ResumeKeyHash>,
    ) -> (SessionId, Vec<Effect>) {
        let session = self.next_session();
        let action = Action::Enter { nick: None, room: Some(room("lobby")), resume_key };
        (session, self.propose(session, origin, action))
    }

    /// A session enters the lobby and exits at once.
    fn visit_briefly(&mut self, origin: Origin) -> Vec<Effect> {
        let (session, mut effects) = self.enter(origin, None);
        effects.extend(self.propose(session, origin, Action::Exit { cause: ExitCause::Quit }));
        effects
    }

    fn post(&mut self, origin: Origin, name: &str) -> Vec<Effect> {
        let session = self.next_session();
        let text = Text::parse("hi").unwrap();
        let post = Visit::Post { nick: None, room: room(name), text, id: None };
        self.propose(session, origin, Action::Visit(post))
    }
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

fn resume_key(number: u64) -> Option<ResumeKeyHash> {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_be_bytes());
    Some(ResumeKeyHash::of(&key))
}

/// The changes of presence that are announced in a room.
fn presences(effects: &[Effect]) -> Vec<&Presence> {
    let announced = effects.iter().filter_map(|effect| {
        let Effect::Presence { presence, rooms, .. } = effect else { return None };
        rooms.iter().any(|room| room.is_announced).then_some(presence)
    });
    announced.collect()
}

fn refusal(effects: &[Effect]) -> Option<&Refusal> {
    effects.iter().find_map(|effect| {
        if let Effect::Answer { answer: Answer::Refused(refusal), .. } = effect {
            Some(refusal)
        } else {
            None
        }
    })
}

fn forgotten(effects: &[Effect]) -> Vec<u64> {
    let forgotten = |effect: &Effect| {
        if let Effect::SessionForgotten { session } = effect { Some(session.0) } else { None }
    };
    effects.iter().filter_map(forgotten).collect()
}

#[test]
fn an_origin_creates_a_burst_of_rooms_and_then_few_also_when_it_reconnects() {
    let mut server = Server::new(Limits::default());
    for number in 0..30 {
        assert_eq!(refusal(&server.post(HERE, &format!("room-a{number}"))), None, "{number}");
    }
    let refused = server.post(HERE, "room-b");
    let rate = Rate { burst: 30, interval_ms: 60_000 };
    assert_eq!(
        refusal(&refused),
        Some(&Refusal::TooManyNewRooms { room: room("room-b"), rate, wait_ms: 60_000 })
    );
    assert_eq!(refusal(&server.post(HERE, "room-a7")), None, "a room that exists is not created");
    assert_eq!(refusal(&server.post(HERE, "lobby")), None, "the first room always exists");
    assert_eq!(refusal(&server.post(ELSEWHERE, "room-c")), None, "other origins are not limited");
    server.wait_ms(60_000);
    assert_eq!(refusal(&server.post(HERE, "room-b")), None);
    assert!(refusal(&server.post(HERE, "room-d")).is_some());

    // The limit is the same for a session and a visitor.
    let (session, _) = server.enter(HERE, None);
    let joined = server.propose(session, HERE, Action::Join { room: room("room-e") });
    assert!(matches!(refusal(&joined), Some(Refusal::TooManyNewRooms { .. })), "{joined:?}");
}

#[test]
fn a_server_full_of_small_rooms_evicts_the_quietest_for_a_new_one() {
    let limits = Limits {
        rooms_max: 3,
        small_room_events: 2,
        new_rooms: Rate { burst: 0, interval_ms: 0 },
        ..Limits::default()
    };
    let mut server = Server::new(limits);
    server.post(HERE, "first");
    server.wait_ms(1);
    server.post(HERE, "second");
    server.wait_ms(1);
    server.post(HERE, "third");
    server.wait_ms(1);
    server.post(HERE, "first");
    // Numbers: the lobby is 1, so these are 2, 3 and 4. The second was quiet for longest.
    assert!(server.post(HERE, "fourth").contains(&Effect::RoomRemoved { room: RoomId(3) }));
    // The third is followed, the first has three events: only the fourth is evictable.
    let follower = server.next_session();
    server.propose(
        follower,
        HERE,
        Action::Visit(Visit::Follow { room: room("third"), create: false }),
    );
    server.post(HERE, "first");
    let effects = server.post(HERE, "fifth");
    assert!(effects.contains(&Effect::RoomRemoved { room: RoomId(5) }), "{effects:?}");
    // Somebody is in the fifth.
    let (session, _) = server.enter(HERE, None);
    server.propose(session, HERE, Action::Join { room: room("fifth") });
    let effects = server.post(HERE, "sixth");
    assert_eq!(refusal(&effects), Some(&Refusal::TooManyRooms { room: room("sixth"), max: 3 }));
    // The name of an evicted room is free again.
    server.propose(follower, HERE, Action::Exit { cause: ExitCause::Quit });
    let effects = server.post(HERE, "second");
    assert_eq!(refusal(&effects), None);
    assert!(effects.contains(&Effect::RoomRemoved { room: RoomId(4) }));
    let Some(Effect::Event(event)) = effects.iter().find(|e| matches!(e, Effect::Event(_))) else {
        panic!("no event: {effects:?}");
    };
    assert_eq!((event.room, event.position.0), (RoomId(7), 1), "another room of the same name");
}

#[test]
fn the_first_room_exists_without_members_and_history_and_does_not_count() {
    let limits = Limits { rooms_max: 0, ..Limits::default() };
    let mut server = Server::new(limits.clone());
    let (session, effects) = server.enter(HERE, None);
    assert!(
        matches!(&effects[1], Effect::Joined { room: RoomId(1), .. }),
        "it has the first number: {effects:?}"
    );
    server.propose(session, HERE, Action::Exit { cause: ExitCause::Quit });
    let (_, effects) = server.enter(HERE, None);
    assert!(matches!(&effects[1], Effect::Joined { room: RoomId(1), .. }), "{effects:?}");
    assert!(refusal(&server.post(HERE, "tea")).is_some());

    // Another first room after a reload: it exists at once, and the old one only while it has members.
    let limits = Box::new(Limits { first_room: room("hall"), ..limits });
    server.propose(SessionId::SERVER, Origin::SERVER, Action::Configure { limits });
    let session = server.next_session();
    let resume_key = None;
    let action = Action::Enter { nick: None, room: Some(room("hall")), resume_key };
    let effects = server.propose(session, HERE, action);
    assert_eq!(refusal(&effects), None);
}

#[test]
fn suspended_sessions_of_one_origin_are_bounded_and_the_oldest_ends() {
    let limits = Limits { suspended_per_origin_max: 2, ..Limits::default() };
    let mut server = Server::new(limits);
    let lose = |server: &mut Server, origin, number| {
        let (session, _) = server.enter(origin, resume_key(number));
        let effects = server.propose(session, origin, Action::Exit { cause: ExitCause::Lost });
        let ended = Effect::Ended { session, cause: ExitCause::Lost, is_suspended: true };
        assert!(effects.contains(&ended), "{effects:?}");
        server.wait_ms(1);
        forgotten(&effects)
    };
    assert_eq!(lose(&mut server, HERE, 1), []);
    assert_eq!(lose(&mut server, HERE, 2), []);
    assert_eq!(lose(&mut server, ELSEWHERE, 3), []);
    assert_eq!(lose(&mut server, HERE, 4), [1], "the oldest of this origin");
    assert_eq!(server.chat.session_count(), 3);
    // The second is resumed from another origin: one more fits.
    let (_, effects) = server.enter(ELSEWHERE, resume_key(2));
    assert_eq!(forgotten(&effects), [2]);
    assert_eq!(lose(&mut server, HERE, 5), []);
    assert_eq!(lose(&mut server, HERE, 6), [4]);
    let effects = server.wait_ms(40_000);
    assert_eq!(forgotten(&effects), [3, 6, 7]);
    assert_eq!(server.chat.session_count(), 1);
}

#[test]
fn a_session_ends_before_it_is_forgotten_also_when_several_break_at_one_moment() {
    let mut server = Server::new(Limits { suspended_per_origin_max: 1, ..Limits::default() });
    let (first, _) = server.enter(HERE, resume_key(1));
    let (second, _) = server.enter(HERE, resume_key(2));
    let cause = ExitCause::Lost;
    assert_eq!(forgotten(&server.propose(second, HERE, Action::Exit { cause })), []);
    // Both are suspended at one moment, and the first is removed at once. In the other order a shard would free what
    // it holds for the session before it has stored it.
    let effects = server.propose(first, HERE, Action::Exit { cause });
    let about: Vec<&Effect> = effects
        .iter()
        .filter(|e| matches!(e, Effect::Ended { .. } | Effect::SessionForgotten { .. }))
        .collect();
    let ended = Effect::Ended { session: first, cause, is_suspended: true };
    assert_eq!(about, [&ended, &Effect::SessionForgotten { session: first }]);
}

#[test]
fn suspended_sessions_of_all_origins_are_bounded_and_the_oldest_ends() {
    let mut server = Server::new(Limits { suspended_max: 2, ..Limits::default() });
    let mut gone = Vec::new();
    for number in 1..=4 {
        let (session, _) = server.enter(Origin(number), resume_key(number));
        let cause = ExitCause::Lost;
        gone.extend(forgotten(&server.propose(session, Origin(number), Action::Exit { cause })));
        server.wait_ms(1);
    }
    assert_eq!(gone, [1, 2]);
}

#[test]
fn many_brief_stays_of_one_origin_give_few_announcements() {
    let mut server = Server::new(Limits::default());
    let mut announced = Vec::new();
    // 200 a second for 50 seconds.
    for _ in 0..500 {
        for _ in 0..20 {
            announced.extend(server.visit_briefly(HERE));
        }
        announced.extend(server.wait_ms(100));
    }
    announced.extend(server.wait_ms(30_000));
    let announced = presences(&announced);
    assert!(announced.len() <= 60, "{} announcements of 10,000 visits", announced.len());
    let mut visits = 0;
    for presence in announced {
        if let Presence::Folded { entered_count, gone_count, members, .. } = presence {
            assert_eq!((entered_count, *members), (gone_count, 0));
            visits += entered_count;
        }
    }
    assert!(visits > 9_900, "only {visits} of them are in summaries");
}

#[test]
fn few_of_many_renames_of_one_origin_are_announced_also_when_it_reconnects() {
    let mut server = Server::new(Limits::default());
    let (listener, _) = server.enter(ELSEWHERE, None);
    let (mut announced, mut renamed) = (0, 0);
    // 40 a second for 50 seconds, each from a connection of its own.
    for number in 0..2000 {
        let (session, _) = server.enter(HERE, None);
        let nick = Nick::parse(&format!("other{number}")).unwrap();
        let effects = server.propose(session, HERE, Action::Rename { nick });
        let is_rename = |presence: &&&Presence| matches!(presence, Presence::Renamed { .. });
        announced += presences(&effects).iter().filter(is_rename).count();
        let is_answered = |effect: &&Effect| {
            matches!(effect, Effect::Answer { answer: Answer::Renamed { .. }, .. })
        };
        renamed += effects.iter().filter(is_answered).count();
        server.propose(session, HERE, Action::Exit { cause: ExitCause::Quit });
        server.wait_ms(25);
    }
    assert_eq!(renamed, 2000, "everyone has the nick they want");
    assert!((20..=26).contains(&announced), "{announced} are announced");
    let nick = Nick::parse("somebody").unwrap();
    let effects = server.propose(listener, ELSEWHERE, Action::Rename { nick });
    server.enter(HERE, None);
    assert!(!presences(&effects).is_empty(), "another origin is not limited");
}

#[test]
fn other_origins_are_announced_at_once_while_many_brief_stays_are_folded() {
    let mut server = Server::new(Limits::default());
    let nick = |name| Nick::parse(name).unwrap();
    for _ in 0..100 {
        server.visit_briefly(HERE);
    }
    let (session, effects) = server.enter(ELSEWHERE, None);
    let entered = Presence::Entered { nick: nick("guest101") };
    assert_eq!(presences(&effects), [&entered]);
    server.wait_ms(5_000);
    let effects = server.propose(session, ELSEWHERE, Action::Leave { room: room("lobby") });
    assert_eq!(presences(&effects), [&Presence::Left { nick: nick("guest101") }]);

    // A session that stays is announced in the summary, and by itself when it leaves.
    let (session, effects) = server.enter(HERE, None);
    assert_eq!(presences(&effects).len(), 0);
    let effects = server.wait_ms(30_000);
    assert!(matches!(presences(&effects)[..], [Presence::Folded { members: 1, .. }]));
    server.wait_ms(60_000);
    let effects = server.propose(session, HERE, Action::Exit { cause: ExitCause::Quit });
    let offline = Presence::Offline { nick: nick("guest102"), cause: ExitCause::Quit };
    assert_eq!(presences(&effects), [&offline]);
}

#[test]
fn a_folded_join_is_announced_in_one_summary_with_its_leave() {
    let mut server = Server::new(Limits::default());
    for _ in 0..20 {
        assert_eq!(presences(&server.visit_briefly(HERE)).len(), 2);
    }
    assert_eq!(presences(&server.visit_briefly(HERE)).len(), 0);
    let (session, effects) = server.enter(HERE, None);
    assert_eq!(presences(&effects).len(), 0);
    // Its origin has tokens again, and its join is still not announced.
    server.wait_ms(29_000);
    let effects = server.propose(session, HERE, Action::Exit { cause: ExitCause::Quit });
    assert_eq!(presences(&effects).len(), 0, "{effects:?}");
    let effects = server.wait_ms(1_000);
    assert!(
        matches!(
            presences(&effects)[..],
            [Presence::Folded { entered_count: 2, gone_count: 2, members: 0, .. }]
        ),
        "{effects:?}"
    );
}

#[test]
fn limits_depend_on_steady_time_only() {
    let mut server = Server::new(Limits::default());
    for number in 0..30 {
        server.post(HERE, &format!("room-{number}"));
    }
    server.now.time = server.now.time.plus_ms(3_600_000);
    assert_eq!(server.now.steady, SteadyTime(0));
    assert!(
        refusal(&server.post(HERE, "late")).is_some(),
        "setting a clock forward gives no tokens"
    );
}
