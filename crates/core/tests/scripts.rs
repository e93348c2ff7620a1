//! What the chat does, as scripts: who asks what on the left of `>`, and below the facts that follow.
//! `check` is the only place that knows the core's interface.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says where"
)]

#[path = "support/founded.rs"]
mod created;
#[path = "scripts/crowds.rs"]
mod crowds;
#[path = "scripts/names.rs"]
mod names;
#[path = "scripts/opens.rs"]
mod opens;
#[path = "scripts/repeats.rs"]
mod repeats;
#[path = "scripts/rooms.rs"]
mod rooms;
#[path = "scripts/seats.rs"]
mod seats;
#[path = "scripts/talking.rs"]
mod talking;
#[path = "scripts/unseen.rs"]
mod unseen;

use std::collections::BTreeMap;

use teahouse_core::{
    Action, Answer, Asker, Author, Chat, Effect, EventKind, ExitCause, History, IgnoreChange,
    InRoom, Limits, MessageId, MessageKey, Moment, Nick, NodeId, Origin, Position, Presence,
    Proposal, Query, Question, Request, RequestId, ResumeKeyHash, RoomId, RoomName, Said, Scope,
    SessionId, Signal, SteadyTime, StoredRoom, Text, Time, Visit,
};

use created::created;

/// A chat driven by script lines.
struct Stage {
    chat: Chat,
    now: Moment,
    people: BTreeMap<String, SessionId>,
    rooms: BTreeMap<RoomId, RoomName>,
    /// What those who enter are numbered with: the boot of the server that was opened last, or none.
    boot: u32,
    entered: u64,
    /// What the store knows by their ids.
    kept: BTreeMap<MessageKey, Said>,
    /// Whether the script has what only lists of members are to know.
    shows_lists: bool,
}

/// Runs a script; every line `ann> …` or `+31s` is followed by the facts it must give, indented.
fn check(script: &str) {
    check_with(Limits::default(), script);
}

fn check_with(limits: Limits, script: &str) {
    let mut stage = Stage::new(created(limits, History::default()));
    stage.check(script);
}

impl Stage {
    fn new(chat: Chat) -> Self {
        let (people, rooms, kept) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let now = Moment { time: Time(1_000_000), steady: SteadyTime(7) };
        Self { chat, now, people, rooms, boot: 0, entered: 0, kept, shows_lists: false }
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
        assert_eq!(
            written, expected,
            "\n--- what happens:\n{written}\n--- what is expected:\n{expected}"
        );
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
        let (who, asked) = line.split_once("> ").unwrap();
        let request = request(asked);
        let enters =
            matches!(request, Request::Action(Action::Enter { .. } | Action::EnterUnseen { .. }));
        let is_new = enters || !self.people.contains_key(who);
        if is_new {
            self.entered += 1;
            let session = SessionId::new(self.boot, 0, self.entered);
            self.people.insert(who.to_owned(), session);
        }
        let session = self.people[who];
        let asker = if asked.starts_with("look") {
            Asker::Visitor(session)
        } else {
            Asker::Session(session)
        };
        match request {
            Request::Action(action) => self.propose(session, action),
            Request::Query(query) => {
                self.told(|chat, effects| chat.ask(asker, RequestId(7), query, effects))
            }
            Request::Signal(signal) => {
                self.told(|chat, effects| chat.signal(session, signal, effects))
            }
        }
    }

    fn told(&mut self, tell: impl FnOnce(&Chat, &mut Vec<Effect>)) -> Vec<String> {
        let mut effects = Vec::new();
        tell(&self.chat, &mut effects);
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
            && let Some(said) = self.kept.get(&key)
        {
            self.chat.recall(key, said.clone());
        }
        self.chat.apply(proposal, &mut effects);
        effects.iter().flat_map(|effect| self.facts(effect)).collect()
    }

    /// The store has this message in the lobby, at the position that its id has.
    fn keep(&mut self, author: Author, id: u8, words: &str) {
        let key = MessageKey { room: RoomId(1), author, id: MessageId([id; 16]) };
        let (kind, text) = (EventKind::Said, Some(text(words)));
        let said = Said { position: Position(u64::from(id)), kind, text, is_of_author: true };
        self.kept.insert(key, said);
    }

    fn who(&self, session: SessionId) -> &str {
        self.people.iter().find(|(_, id)| **id == session).map_or("?", |(who, _)| who)
    }

    /// An effect, as scripts show it: one that concerns rooms once for each that is told of it, and where only
    /// lists of members are to know of it after a `~`.
    fn facts(&mut self, effect: &Effect) -> Vec<String> {
        let Effect::Presence { presence, about, rooms } = effect else {
            return vec![self.shown(effect)];
        };
        let but = about.map(|but| format!(" but {}", self.who(but)));
        let (but, shown) = (but.unwrap_or_default(), presence_shown(presence));
        let (told, listed): (Vec<InRoom>, Vec<InRoom>) =
            rooms.iter().partition(|room| room.is_announced);
        let told =
            told.iter().map(|InRoom { room, .. }| format!("to {}{but}: {shown}", self.rooms[room]));
        let names: Vec<String> =
            listed.iter().map(|room| self.rooms[&room.room].to_string()).collect();
        let listed = self.shows_lists && !names.is_empty();
        told.chain(listed.then(|| format!("~ {}: {shown}", names.join(" ")))).collect()
    }

    fn shown(&mut self, effect: &Effect) -> String {
        match effect {
            Effect::RoomCreated { room, name, .. } => {
                self.rooms.insert(*room, name.clone());
                format!("founded {name} as {}", room.0)
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
                let gone = if first.0 > 1 { format!(" from {first}") } else { String::new() };
                format!("{who} in {name} at {at}{gone} of {members}{}", topic.unwrap_or_default())
            }
            Effect::Left { session, name, .. } => format!("{} out of {name}", self.who(*session)),
            Effect::Presence { presence, .. } => presence_shown(presence),
            Effect::Ignores { session, ignored } => {
                let nicks: Vec<&str> = ignored.iter().map(|i| i.nick().as_str()).collect();
                format!("{} hears no [{}]", self.who(*session), nicks.join(" "))
            }
            Effect::Answer { session, answer, .. } => {
                format!("to {}: {}", self.who(*session), answer_shown(answer))
            }
            Effect::Ended { session, cause, is_suspended } => {
                let kept = if *is_suspended { ", suspended" } else { "" };
                format!("{} ended {cause:?}{kept}", self.who(*session))
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

fn presence_shown(presence: &Presence) -> String {
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

fn answer_shown(answer: &Answer) -> String {
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

/// `say lobby hello`, `say#7 lobby hello` with a message id, `join tea`, …
fn request(asked: &str) -> Request {
    query_or_signal(asked).unwrap_or_else(|| action(asked).into())
}

fn query_or_signal(asked: &str) -> Option<Request> {
    let (verb, rest) = asked.split_once(' ').unwrap_or((asked, ""));
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
        "stands" | "lookstands" => Query::Room { room: room(first) }.into(),
        "rooms" => Query::Rooms { page: first.parse().unwrap_or(1) }.into(),
        "ignore" if first.is_empty() => Query::Ignored.into(),
        _ => return None,
    })
}

fn action(asked: &str) -> Action {
    let (verb, rest) = asked.split_once(' ').unwrap_or((asked, ""));
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
        "slip" => Action::EnterUnseen { room: room(first) },
        "appear" => Action::Appear,
        "sit" => {
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
