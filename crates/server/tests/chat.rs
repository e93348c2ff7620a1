//! The chat on a real database: what it decides is what is kept, also across restarts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::Path;

use teahouse_core::{
    Action, Answer, Chat, Effect, Event, History, Limits, LogPosition, MessageId, Moment, Origin,
    Position, Proposal, Rate, RequestId, ResumeKeyHash, RoomId, RoomName, SessionId, SteadyTime,
    Text, Time, Visit,
};
use teahouse_server::store::{Durability, Opened, Store};

/// Where in the log batches stand: of no matter here.
const AT: LogPosition = LogPosition(1);
/// Of a history that begins: of no matter here.
const EPOCH: [u8; 16] = [1; 16];

/// A chat and its database, as the hub has them.
struct Server {
    chat: Chat,
    opened: Opened,
    now: Moment,
    sessions: u64,
}

impl Server {
    fn open(directory: &Path, limits: Limits) -> Self {
        let mut opened = Store::open(directory, Durability::Async, 1, EPOCH).unwrap();
        let rooms = std::mem::take(&mut opened.loaded.rooms);
        let now = Moment { time: Time(1_800_000_000_000), steady: SteadyTime(0) };
        let (last_boot, last_room) = (opened.loaded.last_boot, opened.loaded.last_room);
        let mut chat = Chat::from_history(History { last_boot, last_room, rooms });
        let limits = Box::new(limits);
        chat.apply(Proposal::of_server(Action::Configure { limits }), &mut Vec::new());
        Self { chat, opened, now, sessions: 0 }
    }

    /// Applies and stores an action of a new session; returns its effects.
    fn ask(&mut self, action: Action) -> Vec<Effect> {
        self.sessions += 1;
        self.ask_again(action)
    }

    /// Applies and stores a further action of the same session.
    fn ask_again(&mut self, action: Action) -> Vec<Effect> {
        let session = SessionId(self.sessions);
        let mut effects = Vec::new();
        self.chat.advance(self.now, &mut effects);
        let (origin, request) = (Origin(1), RequestId(0));
        let proposal = Proposal { session, origin, request, action };
        if let Some(key) = self.chat.to_recall(&proposal)
            && let Some(said) = self.opened.store.find(&key).unwrap()
        {
            self.chat.recall(key, said);
        }
        self.chat.apply(proposal, &mut effects);
        self.opened.store.commit(AT, &effects).unwrap();
        self.chat.mark_committed();
        effects
    }

    fn post(&mut self, room: &str, words: &str) -> Vec<Effect> {
        let (room, text) = (RoomName::parse(room).unwrap(), Text::parse(words).unwrap());
        self.ask(Action::Visit(Visit::Post { nick: None, room, text, id: None }))
    }
}

fn texts(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|event| event.text.as_ref().map(Text::as_str)).collect()
}

#[test]
fn history_before_a_time_is_right_when_the_clock_was_set_back_also_across_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::open(directory.path(), Limits::default());
    let noon = server.now.time;
    let at = |minutes: i64| Time(noon.0 + minutes * 60_000);
    for (minutes, words) in [(0, "a"), (1, "b"), (2, "c"), (62, "ahead"), (3, "d"), (4, "e")] {
        server.now.time = at(minutes);
        server.post("lobby", words);
    }
    server.opened.store.close().unwrap();
    let mut server = Server::open(directory.path(), Limits::default());
    for (minutes, words) in [(5, "f"), (63, "g"), (64, "h")] {
        server.now.time = at(minutes);
        server.post("lobby", words);
    }
    let reader = &server.opened.readers[0];
    // Whatever the moment is, everything stamped before it is found, and nothing else.
    let all = reader.latest(RoomId(1), Position(9), 100).unwrap();
    for minutes in [0, 1, 2, 3, 61, 62, 63, 64, 65] {
        let before = reader.before_time(RoomId(1), Position(9), at(minutes), 100).unwrap();
        let expected: Vec<Event> =
            all.iter().filter(|event| event.time < at(minutes)).cloned().collect();
        assert_eq!(texts(&before), texts(&expected), "before minute {minutes}");
    }
    assert_eq!(texts(&all), ["a", "b", "c", "ahead", "d", "e", "f", "g", "h"]);
}

#[test]
fn messages_after_a_clock_ran_days_ahead_are_found_before_a_time() {
    const DAY: i64 = 24 * 60;
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::open(directory.path(), Limits::default());
    let noon = server.now.time;
    let at = |minutes: i64| Time(noon.0 + minutes * 60_000);
    let first = [(0, "a"), (1, "b"), (9 * DAY, "ahead"), (9 * DAY + 1, "too"), (2, "c"), (3, "d")];
    let second = [(4, "e"), (5 * DAY, "ahead again"), (5, "f"), (6, "g")];
    for said in [&first[..], &second] {
        for (minutes, words) in said {
            server.now.time = at(*minutes);
            server.post("lobby", words);
        }
        server.opened.store.close().unwrap();
        server = Server::open(directory.path(), Limits::default());
    }
    let reader = &server.opened.readers[0];
    let all = reader.latest(RoomId(1), Position(10), 100).unwrap();
    assert_eq!(all.len(), 10);
    for minutes in (-1..9).chain([5 * DAY, 5 * DAY + 1, 9 * DAY + 1, 9 * DAY + 2]) {
        // Up to the last one that was stamped before it.
        let end = all.iter().rposition(|event| event.time < at(minutes)).map_or(0, |last| last + 1);
        let before = reader.before_time(RoomId(1), Position(10), at(minutes), 100).unwrap();
        assert_eq!(texts(&before), texts(&all[..end]), "before minute {minutes}");
    }
}

#[test]
fn a_new_session_can_create_a_room_when_small_rooms_fill_the_server_also_after_a_restart() {
    const ROOMS: u32 = 3_000;
    let directory = tempfile::tempdir().unwrap();
    let limits = Limits {
        rooms_max: ROOMS,
        new_rooms: Rate { burst: 0, interval_ms: 0 },
        ..Limits::default()
    };
    let mut server = Server::open(directory.path(), limits.clone());
    for number in 1..=ROOMS + 500 {
        server.post(&format!("room{number}x"), &format!("word{number}x"));
    }
    // The first room had no message and has the number 1; rooms 2 to 501 were evicted.
    server.opened.store.close().unwrap();
    let mut server = Server::open(directory.path(), limits.clone());
    assert_eq!(server.opened.loaded.last_room, RoomId(ROOMS + 501));

    let first_room = limits.first_room.clone();
    let effects =
        server.ask(Action::Enter { nick: None, room: Some(first_room), resume_key: None });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Joined { .. })), "{effects:?}");
    let effects = server.post("mine", "here I am");
    assert!(effects.contains(&Effect::RoomRemoved { room: RoomId(502) }), "{effects:?}");
    let reader = &server.opened.readers[0];
    // Nothing of an evicted room is found, and everything of the others is.
    let found = |words: &str| reader.search(None, words, None, 10).unwrap().events.len();
    assert_eq!((found("word500x"), found("word501x"), found("word502x")), (0, 0, 1));
    assert_eq!(reader.room_name(RoomId(502)).unwrap(), None);
    assert_eq!(reader.latest(RoomId(502), Position(9), 9).unwrap(), []);
    assert_eq!(reader.latest(RoomId(503), Position(9), 9).unwrap().len(), 1);

    // The newest room goes: its number is not given to another one, also after a restart.
    let newest = RoomId(ROOMS + 503);
    assert_eq!(reader.room_name(newest).unwrap().unwrap().as_str(), "mine");
    let gone = [Effect::RoomRemoved { room: newest }];
    server.opened.store.commit(AT, &gone).unwrap();
    server.opened.store.close().unwrap();
    let server = Server::open(directory.path(), limits);
    assert_eq!(server.opened.loaded.last_room, newest);
}

#[test]
fn a_message_of_a_seat_that_an_older_version_kept_is_known_when_it_is_sent_again() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::open(directory.path(), Limits::default());
    server.post("lobby", "first");
    server.opened.store.close().unwrap();
    // As written by the versions that hashed the key of the seat where its message was kept.
    let older = rusqlite::Connection::open(directory.path().join("teahouse.db")).unwrap();
    let row = "INSERT INTO event (room, position, time_ms, session, nick, kind, text, message_id, author)
               VALUES (1, 2, 1800000000000, 1, 'ann', 'said', 'once', ?1, x'7c620afec574c1f44317766ce5bd47ab')";
    older.execute(row, [[1_u8; 16]]).unwrap();
    older.close().unwrap();

    let mut server = Server::open(directory.path(), Limits::default());
    let lobby = RoomName::parse("lobby").unwrap();
    let resume_key = Some(ResumeKeyHash::of(&[7; 16]));
    server.ask(Action::Enter { nick: None, room: Some(lobby.clone()), resume_key });
    let (text, id) = (Text::parse("once").unwrap(), MessageId([1; 16]));
    let effects = server.ask_again(Action::Say { room: lobby, text, acted: false, id: Some(id) });
    let (session, request) = (SessionId(server.sessions), RequestId(0));
    let answer = Answer::Duplicate { room: RoomId(1), position: Position(2), id };
    assert_eq!(effects, [Effect::Answer { session, request, answer }]);
}
