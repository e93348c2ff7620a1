//! The chat on a real database: what it decides is what is kept, also across restarts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use std::path::Path;

use teahouse_core::{
    Action, Chat, Effect, Event, Limits, Moment, Origin, Position, Proposal, RequestId, RoomId,
    RoomName, SessionId, SteadyTime, Text, Time, Visit,
};
use teahouse_server::store::{Durability, Opened, Store};

/// A chat and its database, as the hub has them.
struct House {
    chat: Chat,
    opened: Opened,
    now: Moment,
    sessions: u64,
}

impl House {
    fn open(directory: &Path, limits: Limits) -> Self {
        let mut opened = Store::open(directory, Durability::Async, 1).unwrap();
        let rooms = std::mem::take(&mut opened.loaded.rooms);
        let now = Moment { time: Time(1_800_000_000_000), steady: SteadyTime(0) };
        Self { chat: Chat::restore(limits, rooms), opened, now, sessions: 0 }
    }

    /// Somebody new asks for something; it is kept, and what followed is given.
    fn ask(&mut self, action: Action) -> Vec<Effect> {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let mut effects = Vec::new();
        self.chat.advance(self.now, &mut effects);
        let (origin, request) = (Origin(1), RequestId(0));
        let proposal = Proposal { session, origin, request, action };
        if let Some(key) = self.chat.asks(&proposal)
            && let Some(said) = self.opened.store.find(&key).unwrap()
        {
            self.chat.recall(key, said);
        }
        self.chat.apply(proposal, &mut effects);
        self.opened.store.commit(&effects).unwrap();
        self.chat.settled();
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
    let mut house = House::open(directory.path(), Limits::default());
    let noon = house.now.time;
    let at = |minutes: i64| Time(noon.0 + minutes * 60_000);
    for (minutes, words) in [(0, "a"), (1, "b"), (2, "c"), (62, "ahead"), (3, "d"), (4, "e")] {
        house.now.time = at(minutes);
        house.post("lobby", words);
    }
    house.opened.store.close().unwrap();
    let mut house = House::open(directory.path(), Limits::default());
    for (minutes, words) in [(5, "f"), (63, "g"), (64, "h")] {
        house.now.time = at(minutes);
        house.post("lobby", words);
    }
    let reader = &house.opened.readers[0];
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
