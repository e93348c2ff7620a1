//! What happens when a wall clock is set: deadlines stay the same, and times in a room never decrease.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

#[path = "support/configured_chat.rs"]
mod configured_chat;

use teahouse_core::{
    Action, Chat, Effect, ExitCause, History, Limits, Moment, Origin, Position, Presence, Proposal,
    RequestId, ResumeKeyHash, RoomId, RoomName, SessionId, SteadyTime, StoredRoom, Text, Time,
};

use configured_chat::configured_chat;

const HOUR_MS: i64 = 3_600_000;
const NOON: Time = Time(1_800_000_000_000);

fn lobby() -> RoomName {
    RoomName::parse("lobby").unwrap()
}

/// Applies one proposal of session 1 at a moment.
fn propose(chat: &mut Chat, moment: Moment, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    chat.advance(moment, &mut effects);
    let (session, origin, request) = (SessionId(1), Origin(1), RequestId(0));
    chat.apply(Proposal { session, origin, request, action }, &mut effects);
    effects
}

fn say(chat: &mut Chat, time: Time) -> Time {
    let moment = Moment { time, steady: SteadyTime(0) };
    let (room, text) = (lobby(), Text::parse("hi").unwrap());
    let effects = propose(chat, moment, Action::Say { room, text, acted: false, id: None });
    let mut times = effects.iter().filter_map(|effect| {
        if let Effect::Event(event) = effect { Some(event.time) } else { None }
    });
    times.next_back().unwrap()
}

fn enter(chat: &mut Chat, moment: Moment) {
    let resume_key = Some(ResumeKeyHash::of(&[7; 16]));
    propose(chat, moment, Action::Enter { nick: None, room: Some(lobby()), resume_key });
}

#[test]
fn a_clock_that_is_set_back_delays_no_deadline() {
    let mut chat = configured_chat(Limits::default(), History::default());
    let at = |steady, time| Moment { time, steady: SteadyTime(steady) };
    enter(&mut chat, at(5_000, NOON));
    propose(&mut chat, at(6_000, NOON), Action::Exit { cause: ExitCause::Lost });
    assert_eq!(chat.next_due(), Some(SteadyTime(36_000)));

    let mut effects = Vec::new();
    chat.advance(at(35_999, Time(NOON.0 - HOUR_MS)), &mut effects);
    assert_eq!(effects, []);
    chat.advance(at(36_000, Time(NOON.0 - HOUR_MS)), &mut effects);
    assert!(
        matches!(
            effects.as_slice(),
            [
                Effect::Presence { presence: Presence::Offline { .. }, .. },
                Effect::SessionForgotten { session: SessionId(1) }
            ]
        ),
        "{effects:?}"
    );
    assert_eq!(chat.next_due(), None);
}

#[test]
fn a_clock_that_is_set_forward_brings_no_deadline_nearer() {
    let mut chat = configured_chat(Limits::default(), History::default());
    let moment = Moment { time: NOON, steady: SteadyTime(0) };
    enter(&mut chat, moment);
    propose(&mut chat, moment, Action::Exit { cause: ExitCause::Lost });
    let mut effects = Vec::new();
    let later = Moment { time: Time(NOON.0 + HOUR_MS), steady: SteadyTime(1) };
    chat.advance(later, &mut effects);
    assert_eq!(effects, []);
}

#[test]
fn times_in_a_room_do_not_decrease_when_a_clock_is_set_back_also_across_a_restart() {
    let stored = StoredRoom {
        room: RoomId(1),
        name: lobby(),
        first: Position(1),
        head: Position(41),
        last: Time(NOON.0 + 5),
        topic: None,
    };
    let mut chat =
        configured_chat(Limits::default(), History { rooms: vec![stored], ..History::default() });
    enter(&mut chat, Moment::default());
    assert_eq!(say(&mut chat, NOON), Time(NOON.0 + 5), "set back before the restart");
    assert_eq!(say(&mut chat, Time(NOON.0 + HOUR_MS)), Time(NOON.0 + HOUR_MS));
    assert_eq!(say(&mut chat, NOON), Time(NOON.0 + HOUR_MS), "set back");
    assert_eq!(say(&mut chat, Time(NOON.0 + HOUR_MS + 1)), Time(NOON.0 + HOUR_MS + 1));
}

#[test]
fn a_clock_that_was_wrong_by_more_than_a_day_does_not_keep_a_room_in_the_future() {
    let mut chat = configured_chat(Limits::default(), History::default());
    enter(&mut chat, Moment::default());
    let next_year = Time(NOON.0 + 365 * 24 * HOUR_MS);
    assert_eq!(say(&mut chat, next_year), next_year);
    assert_eq!(say(&mut chat, NOON), NOON);
}
