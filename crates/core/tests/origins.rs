//! What one origin can do to everyone else, however often it connects: names, rooms and announcements.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/founded.rs"]
mod created;

use teahouse_core::{
    Action, Answer, Chat, Effect, ExitCause, History, Limits, Moment, Nick, Origin, Presence,
    Proposal, Rate, Refusal, RequestId, ResumeKeyHash, RoomId, RoomName, SessionId, SteadyTime,
    Text, Visit,
};

use created::created;

const HERE: Origin = Origin(1);
const ELSEWHERE: Origin = Origin(2);

struct Server {
    chat: Chat,
    now: Moment,
    sessions: u64,
}

impl Server {
    fn new(limits: Limits) -> Self {
        let chat = created(limits, History::default());
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

    fn ask(&mut self, session: SessionId, origin: Origin, action: Action) -> Vec<Effect> {
        let mut effects = Vec::new();
        let request = RequestId(0);
        self.chat.apply(Proposal { session, origin, request, action }, &mut effects);
        self.chat.check().unwrap();
        effects
    }

    /// Somebody new comes to the lobby, perhaps with a seat.
    fn enter(
        &mut self,
        origin: Origin,
        resume_key: Option<ResumeKeyHash>,
    ) -> (SessionId, Vec<Effect>) {
        let session = self.next_session();
        let action = Action::Enter { nick: None, room: Some(room("lobby")), resume_key };
        (session, self.ask(session, origin, action))
    }

    /// Somebody comes to the lobby and goes at once.
    fn visit_briefly(&mut self, origin: Origin) -> Vec<Effect> {
        let (session, mut effects) = self.enter(origin, None);
        effects.extend(self.ask(session, origin, Action::Exit { cause: ExitCause::Quit }));
        effects
    }

    fn post(&mut self, origin: Origin, name: &str) -> Vec<Effect> {
        let session = self.next_session();
        let text = Text::parse("hi").unwrap();
        let post = Visit::Post { nick: None, room: room(name), text, id: None };
        self.ask(session, origin, Action::Visit(post))
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

/// Of those who came, went or changed, what a room is told.
fn presences(effects: &[Effect]) -> Vec<&Presence> {
    let told = effects.iter().filter_map(|effect| {
        let Effect::Presence { presence, rooms, .. } = effect else { return None };
        rooms.iter().any(|room| room.is_announced).then_some(presence)
    });
    told.collect()
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
fn rooms_are_made_some_at_once_and_then_slowly_whoever_reconnects() {
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
    assert_eq!(refusal(&server.post(HERE, "room-a7")), None, "a room that exists is not made");
    assert_eq!(refusal(&server.post(HERE, "lobby")), None, "the first room always exists");
    assert_eq!(refusal(&server.post(ELSEWHERE, "room-c")), None, "others are others");
    server.wait_ms(60_000);
    assert_eq!(refusal(&server.post(HERE, "room-b")), None);
    assert!(refusal(&server.post(HERE, "room-d")).is_some());

    // Somebody who is in is no other than somebody who is not.
    let (session, _) = server.enter(HERE, None);
    let joined = server.ask(session, HERE, Action::Join { room: room("room-e") });
    assert!(matches!(refusal(&joined), Some(Refusal::TooManyNewRooms { .. })), "{joined:?}");
}

#[test]
fn a_server_full_of_small_rooms_has_room_for_another_and_the_quietest_gives_way() {
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
    // The third is followed, the first has three events: only the fourth may give way.
    let follower = server.next_session();
    server.ask(follower, HERE, Action::Visit(Visit::Follow { room: room("third"), create: false }));
    server.post(HERE, "first");
    let effects = server.post(HERE, "fifth");
    assert!(effects.contains(&Effect::RoomRemoved { room: RoomId(5) }), "{effects:?}");
    // Somebody is in the fifth.
    let (session, _) = server.enter(HERE, None);
    server.ask(session, HERE, Action::Join { room: room("fifth") });
    let effects = server.post(HERE, "sixth");
    assert_eq!(refusal(&effects), Some(&Refusal::TooManyRooms { room: room("sixth"), max: 3 }));
    // A name is free again with its room.
    server.ask(follower, HERE, Action::Exit { cause: ExitCause::Quit });
    let effects = server.post(HERE, "second");
    assert_eq!(refusal(&effects), None);
    assert!(effects.contains(&Effect::RoomRemoved { room: RoomId(4) }));
    let Some(Effect::Event(event)) = effects.iter().find(|e| matches!(e, Effect::Event(_))) else {
        panic!("nothing was said: {effects:?}");
    };
    assert_eq!((event.room, event.position.0), (RoomId(7), 1), "another room of the same name");
}

#[test]
fn the_first_room_is_there_without_members_and_history_and_does_not_count() {
    let limits = Limits { rooms_max: 0, ..Limits::default() };
    let mut server = Server::new(limits.clone());
    let (session, effects) = server.enter(HERE, None);
    assert!(
        matches!(&effects[1], Effect::Joined { room: RoomId(1), .. }),
        "it has the first number: {effects:?}"
    );
    server.ask(session, HERE, Action::Exit { cause: ExitCause::Quit });
    let (_, effects) = server.enter(HERE, None);
    assert!(matches!(&effects[1], Effect::Joined { room: RoomId(1), .. }), "{effects:?}");
    assert!(refusal(&server.post(HERE, "tea")).is_some());

    // Another first room after a reload: it exists at once, and the old one only for who is in it.
    let limits = Box::new(Limits { first_room: room("hall"), ..limits });
    server.ask(SessionId::SERVER, Origin::SERVER, Action::Configure { limits });
    let session = server.next_session();
    let resume_key = None;
    let action = Action::Enter { nick: None, room: Some(room("hall")), resume_key };
    let effects = server.ask(session, HERE, action);
    assert_eq!(refusal(&effects), None);
}

#[test]
fn suspended_sessions_of_one_origin_are_bounded_and_the_oldest_is_given_up() {
    let limits = Limits { suspended_per_origin_max: 2, ..Limits::default() };
    let mut server = Server::new(limits);
    let lose = |server: &mut Server, origin, number| {
        let (session, _) = server.enter(origin, resume_key(number));
        let effects = server.ask(session, origin, Action::Exit { cause: ExitCause::Lost });
        let ended = Effect::Ended { session, cause: ExitCause::Lost, is_suspended: true };
        assert!(effects.contains(&ended), "{effects:?}");
        server.wait_ms(1);
        forgotten(&effects)
    };
    assert_eq!(lose(&mut server, HERE, 1), []);
    assert_eq!(lose(&mut server, HERE, 2), []);
    assert_eq!(lose(&mut server, ELSEWHERE, 3), []);
    assert_eq!(lose(&mut server, HERE, 4), [1], "the oldest of here");
    assert_eq!(server.chat.session_count(), 3);
    // The second is resumed from elsewhere: there is room for another.
    let (_, effects) = server.enter(ELSEWHERE, resume_key(2));
    assert_eq!(forgotten(&effects), [2]);
    assert_eq!(lose(&mut server, HERE, 5), []);
    assert_eq!(lose(&mut server, HERE, 6), [4]);
    let effects = server.wait_ms(40_000);
    assert_eq!(forgotten(&effects), [3, 6, 7]);
    assert_eq!(server.chat.session_count(), 1);
}

#[test]
fn of_sessions_that_break_in_one_moment_each_ends_before_it_is_forgotten() {
    let mut server = Server::new(Limits { suspended_per_origin_max: 1, ..Limits::default() });
    let (first, _) = server.enter(HERE, resume_key(1));
    let (second, _) = server.enter(HERE, resume_key(2));
    let cause = ExitCause::Lost;
    assert_eq!(forgotten(&server.ask(second, HERE, Action::Exit { cause })), []);
    // The one that came first is as old as the other and gives way at once. What was held for it would
    // otherwise be put by after it was freed.
    let effects = server.ask(first, HERE, Action::Exit { cause });
    let about: Vec<&Effect> = effects
        .iter()
        .filter(|e| matches!(e, Effect::Ended { .. } | Effect::SessionForgotten { .. }))
        .collect();
    let ended = Effect::Ended { session: first, cause, is_suspended: true };
    assert_eq!(about, [&ended, &Effect::SessionForgotten { session: first }]);
}

#[test]
fn suspended_sessions_of_all_origins_are_bounded_and_the_oldest_is_given_up() {
    let mut server = Server::new(Limits { suspended_max: 2, ..Limits::default() });
    let mut gone = Vec::new();
    for number in 1..=4 {
        let (session, _) = server.enter(Origin(number), resume_key(number));
        let cause = ExitCause::Lost;
        gone.extend(forgotten(&server.ask(session, Origin(number), Action::Exit { cause })));
        server.wait_ms(1);
    }
    assert_eq!(gone, [1, 2]);
}

#[test]
fn a_storm_of_brief_visits_from_one_origin_is_a_few_announcements() {
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
    assert!(visits > 9_900, "{visits} of them are told together");
}

#[test]
fn renames_without_end_from_one_origin_are_told_a_few_times_whoever_reconnects() {
    let mut server = Server::new(Limits::default());
    let (listener, _) = server.enter(ELSEWHERE, None);
    let (mut told, mut renamed) = (0, 0);
    // 40 a second for 50 seconds, each from a connection of its own.
    for number in 0..2000 {
        let (session, _) = server.enter(HERE, None);
        let nick = Nick::parse(&format!("other{number}")).unwrap();
        let effects = server.ask(session, HERE, Action::Rename { nick });
        let is_told = |presence: &&&Presence| matches!(presence, Presence::Renamed { .. });
        told += presences(&effects).iter().filter(is_told).count();
        let is_answered = |effect: &&Effect| {
            matches!(effect, Effect::Answer { answer: Answer::Renamed { .. }, .. })
        };
        renamed += effects.iter().filter(is_answered).count();
        server.ask(session, HERE, Action::Exit { cause: ExitCause::Quit });
        server.wait_ms(25);
    }
    assert_eq!(renamed, 2000, "everyone has the nick they want");
    assert!((20..=26).contains(&told), "{told} are told");
    let nick = Nick::parse("somebody").unwrap();
    let effects = server.ask(listener, ELSEWHERE, Action::Rename { nick });
    server.enter(HERE, None);
    assert!(!presences(&effects).is_empty(), "the neighbour pays for nobody");
}

#[test]
fn others_are_announced_at_once_while_a_storm_is_folded() {
    let mut server = Server::new(Limits::default());
    let nick = |name| Nick::parse(name).unwrap();
    for _ in 0..100 {
        server.visit_briefly(HERE);
    }
    let (session, effects) = server.enter(ELSEWHERE, None);
    let entered = Presence::Entered { nick: nick("guest101") };
    assert_eq!(presences(&effects), [&entered]);
    server.wait_ms(5_000);
    let effects = server.ask(session, ELSEWHERE, Action::Leave { room: room("lobby") });
    assert_eq!(presences(&effects), [&Presence::Left { nick: nick("guest101") }]);

    // Whoever stays is announced with the others, and by name when they go.
    let (session, effects) = server.enter(HERE, None);
    assert_eq!(presences(&effects).len(), 0);
    let effects = server.wait_ms(30_000);
    assert!(matches!(presences(&effects)[..], [Presence::Folded { members: 1, .. }]));
    server.wait_ms(60_000);
    let effects = server.ask(session, HERE, Action::Exit { cause: ExitCause::Quit });
    let offline = Presence::Offline { nick: nick("guest102"), cause: ExitCause::Quit };
    assert_eq!(presences(&effects), [&offline]);
}

#[test]
fn a_coming_that_waits_to_be_told_is_told_with_its_going() {
    let mut server = Server::new(Limits::default());
    for _ in 0..20 {
        assert_eq!(presences(&server.visit_briefly(HERE)).len(), 2);
    }
    assert_eq!(presences(&server.visit_briefly(HERE)).len(), 0);
    let (session, effects) = server.enter(HERE, None);
    assert_eq!(presences(&effects).len(), 0);
    // Its origin is one of many visitors no longer, and its coming is still not told.
    server.wait_ms(29_000);
    let effects = server.ask(session, HERE, Action::Exit { cause: ExitCause::Quit });
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
fn steady_time_is_all_that_counts() {
    let mut server = Server::new(Limits::default());
    for number in 0..30 {
        server.post(HERE, &format!("room-{number}"));
    }
    server.now.time = server.now.time.plus_ms(3_600_000);
    assert_eq!(server.now.steady, SteadyTime(0));
    assert!(
        refusal(&server.post(HERE, "late")).is_some(),
        "a clock that is set forward is no hour"
    );
}
