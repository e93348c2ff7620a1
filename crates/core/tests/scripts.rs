//! What the chat does, as scripts: a line `ann> join tea` is a request of the session `ann`, and the lines below it
//! are the facts that follow. Only `Runner` knows the core's interface.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says where"
)]

#[path = "support/configured_chat.rs"]
mod configured_chat;
#[path = "scripts/crowds.rs"]
mod crowds;
#[path = "scripts/names.rs"]
mod names;
#[path = "scripts/opens.rs"]
mod opens;
#[path = "scripts/repeats.rs"]
mod repeats;
#[path = "scripts/resuming.rs"]
mod resuming;
#[path = "scripts/rooms.rs"]
mod rooms;
#[path = "scripts/talking.rs"]
mod talking;
#[path = "scripts/unseen.rs"]
mod unseen;

use std::collections::BTreeMap;

use teahouse_core::{
    Action, Answer, Asker, Author, Chat, Effect, EventKind, ExitCause, History, IgnoreChange,
    InRoom, KnownMessage, Limits, MessageId, MessageKey, Moment, Nick, NodeId, Origin, Position,
    Presence, Proposal, Query, Question, Request, RequestId, ResumeKeyHash, RoomId, RoomName,
    Scope, SessionId, Signal, SteadyTime, StoredRoom, Text, Time, Visit,
};

use configured_chat::configured_chat;

/// A chat that runs script lines.
struct Runner {
    chat: Chat,
    now: Moment,
    people: BTreeMap<String, SessionId>,
    rooms: BTreeMap<RoomId, RoomName>,
    /// The boot of new sessions: that of the server that was opened last, or 0.
    boot: u32,
    entered: u64,
    /// The messages in the store.
    stored: BTreeMap<MessageKey, KnownMessage>,
    /// Whether the script shows changes that only lists of members need.
    shows_lists: bool,
}

/// Runs a script; every line `ann> …` or `+31s` is followed by the facts that it must give.
fn check(script: &str) {
    check_with(Limits::default(), script);
}

fn check_with(limits: Limits, script: &str) {
    let mut runner = Runner::new(configured_chat(limits, History::default()));
    runner.check(script);
}

impl Runner {
    fn new(chat: Chat) -> Self {
        let (people, rooms, stored) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let now = Moment { time: Time(1_000_000), steady: SteadyTime(7) };
        Self { chat, now, people, rooms, boot: 0, entered: 0, stored, shows_lists: false }
    }

    fn check(&mut self, script: &str) {
        let mut written = String::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if line.starts_with('+') || line.contains("> ") && !line.starts_with(['|', '-']) {
                written += &format!("{line}\n");
                for fact in self.run(line) {
                    written += &format!("| {fact}\n");
                }
            }
        }
        let expected: String = script
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(written, expected, "\n--- actual:\n{written}\n--- expected:\n{expected}");
    }

    fn run(&mut self, line: &str) -> Vec<String> {
        if let Some(seconds) = line.strip_prefix('+') {
            let seconds: u32 = seconds.trim_end_matches('s').parse().unwrap();
            self.now.steady = self.now.steady.plus_ms(seconds * 1000);
            self.now.time = self.now.time.plus_ms(seconds * 1000);
            let mut effects = Vec::new();
            self.chat.advance(self.now, &mut effects);
            return effects.iter().flat_map(|effect| self.facts(effect)).collect();
        }
        let (who, line) = line.split_once("> ").unwrap();
        let request = parse_request(line);
        let enters =
            matches!(request, Request::Action(Action::Enter { .. } | Action::EnterUnseen { .. }));
        let is_new = enters || !self.people.contains_key(who);
        if is_new {
            self.entered += 1;
            let session = SessionId::new(self.boot, 0, self.entered);
            self.people.insert(who.to_owned(), session);
        }
        let session = self.people[who];
        let asker = if line.starts_with("look") {
            Asker::Visitor(session)
        } else {
            Asker::Session(session)
        };
        match request {
            Request::Action(action) => self.propose(session, action),
            Request::Query(query) => {
                self.collect(|chat, effects| chat.ask(asker, RequestId(7), query, effects))
            }
            Request::Signal(signal) => {
                self.collect(|chat, effects| chat.signal(session, signal, effects))
            }
        }
    }

    fn collect(&mut self, emit: impl FnOnce(&Chat, &mut Vec<Effect>)) -> Vec<String> {
        let mut effects = Vec::new();
        emit(&self.chat, &mut effects);
        effects.iter().flat_map(|effect| self.facts(effect)).collect()
    }

    fn propose(&mut self, session: SessionId, action: Action) -> Vec<String> {
        let mut effects = Vec::new();
        let (origin, request) = (Origin(1), RequestId(7));
        let proposal = if matches!(action, Action::Open { .. }) {
            Proposal::of_server(action)
        } else {
            Proposal { session, origin, request, action }
        };
        if let Some(key) = self.chat.to_recall(&proposal)
            && let Some(said) = self.stored.get(&key)
        {
            self.chat.recall(key, said.clone());
        }
        self.chat.apply(proposal, &mut effects);
        effects.iter().flat_map(|effect| self.facts(effect)).collect()
    }

    /// Puts a message in the lobby into the store, at the position with the number of its id.
    fn store(&mut self, author: Author, id: u8, words: &str) {
        let key = MessageKey { room: RoomId(1), author, id: MessageId([id; 16]) };
        let (kind, text) = (EventKind::Said, Some(text(words)));
        let said =
            KnownMessage { position: Position(u64::from(id)), kind, text, is_of_author: true };
        self.stored.insert(key, said);
    }

    fn who(&self, session: SessionId) -> &str {
        self.people.iter().find(|(_, id)| **id == session).map_or("?", |(who, _)| who)
    }

    /// The script lines of an effect. A change of presence has one line for each room in which it is announced, and
    /// one line after a `~` for the rooms in which it is not.
    fn facts(&mut self, effect: &Effect) -> Vec<String> {
        let Effect::Presence { presence, about, rooms } = effect else {
            return vec![self.render(effect)];
        };
        let but = about.map(|but| format!(" but {}", self.who(but)));
        let (but, rendered) = (but.unwrap_or_default(), render_presence(presence));
        let (announced, listed): (Vec<InRoom>, Vec<InRoom>) =
            rooms.iter().partition(|room| room.is_announced);
        let announced = announced
            .iter()
            .map(|InRoom { room, .. }| format!("to {}{but}: {rendered}", self.rooms[room]));
        let names: Vec<String> =
            listed.iter().map(|room| self.rooms[&room.room].to_string()).collect();
        let listed = self.shows_lists && !names.is_empty();
        announced.chain(listed.then(|| format!("~ {}: {rendered}", names.join(" ")))).collect()
    }

    fn render(&mut self, effect: &Effect) -> String {
        match effect {
            Effect::RoomCreated { room, name, .. } => {
                self.rooms.insert(*room, name.clone());
                format!("created {name} as {}", room.0)
            }
            Effect::RoomRemoved { room } => format!("{} removed", self.rooms[room]),
            Effect::Event(event) => {
                let kind = match event.kind {
                    EventKind::Said => "said",
                    EventKind::Acted => "acted",
                    EventKind::Topic => "topic",
                    EventKind::Unknown => "unknown",
                };
                let (room, text) =
                    (&self.rooms[&event.room], event.text.as_ref().map(Text::as_str));
                format!("{room} {} {} {kind} {text:?}", event.position, event.nick)
            }
            Effect::Joined { session, room, name, first, at, members, topic, .. } => {
                self.rooms.insert(*room, name.clone());
                let topic = topic.as_ref().map(|topic| format!(" about {:?}", topic.as_str()));
                let who = self.who(*session);
                let from = if first.0 > 1 { format!(" from {first}") } else { String::new() };
                format!("{who} in {name} at {at}{from} of {members}{}", topic.unwrap_or_default())
            }
            Effect::Left { session, name, .. } => format!("{} out of {name}", self.who(*session)),
            Effect::Presence { presence, .. } => render_presence(presence),
            Effect::Ignores { session, ignored } => {
                let nicks: Vec<&str> = ignored.iter().map(|i| i.nick().as_str()).collect();
                format!("{} filters [{}]", self.who(*session), nicks.join(" "))
            }
            Effect::Answer { session, answer, .. } => {
                format!("to {}: {}", self.who(*session), render_answer(answer))
            }
            Effect::Ended { session, cause, is_suspended } => {
                let suspended = if *is_suspended { ", suspended" } else { "" };
                format!("{} ended {cause:?}{suspended}", self.who(*session))
            }
            Effect::Opened { node, boot: Some(boot) } => {
                self.boot = *boot;
                format!("server {} open as {boot}", node.0)
            }
            Effect::Opened { node, boot: None } => format!("server {} not open", node.0),
            Effect::SessionForgotten { session } => format!("{} forgotten", self.who(*session)),
        }
    }
}

fn render_presence(presence: &Presence) -> String {
    match presence {
        Presence::Entered { nick } => format!("{nick} entered"),
        Presence::Left { nick } => format!("{nick} left"),
        Presence::Offline { nick, cause } => format!("{nick} offline {cause:?}"),
        Presence::Renamed { from, to } => format!("{from} is {to}"),
        Presence::Typing { nick } => format!("{nick} types"),
        Presence::Folded { entered, entered_count, gone, gone_count, members } => {
            let names =
                |nicks: &[Nick]| nicks.iter().map(Nick::as_str).collect::<Vec<_>>().join(" ");
            format!(
                "{entered_count} entered [{}] {gone_count} gone [{}] {members} here",
                names(entered),
                names(gone)
            )
        }
    }
}

fn render_answer(answer: &Answer) -> String {
    match answer {
        Answer::Welcome { nick, resumed: true, .. } => format!("welcome back {nick}"),
        Answer::Welcome { nick, taken: None, .. } => format!("welcome {nick}"),
        Answer::Welcome { nick, taken: Some(taken), .. } => {
            format!("welcome {nick}, {taken} is taken")
        }
        Answer::AlreadyIn { name, .. } => format!("already in {name}"),
        Answer::Renamed { from, to } => format!("{from} is {to}"),
        Answer::Private(message) => format!("{} tells {:?}", message.from, message.text.as_str()),
        Answer::Delivered { to } => format!("delivered to {to}"),
        Answer::Duplicate { position, .. } => format!("duplicate of {position}"),
        Answer::Posted { position, nick, .. } => format!("posted at {position} as {nick}"),
        Answer::Topic { name, topic } => {
            format!("{name} topic {:?}", topic.as_ref().map(Text::as_str))
        }
        Answer::Room { room, at, members, topic } => {
            let topic = topic.as_ref().map(Text::as_str);
            format!("{} at {at} of {members}, topic {topic:?}", room.0)
        }
        Answer::Members { nicks, total, page, pages, .. } => {
            let nicks: Vec<&str> = nicks.iter().map(Nick::as_str).collect();
            format!("members {} of {total}, page {page}/{pages}", nicks.join(" "))
        }
        Answer::Rooms { rooms, total, page, pages } => {
            let rooms: Vec<String> =
                rooms.iter().map(|room| format!("{}:{}", room.name, room.members)).collect();
            format!("rooms {} of {total}, page {page}/{pages}", rooms.join(" "))
        }
        Answer::Ignoring { nicks, change } => {
            let nicks: Vec<&str> = nicks.iter().map(Nick::as_str).collect();
            let change = match change {
                Some(IgnoreChange::Added { nick, is_here: true }) => format!(": not {nick}"),
                Some(IgnoreChange::Added { nick, is_here: false }) => {
                    format!(": not {nick}, who is not here")
                }
                Some(IgnoreChange::Removed { nick }) => format!(": {nick} again"),
                None => String::new(),
            };
            format!("ignores [{}]{change}", nicks.join(" "))
        }
        Answer::ReadGranted(granted) => {
            let Scope::Rooms(spans) = &granted.scope else {
                return "may read everywhere".to_owned();
            };
            let spans: Vec<String> =
                spans.iter().map(|span| format!("{} to {}", span.name, span.upto)).collect();
            format!("may read {}", spans.join(", "))
        }
        Answer::Refused(refusal) => format!("refused {refusal:?}"),
    }
}

fn room(name: &str) -> RoomName {
    RoomName::parse(name).unwrap()
}

fn nick(name: &str) -> Nick {
    Nick::parse(name).unwrap()
}

fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

/// Parses `say lobby hello`, `say#7 lobby hello` with a message id, `join tea`, …
fn parse_request(line: &str) -> Request {
    query_or_signal(line).unwrap_or_else(|| action(line).into())
}

fn query_or_signal(line: &str) -> Option<Request> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (first, words) = rest.split_once(' ').unwrap_or((rest, ""));
    let latest = || Question::Latest { room: room(first), count: 20 };
    let search = |words: &str| Question::Search {
        words: words.to_owned(),
        room: None,
        before: None,
        count: 20,
    };
    Some(match verb {
        "type" => Signal::Typing { room: room(first) }.into(),
        "look" if first.is_empty() => Query::Read { question: search("x") }.into(),
        "look" | "history" => Query::Read { question: latest() }.into(),
        "search" => Query::Read { question: search(rest) }.into(),
        "topic" if words.is_empty() => Query::Topic { room: room(first) }.into(),
        "who" => Query::Who { room: room(first), page: words.parse().unwrap_or(1) }.into(),
        "room" | "lookroom" => Query::Room { room: room(first) }.into(),
        "rooms" => Query::Rooms { page: first.parse().unwrap_or(1) }.into(),
        "ignore" if first.is_empty() => Query::Ignored.into(),
        _ => return None,
    })
}

fn action(line: &str) -> Action {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (first, words) = rest.split_once(' ').unwrap_or((rest, ""));
    let (verb, id) = match verb.split_once('#') {
        Some((verb, id)) => (verb, Some(MessageId([id.parse().unwrap(); 16]))),
        None => (verb, None),
    };
    match verb {
        "enter" => {
            let wish = (!first.is_empty()).then(|| nick(first));
            Action::Enter { nick: wish, room: Some(room("lobby")), resume_key: None }
        }
        "listen" => Action::EnterUnseen { room: room(first) },
        "appear" => Action::Appear,
        "resume" => {
            let resume_key = Some(ResumeKeyHash::of(&[first.parse().unwrap(); 16]));
            Action::Enter { nick: (!words.is_empty()).then(|| nick(words)), room: None, resume_key }
        }
        "post" => {
            Action::Visit(Visit::Post { nick: None, room: room(first), text: text(words), id })
        }
        "postas" => {
            let (room_name, words) = words.split_once(' ').unwrap();
            let (nick, room) = (Some(nick(first)), room(room_name));
            Action::Visit(Visit::Post { nick, room, text: text(words), id })
        }
        "follow" => Action::Visit(Visit::Follow { room: room(first), create: rest == "new" }),
        "exit" => {
            Action::Exit { cause: if first == "lost" { ExitCause::Lost } else { ExitCause::Quit } }
        }
        "open" => Action::Open { node: NodeId(first.parse().unwrap()) },
        "join" => Action::Join { room: room(first) },
        "leave" => Action::Leave { room: room(first) },
        "say" => Action::Say { room: room(first), text: text(words), acted: false, id },
        "me" => Action::Say { room: room(first), text: text(words), acted: true, id },
        "tell" => Action::Tell { nick: nick(first), text: text(words) },
        "nick" => Action::Rename { nick: nick(first) },
        "topic" => {
            let topic = (words != "-").then(|| text(words));
            Action::Topic { room: room(first), topic }
        }
        "ignore" => Action::Ignore { nick: nick(first) },
        other => panic!("no such verb in a script: {other}"),
    }
}
