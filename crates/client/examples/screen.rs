//! The full-screen interface with a simulated server, to look at it without a real one:
//! `cargo run -p teahouse-client --example screen`, or with `tcp://HOST:PORT` against a server that
//! speaks plain lines.
//!
//! A message with one of these words triggers an event: `!flood` (10,000 messages), `!refuse`,
//! `!offline`, `!mention`, `!private`, `!crowd`, `!panic`.

use std::collections::VecDeque;
use std::time::Duration;

use teahouse_client::ClientError;
use teahouse_client::link::{Happening, Outgoing, Stage, State};
use teahouse_client::screen::{Input, Keep, LineServer, Palette, Peer, Server, Setup, run};
use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{
    Cause, Change, Code, Epoch, Event, Failure, HistoryPage, Id, Joined, Kind, Message, Presence,
    Ref, Request, Room, RoomsPage, Sender, ServerMessage, Welcome,
};
use tokio::time::{Instant, sleep_until};

const EPOCH: Epoch = Epoch([7; 8]);
const ME: &str = "ann";
const PEOPLE: &[&str] = &["bob", "小明", "carla", "dmitri_the_long_named", "eva", "田中"];
const WORDS: &[&str] = &[
    "good morning",
    "你好，大家！今天喝什么茶？",
    "the kettle is on",
    "see https://tea.example/oolong for the list",
    "お茶をどうぞ ☕ 👩\u{200D}👩\u{200D}👧 がぎぐ",
    "a longer message, to see how it is broken into rows: the water should be just off the boil, the pot \
     warm, and nobody in a hurry",
    "❤\u{FE0F} 👍🏽 🇩🇪 ok",
    "two lines:\n  and the second one",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let variable = |name: &str| std::env::var(name).ok();
    let palette = Palette::detect(variable);
    let address = std::env::args().nth(1);
    let address = address.as_deref().and_then(|address| address.strip_prefix("tcp://"));
    let setup = Setup {
        server: address.map_or(Server::Api, |address| Server::Line(address.to_owned())),
        rooms: Vec::new(),
        zone: jiff::tz::TimeZone::system(),
        has_bursts: cfg!(windows),
        sent: vec!["good morning".to_owned()],
        drafts: Vec::new(),
        own: Vec::new(),
    };
    let session = async {
        match address {
            Some(address) => run(&mut LineServer::new(address), setup, palette).await,
            None => run(&mut SimulatedServer::new(), setup, palette).await,
        }
    };
    runtime.block_on(session)?;
    Ok(())
}

/// A simulated server.
struct SimulatedServer {
    rooms: Vec<(RoomName, u64)>,
    queue: VecDeque<(Instant, Input)>,
    flood: usize,
    next_word: Instant,
    said: usize,
    has_ended: bool,
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn nick(name: &str) -> Nick {
    Nick::parse(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn text(words: &str) -> Text {
    Text::parse(words).unwrap_or_else(|error| panic!("{words}: {error}"))
}

fn event(room: &RoomName, position: u64, who: &str, words: &str) -> Event {
    let now = jiff::Timestamp::now().as_millisecond();
    let ago = 5_000_u64.saturating_sub(position) * 97_000;
    Event {
        room: room.clone(),
        position,
        epoch: EPOCH,
        time_ms: now - i64::try_from(ago).unwrap_or(0),
        sender: Sender { nick: nick(who), session: "1".to_owned() },
        kind: if position.is_multiple_of(13) { Kind::Acted } else { Kind::Said },
        text: Some(text(words)),
        id: None,
    }
}

/// The event in the history at this position.
fn past(room: &RoomName, position: u64) -> Event {
    let number = usize::try_from(position).unwrap_or(0);
    let who = PEOPLE[number / 2 % PEOPLE.len()];
    event(room, position, who, WORDS[number * 7 % WORDS.len()])
}

impl SimulatedServer {
    fn new() -> Self {
        let mut server = Self {
            rooms: Vec::new(),
            queue: VecDeque::new(),
            flood: 0,
            next_word: Instant::now() + Duration::from_secs(5),
            said: 0,
            has_ended: false,
        };
        server.connect();
        for name in ["lobby", "tea", "茶室", "a-room-with-a-long-name"] {
            server.add_room(&room(name));
        }
        server
    }

    fn connect(&mut self) {
        let welcome = Welcome {
            nick: nick(ME),
            taken: None,
            resumed: false,
            session: "9".to_owned(),
            epoch: EPOCH,
            server: "played".to_owned(),
            first_room: room("lobby"),
            ping_s: 20,
            grace_s: 30,
        };
        self.queue_now(Happening::State(State::Online(welcome)));
    }

    fn add_room(&mut self, name: &RoomName) {
        let position = 5_000;
        let topic = Some(text("where everyone begins · 欢迎 · https://tea.example"));
        let joined = Joined {
            room: name.clone(),
            epoch: EPOCH,
            position,
            first: 1,
            complete: false,
            members: PEOPLE.len() + 1,
            topic,
        };
        self.rooms.push((name.clone(), position));
        self.received(None, Message::Joined(joined));
        for position in position - 5..=position {
            self.received(None, Message::Event(past(name, position)));
        }
    }

    fn queue_now(&mut self, happening: Happening) {
        self.queue_later(0, happening);
    }

    fn queue_later(&mut self, after_ms: u64, happening: Happening) {
        let at = Instant::now() + Duration::from_millis(after_ms);
        self.queue.push_back((at, Input::Link(happening)));
    }

    fn received(&mut self, reference: Option<u64>, message: Message) {
        let reference = reference.map(Ref::Number);
        self.queue_now(Happening::Received(ServerMessage { reference, message }));
    }

    fn say_something(&mut self) {
        self.said += 1;
        let index = self.said % 3 % self.rooms.len();
        let who = PEOPLE[self.said % PEOPLE.len()];
        let words = WORDS[self.said % WORDS.len()];
        let change = match self.said % 5 {
            0 => Some(Change::Entered { nick: nick("gast") }),
            1 => Some(Change::Offline { nick: nick("gast"), cause: Cause::Lost }),
            2 => Some(Change::Typing { nick: nick(who) }),
            _ => None,
        };
        let name = self.rooms[index].0.clone();
        if let Some(change) = change {
            self.received(None, Message::Presence(Presence { room: name, change }));
        }
        self.say_as(index, who, words);
    }

    fn say_as(&mut self, index: usize, who: &str, words: &str) {
        self.rooms[index].1 += 1;
        let (name, position) = self.rooms[index].clone();
        self.received(None, Message::Event(event(&name, position, who, words)));
    }

    fn history(&self, request: &teahouse_wire::api::History) -> HistoryPage {
        let head = self.rooms.iter().find(|(name, _)| *name == request.room).map_or(0, |r| r.1);
        let limit = u64::from(request.limit.unwrap_or(50));
        let part = request.part;
        let (first, last) = match (part.before, part.after, part.around) {
            (Some(before), _, _) => (before.saturating_sub(limit), before - 1),
            (_, Some(after), _) => (after + 1, after + limit),
            (_, _, Some(around)) => (around.saturating_sub(limit / 2), around + limit / 2),
            _ => ((head + 1).saturating_sub(limit), head),
        };
        let positions = first.max(1)..=last.min(head);
        let events = positions.map(|position| past(&request.room, position)).collect();
        HistoryPage { room: request.room.clone(), epoch: EPOCH, first: 1, head, events }
    }

    fn run_triggers(&mut self, index: usize, words: &str) {
        if words.contains("!flood") {
            self.flood = 10_000;
        }
        if words.contains("!mention") {
            self.say_as(index, "bob", "hey ann, your tea is ready");
            self.say_as(1, "小明", "谢谢ann！");
        }
        assert!(!words.contains("!panic"), "as you wish");
        if words.contains("!private") {
            let private = Message::Told { time_ms: 0, from: nick("eva"), text: text("psst 🤫") };
            self.received(None, private);
        }
        if words.contains("!crowd") {
            let name = self.rooms[index].0.clone();
            for number in 0..40 {
                let change = Change::Entered { nick: nick(&format!("guest{number}")) };
                self.received(None, Message::Presence(Presence { room: name.clone(), change }));
            }
        }
        if words.contains("!offline") {
            let retry_in = Duration::from_secs(4);
            let why = "connection reset by peer".to_owned();
            self.queue_now(Happening::State(State::Offline { why, retry_in }));
            self.queue_later(4_000, Happening::State(State::Connecting { attempt: 1 }));
            let before = self.queue.len();
            self.connect();
            self.queue[before].0 += Duration::from_secs(5);
        }
    }
}

impl Peer for SimulatedServer {
    async fn next(&mut self) -> Option<Input> {
        if self.flood > 0 {
            self.flood -= 1;
            self.say_as(0, PEOPLE[self.flood % PEOPLE.len()], WORDS[self.flood % WORDS.len()]);
        }
        loop {
            if self.has_ended {
                return None;
            }
            let due = self.queue.front().map(|(at, _)| *at);
            if due.is_some_and(|at| at <= Instant::now()) {
                return self.queue.pop_front().map(|(_, input)| input);
            }
            sleep_until(due.map_or(self.next_word, |at| at.min(self.next_word))).await;
            if self.next_word <= Instant::now() {
                self.next_word = Instant::now() + Duration::from_secs(3);
                self.say_something();
            }
        }
    }

    fn ask(&mut self, reference: u64, request: Request) {
        let answer = match request {
            Request::History(request) => Message::History(self.history(&request)),
            Request::Search(request) => {
                let name = request.room.unwrap_or_else(|| room("lobby"));
                let fits = |event: &Event| {
                    event.text.as_ref().is_some_and(|text| text.as_str().contains(&request.words))
                };
                let all = (1..=5_000).rev().map(|position| past(&name, position));
                let events = all.filter(fits).take(100).collect();
                Message::Found { words: request.words, events, more: None }
            }
            Request::Who(request) => Message::Members {
                room: request.room,
                nicks: PEOPLE.iter().chain(&[ME]).map(|who| nick(who)).collect(),
                total: PEOPLE.len() + 1,
                page: 1,
                pages: 1,
            },
            Request::Rooms(_) => {
                let rooms = self.rooms.iter().map(|(name, _)| name.clone());
                let rooms: Vec<_> = rooms
                    .map(|name| Room { name, members: 7, topic: Some(text("a room")) })
                    .collect();
                Message::Rooms(RoomsPage { total: rooms.len(), rooms, page: 1, pages: 1 })
            }
            Request::Tell(request) => Message::Delivered { to: request.nick },
            Request::Nick(request) => Message::Renamed { from: nick(ME), to: request.nick },
            Request::Topic(request) => {
                Message::Topic { room: request.room, topic: Some(text("a topic")) }
            }
            Request::Ignore(request) => {
                Message::Ignoring { nicks: request.nick.into_iter().collect() }
            }
            Request::Typing(_)
            | Request::Hello(_)
            | Request::Join(_)
            | Request::Leave(_)
            | Request::Say(_)
            | Request::Bye(_) => return,
        };
        self.received(Some(reference), answer);
    }

    fn say(&mut self, name: &RoomName, words: &Text, acted: bool) {
        let index = self.rooms.iter().position(|(other, _)| other == name).unwrap_or(0);
        self.said += 1;
        let id = Id([u8::try_from(self.said % 256).unwrap_or(0); 16]);
        let outgoing =
            |stage| Outgoing { id, room: name.clone(), text: words.clone(), acted, stage };
        self.queue_now(Happening::Outgoing(outgoing(Stage::Waiting)));
        if words.as_str().contains("!refuse") {
            let message = "too fast; try again in 3 s".to_owned();
            let failure = Failure { code: Code::TooFast, message, field: None, id: Some(id) };
            self.queue_later(400, Happening::Outgoing(outgoing(Stage::Refused(failure))));
        } else {
            self.queue_later(200, Happening::Outgoing(outgoing(Stage::Sent)));
            self.rooms[index].1 += 1;
            let mut event = event(name, self.rooms[index].1, ME, words.as_str());
            event.kind = if acted { Kind::Acted } else { Kind::Said };
            event.id = Some(id);
            let sent = ServerMessage { reference: None, message: Message::Event(event) };
            self.queue_later(600, Happening::Received(sent));
        }
        self.run_triggers(index, words.as_str());
    }

    fn join(&mut self, name: &RoomName) {
        self.add_room(name);
    }

    fn leave(&mut self, name: &RoomName) {
        self.received(None, Message::Left { room: name.clone() });
    }

    fn send_line(&mut self, _: &str) {}

    fn keep(&mut self, _: Keep) {}

    fn is_hopeless(&self) -> bool {
        false
    }

    fn ending(&self) -> Result<(), ClientError> {
        Ok(())
    }

    fn bye(&mut self) {
        self.has_ended = true;
    }
}
