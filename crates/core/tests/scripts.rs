//! What the chat does, as scripts: who asks what on the left of `>`, and below the facts that follow.
//! `check` is the only place that knows the core's interface.

#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on says where"
)]

use std::collections::BTreeMap;

use teahouse_core::{
    Action, Answer, Asker, Author, Chat, Effect, EventKind, ExitCause, Founding, IgnoreChange,
    InRoom, Limits, MessageId, MessageKey, Moment, Nick, Origin, Position, Presence, Proposal,
    Query, Question, Request, RequestId, ResumeKeyHash, RoomId, RoomName, Said, Scope, SessionId,
    Signal, SteadyTime, Text, Time, Visit,
};

/// A chat driven by script lines.
struct Stage {
    chat: Chat,
    now: Moment,
    people: BTreeMap<String, SessionId>,
    rooms: BTreeMap<RoomId, RoomName>,
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
    let mut stage = Stage::new(Chat::from_history(limits, RoomId(0), []));
    stage.check(script);
}

impl Stage {
    fn new(chat: Chat) -> Self {
        let (people, rooms, kept) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let now = Moment { time: Time(1_000_000), steady: SteadyTime(7) };
        Self { chat, now, people, rooms, entered: 0, kept, shows_lists: false }
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
            self.people.insert(who.to_owned(), SessionId(self.entered));
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
        let proposal = Proposal { session, origin, request, action };
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
            Effect::Founded { room, name, .. } => {
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
            Effect::Joined { session, room, name, at, members, topic, .. } => {
                self.rooms.insert(*room, name.clone());
                let topic = topic.as_ref().map(|topic| format!(" about {:?}", topic.as_str()));
                let who = self.who(*session);
                format!("{who} in {name} at {at} of {members}{}", topic.unwrap_or_default())
            }
            Effect::Parted { session, name, .. } => format!("{} out of {name}", self.who(*session)),
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
        Answer::Told(message) => format!("{} tells {:?}", message.from, message.text.as_str()),
        Answer::Delivered { to } => format!("delivered to {to}"),
        Answer::Duplicate { position, .. } => format!("duplicate of {position}"),
        Answer::Posted { position, nick, .. } => format!("posted at {position} as {nick}"),
        Answer::Topic { name, topic } => {
            format!("{name} topic {:?}", topic.as_ref().map(Text::as_str))
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
        Answer::Granted(granted) => {
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
            Action::Enter { nick: wish, room: Some(room("lobby")), seat: None }
        }
        "slip" => Action::EnterUnseen { room: room(first) },
        "appear" => Action::Appear,
        "sit" => {
            let seat = Some(ResumeKeyHash::of(&[first.parse().unwrap(); 16]));
            Action::Enter { nick: (!words.is_empty()).then(|| nick(words)), room: None, seat }
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

#[test]
fn people_enter_talk_and_go() {
    check(
        "ann> enter
         | to ann: welcome guest1
         | ann in #lobby at 0 of 1
         | to #lobby but ann: guest1 entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         ann> nick ann
         | to ann: guest1 is ann
         | to #lobby but ann: guest1 is ann
         ann> say lobby hello
         | founded #lobby as 1
         | #lobby 1 ann said Some(\"hello\")
         bob> me lobby waves
         | #lobby 2 bob acted Some(\"waves\")
         bob> exit lost
         | bob out of #lobby
         | to #lobby but bob: bob offline Lost
         | bob ended Lost
         bob> say lobby too late
         ann> exit
         | ann out of #lobby
         | to #lobby but ann: ann offline Quit
         | ann ended Quit",
    );
}

#[test]
fn whoever_is_unseen_hears_and_is_nobody_until_they_appear_or_change_something() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         probe> slip lobby
         | to probe: welcome guest1
         | probe in #lobby at 0 of 2
         ann> who lobby
         | to ann: members ann of 1, page 1/1
         ann> rooms
         | to ann: rooms #lobby:1 of 1, page 1/1
         probe> rooms
         | to probe: rooms #lobby:1 of 1, page 1/1
         probe> type lobby
         probe> exit
         | probe out of #lobby
         | probe ended Quit
         bob> slip lobby
         | to bob: welcome guest2
         | bob in #lobby at 0 of 2
         bob> appear
         | to #lobby but bob: guest2 entered
         bob> appear
         eve> slip lobby
         | to eve: welcome guest3
         | eve in #lobby at 0 of 3
         eve> say lobby hello
         | to #lobby but eve: guest3 entered
         | founded #lobby as 1
         | #lobby 1 guest3 said Some(\"hello\")
         ann> who lobby
         | to ann: members ann guest2 guest3 of 3, page 1/1
         eve> exit
         | eve out of #lobby
         | to #lobby but eve: guest3 offline Quit
         | eve ended Quit
         zoe> slip quiet
         | to zoe: welcome guest4
         | zoe in #quiet at 0 of 1
         ann> rooms
         | to ann: rooms #lobby:2 #quiet:0 of 2, page 1/1
         zoe> exit
         | zoe out of #quiet
         | zoe ended Quit
         ann> rooms
         | to ann: rooms #lobby:2 of 1, page 1/1",
    );
}

#[test]
fn a_nick_that_is_taken_or_looks_like_one_is_refused() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         eve> enter Ann
         | to eve: welcome guest1, Ann is taken
         | eve in #lobby at 0 of 2
         | to #lobby but eve: guest1 entered
         eve> nick ann
         | to eve: refused NickTaken { nick: Nick(\"ann\"), holder: Nick(\"ann\") }
         ann> nick ANN
         | to ann: ann is ANN
         | to #lobby but ann: ann is ANN
         eve> nick guest2
         | to eve: guest1 is guest2
         | to #lobby but eve: guest1 is guest2
         bob> enter
         | to bob: welcome guest3
         | bob in #lobby at 0 of 3
         | to #lobby but bob: guest3 entered",
    );
}

#[test]
fn a_nick_that_looks_like_one_in_another_case_or_script_is_refused() {
    check(
        "ann> enter Bill
         | to ann: welcome Bill
         | ann in #lobby at 0 of 1
         | to #lobby but ann: Bill entered
         eve> enter BiII
         | to eve: welcome guest1, BiII is taken
         | eve in #lobby at 0 of 2
         | to #lobby but eve: guest1 entered
         ann> nick Вера
         | to ann: Bill is Вера
         | to #lobby but ann: Bill is Вера
         eve> nick Bepa
         | to eve: refused NickTaken { nick: Nick(\"Bepa\"), holder: Nick(\"Вера\") }
         ann> nick ВЕРА
         | to ann: Вера is ВЕРА
         | to #lobby but ann: Вера is ВЕРА
         ann> nick stern
         | to ann: ВЕРА is stern
         | to #lobby but ann: ВЕРА is stern
         eve> nick Bepa
         | to eve: guest1 is Bepa
         | to #lobby but eve: guest1 is Bepa
         bob> enter stem
         | to bob: welcome stem
         | bob in #lobby at 0 of 3
         | to #lobby but bob: stem entered",
    );
}

#[test]
fn a_room_whose_name_no_new_room_may_have_stays() {
    let kept = Founding {
        room: RoomId(1),
        name: RoomName::parse("kеpt").unwrap(),
        head: Position(2),
        last: Time(0),
        topic: None,
    };
    Stage::new(Chat::from_history(Limits::default(), RoomId(1), [kept])).check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> join kеpt
         | ann in #kеpt at 2 of 1
         | to #kеpt but ann: ann entered
         ann> join otherоne
         | to ann: refused RoomMixesScripts { room: RoomName(\"otherоne\") }
         ann> join modem
         | ann in #modem at 0 of 1
         | to #modem but ann: ann entered
         ann> join modern
         | ann in #modern at 0 of 1
         | to #modern but ann: ann entered
         ann> join v1
         | ann in #v1 at 0 of 1
         | to #v1 but ann: ann entered
         ann> join vl
         | ann in #vl at 0 of 1
         | to #vl but ann: ann entered",
    );
}

#[test]
fn rooms_come_and_go_with_their_members_unless_something_was_said() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         ann> join tea
         | to ann: already in #tea
         ann> rooms
         | to ann: rooms #lobby:1 #tea:1 of 2, page 1/1
         ann> leave tea
         | ann out of #tea
         | to #tea but ann: ann left
         ann> rooms
         | to ann: rooms #lobby:1 of 1, page 1/1
         ann> say tea anyone?
         | to ann: refused NotInRoom { room: RoomName(\"tea\") }
         ann> join kept
         | ann in #kept at 0 of 1
         | to #kept but ann: ann entered
         ann> say kept hello
         | founded #kept as 3
         | #kept 1 ann said Some(\"hello\")
         ann> leave kept
         | ann out of #kept
         | to #kept but ann: ann left
         ann> join сосо
         | ann in #сосо at 0 of 1
         | to #сосо but ann: ann entered
         ann> join coco
         | to ann: refused RoomLooksLike { room: RoomName(\"coco\"), existing: RoomName(\"сосо\") }
         ann> join KEPT
         | ann in #kept at 1 of 1
         | to #kept but ann: ann entered
         ann> who nowhere
         | to ann: refused NoSuchRoom { room: RoomName(\"nowhere\") }",
    );
}

#[test]
fn limits_are_named_when_they_are_met() {
    let limits = Limits {
        rooms_max: 1,
        rooms_per_session_max: 2,
        ignored_max: 1,
        page_entries_max: 2,
        ..Limits::default()
    };
    check_with(
        limits,
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         zoe> enter zoe
         | to zoe: welcome zoe
         | zoe in #lobby at 0 of 3
         | to #lobby but zoe: zoe entered
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         ann> join more
         | to ann: refused InTooManyRooms { room: RoomName(\"more\"), max: 2 }
         bob> join more
         | to bob: refused TooManyRooms { room: RoomName(\"more\"), max: 1 }
         ann> who lobby
         | to ann: members ann bob of 3, page 1/2
         ann> who lobby 2
         | to ann: members zoe of 3, page 2/2
         ann> who lobby 3
         | to ann: refused NoSuchPage { page: 3, pages: 2 }
         ann> rooms 0
         | to ann: refused NoSuchPage { page: 0, pages: 1 }
         ann> ignore bob
         | ann hears no [bob]
         | to ann: ignores [bob]: not bob
         ann> ignore zoe
         | to ann: refused IgnoringTooMany { max: 1 }",
    );
}

#[test]
fn private_messages_are_delivered_or_refused() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         ann> tell BOB hi
         | to bob: ann tells \"hi\"
         | to ann: delivered to bob
         ann> tell zoe hi
         | to ann: refused NoSuchNick { nick: Nick(\"zoe\") }
         ann> tell ann hi
         | to ann: refused Yourself
         bob> ignore ann
         | bob hears no [ann]
         | to bob: ignores [ann]: not ann
         ann> nick zoe
         | to ann: ann is zoe
         | to #lobby but ann: ann is zoe
         ann> tell bob it is me
         | to ann: refused Ignored { nick: Nick(\"bob\") }
         ann> exit
         | ann out of #lobby
         | to #lobby but ann: zoe offline Quit
         | ann ended Quit
         ann2> enter ann
         | to ann2: welcome ann
         | ann2 in #lobby at 0 of 2
         | to #lobby but ann2: ann entered
         ann2> tell bob back again
         | to ann2: refused Ignored { nick: Nick(\"bob\") }
         bob> ignore
         | to bob: ignores [ann]
         bob> ignore ann
         | bob hears no []
         | to bob: ignores []: ann again
         ann2> tell bob at last
         | to bob: ann tells \"at last\"
         | to ann2: delivered to bob
         bob> ignore bob
         | to bob: refused Yourself
         bob> ignore nobody
         | bob hears no [nobody]
         | to bob: ignores [nobody]: not nobody, who is not here",
    );
}

#[test]
fn whom_somebody_ignores_is_who_they_are_on_any_connection_and_under_any_nick() {
    check(
        "eve> sit 3 eve
         | to eve: welcome eve
         bob> sit 7 bob
         | to bob: welcome bob
         bob> ignore EVE
         | bob hears no [eve]
         | to bob: ignores [eve]: not eve
         eve> exit lost
         | eve ended Lost, suspended
         eve2> sit 3
         | eve forgotten
         | to eve2: welcome back eve
         eve2> nick angel
         | to eve2: eve is angel
         eve2> tell bob it is me
         | to eve2: refused Ignored { nick: Nick(\"bob\") }
         bob> exit lost
         | bob ended Lost, suspended
         bob2> sit 7
         | bob forgotten
         | to bob2: welcome back bob
         | bob2 hears no [eve]
         eve2> tell bob and now?
         | to eve2: refused Ignored { nick: Nick(\"bob\") }
         bob2> ignore angel
         | bob2 hears no []
         | to bob2: ignores []: eve again
         eve2> tell bob at last
         | to bob2: angel tells \"at last\"
         | to eve2: delivered to bob",
    );
}

#[test]
fn a_nick_that_nobody_has_can_be_ignored_before_anybody_has_it() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> ignore Spam
         | ann hears no [Spam]
         | to ann: ignores [Spam]: not Spam, who is not here
         spam> enter spam
         | to spam: welcome spam
         | spam in #lobby at 0 of 2
         | to #lobby but spam: spam entered
         spam> tell ann buy
         | to spam: refused Ignored { nick: Nick(\"ann\") }
         ann> ignore spam
         | ann hears no []
         | to ann: ignores []: Spam again",
    );
}

#[test]
fn a_topic_is_an_event_that_newcomers_are_told() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> topic lobby
         | to ann: #lobby topic None
         ann> topic lobby green tea
         | founded #lobby as 1
         | #lobby 1 ann topic Some(\"green tea\")
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 1 of 2 about \"green tea\"
         | to #lobby but bob: bob entered
         bob> topic lobby -
         | #lobby 2 bob topic None
         bob> topic lobby
         | to bob: #lobby topic None",
    );
    let mut stage = Stage::new(Chat::default());
    stage.run("ann> enter ann");
    let long = stage.run(&format!("ann> topic lobby {}", "x".repeat(391)));
    assert_eq!(long, ["to ann: refused TopicTooLong { bytes: 391, max: 390 }"]);
}

#[test]
fn leave_to_read_is_for_members_and_up_to_this_moment() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say lobby one
         | founded #lobby as 1
         | #lobby 1 ann said Some(\"one\")
         ann> history lobby
         | to ann: may read #lobby to 1
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         ann> search one
         | to ann: may read #lobby to 1, #tea to 0
         ann> history secret
         | to ann: refused NotInRoom { room: RoomName(\"secret\") }",
    );
}

#[test]
fn a_message_sent_again_is_known_again_also_after_a_restart() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say#1 lobby hello
         | founded #lobby as 1
         | #lobby 1 ann said Some(\"hello\")
         ann> say#1 lobby hello
         | to ann: duplicate of 1
         ann> say#2 lobby hello
         | #lobby 2 ann said Some(\"hello\")",
    );
    let kept = Founding {
        room: RoomId(1),
        name: room("lobby"),
        head: Position(2),
        last: Time(0),
        topic: None,
    };
    let mut stage = Stage::new(Chat::from_history(Limits::default(), RoomId(1), [kept]));
    stage.keep(Author::of_nick(&nick("ann")), 2, "hello");
    stage.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 2 of 1
         | to #lobby but ann: ann entered
         ann> say#2 lobby hello
         | to ann: duplicate of 2
         ann> say#3 lobby again
         | #lobby 3 ann said Some(\"again\")",
    );
}

#[test]
fn a_message_id_belongs_to_its_author_and_to_the_words_that_were_said_with_it() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         eve> enter eve
         | to eve: welcome eve
         | eve in #lobby at 0 of 2
         | to #lobby but eve: eve entered
         eve> say#1 lobby build failed
         | founded #lobby as 1
         | #lobby 1 eve said Some(\"build failed\")
         ann> say#1 lobby build done
         | #lobby 2 ann said Some(\"build done\")
         ann> say#1 lobby build done
         | to ann: duplicate of 2
         ann> me#1 lobby build done
         | to ann: refused Conflict { room: RoomName(\"lobby\"), position: Position(2), id: MessageId([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) }
         ann> say#1 lobby build undone
         | to ann: refused Conflict { room: RoomName(\"lobby\"), position: Position(2), id: MessageId([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) }
         ci> postas bot lobby build done
         | #lobby 3 bot said Some(\"build done\")
         | to ci: posted at 3 as bot",
    );
}

#[test]
fn whoever_comes_back_with_a_seat_has_the_ids_of_before_under_any_nick() {
    check(
        "ann> sit 1 ann
         | to ann: welcome ann
         ann> join lobby
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say#1 lobby hello
         | founded #lobby as 1
         | #lobby 1 ann said Some(\"hello\")
         ann> nick anna
         | to ann: ann is anna
         | to #lobby but ann: ann is anna
         ann> exit quit
         | ann out of #lobby
         | to #lobby but ann: anna offline Quit
         | ann ended Quit
         later> sit 1 bea
         | to later: welcome bea
         later> join lobby
         | later in #lobby at 1 of 1
         | to #lobby but later: bea entered
         later> say#1 lobby hello
         | to later: duplicate of 1",
    );
}

#[test]
fn a_message_older_than_authors_is_the_same_for_whoever_says_the_same_words() {
    let kept = teahouse_core::Founding {
        room: RoomId(1),
        name: room("lobby"),
        head: Position(2),
        last: Time(0),
        topic: None,
    };
    let mut stage = Stage::new(Chat::from_history(Limits::default(), RoomId(1), [kept]));
    stage.keep(Author::of_nick(&nick("ann")), 2, "hello");
    for said in stage.kept.values_mut() {
        said.is_of_author = false;
    }
    stage.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 2 of 1
         | to #lobby but ann: ann entered
         ann> say#2 lobby hello
         | to ann: duplicate of 2
         ann> say#2 lobby other words
         | #lobby 3 ann said Some(\"other words\")",
    );
}

/// Lets so many enter; gives the announcements.
fn crowd(stage: &mut Stage, count: usize) -> Vec<String> {
    let mut announced = Vec::new();
    for number in 0..count {
        let facts = stage.run(&format!("p{}> enter", stage.entered as usize + number));
        announced.extend(facts.into_iter().filter(|fact| fact.starts_with("to #lobby")));
    }
    announced
}

#[test]
fn comings_are_announced_up_to_fifty_folded_up_to_five_hundred_and_counted_above() {
    let mut stage = Stage::new(Chat::default());
    assert_eq!(crowd(&mut stage, 50).len(), 50);
    assert_eq!(crowd(&mut stage, 12), [""; 0]);
    assert_eq!(stage.run("+29s"), [""; 0]);
    assert_eq!(
        stage.run("+1s"),
        [
            "to #lobby: 12 entered [guest51 guest52 guest53 guest54 guest55 guest56 guest57 guest58] \
          0 gone [] 62 here"
        ]
    );
    assert_eq!(crowd(&mut stage, 439), [""; 0]);
    assert_eq!(stage.run("+30s"), ["to #lobby: 439 entered [] 0 gone [] 501 here"]);
    assert_eq!(stage.run("+60s"), [""; 0], "nothing to tell");
    assert_eq!(stage.chat.next_due(), None, "and nobody to wake for it");
    let nick = stage.run("p0> nick somebody");
    assert_eq!(nick, ["to p0: guest1 is somebody"]);
}

#[test]
fn lists_of_members_have_all_who_come_and_go_once_also_where_nobody_is_told() {
    let limits = Limits { announce_each_max: 1, ..Limits::default() };
    let mut stage = Stage::new(Chat::from_history(limits, RoomId(0), []));
    stage.shows_lists = true;
    stage.check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> join tea
         | ann in #tea at 0 of 1
         | to #tea but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | ~ #lobby: bob entered
         bob> join den
         | bob in #den at 0 of 1
         | to #den but bob: bob entered
         bob> join tea
         | bob in #tea at 0 of 2
         | ~ #tea: bob entered
         bob> nick rob
         | to bob: bob is rob
         | to #den but bob: bob is rob
         | ~ #lobby #tea: bob is rob
         ann> leave tea
         | ann out of #tea
         | ~ #tea: ann left
         bob> exit
         | bob out of #lobby
         | bob out of #den
         | bob out of #tea
         | to #den but bob: rob offline Quit
         | ~ #lobby #tea: rob offline Quit
         | bob ended Quit
         +31s
         | to #lobby: 1 entered [bob] 1 gone [rob] 1 here",
    );
}

#[test]
fn going_below_fifty_again_tells_first_what_was_folded() {
    let limits = Limits { announce_each_max: 2, announce_names_max: 500, ..Limits::default() };
    check_with(
        limits,
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         zoe> enter zoe
         | to zoe: welcome zoe
         | zoe in #lobby at 0 of 3
         zoe> exit
         | zoe out of #lobby
         | zoe ended Quit
         +30s
         | to #lobby: 1 entered [zoe] 1 gone [zoe] 2 here
         bob> exit
         | bob out of #lobby
         | to #lobby but bob: bob offline Quit
         | bob ended Quit",
    );
}

#[test]
fn whoever_comes_back_in_time_was_never_away_for_the_others() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> sit 7 bob
         | to bob: welcome bob
         bob> join lobby
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         bob> ignore ann
         | bob hears no [ann]
         | to bob: ignores [ann]: not ann
         bob> exit lost
         | bob out of #lobby
         | bob ended Lost, suspended
         ann> say lobby still there?
         | founded #lobby as 1
         | #lobby 1 ann said Some(\"still there?\")
         ann> who lobby
         | to ann: members ann bob of 2, page 1/1
         ann> tell bob hello
         | to ann: refused Ignored { nick: Nick(\"bob\") }
         +29s
         bob2> sit 7
         | bob forgotten
         | to bob2: welcome back bob
         | bob2 hears no [ann]
         bob2> join lobby
         | bob2 in #lobby at 1 of 2
         bob2> join lobby
         | to bob2: already in #lobby
         +60s
         bob2> say lobby yes
         | #lobby 2 bob said Some(\"yes\")",
    );
}

#[test]
fn whoever_does_not_come_back_is_offline_when_the_grace_is_over() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> sit 7 bob
         | to bob: welcome bob
         bob> join lobby
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         bob> exit lost
         | bob out of #lobby
         | bob ended Lost, suspended
         ann> tell bob hello
         | to ann: refused Away { nick: Nick(\"bob\") }
         +30s
         | to #lobby but bob: bob offline Lost
         | bob forgotten
         ann> nick bob
         | to ann: ann is bob
         | to #lobby but ann: ann is bob
         bob2> sit 7 bob
         | to bob2: welcome guest1, bob is taken
         bob2> exit
         | bob2 ended Quit",
    );
}

#[test]
fn a_seat_taken_on_another_connection_ends_the_first_and_rooms_not_joined_again_are_left() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         bob> sit 7 bob
         | to bob: welcome bob
         bob> join lobby
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         bob> join tea
         | bob in #tea at 0 of 1
         | to #tea but bob: bob entered
         bob2> sit 7
         | bob out of #lobby
         | bob out of #tea
         | bob ended Replaced
         | to bob2: welcome back bob
         bob> say lobby from the old one
         bob2> join lobby
         | bob2 in #lobby at 0 of 2
         +30s
         | to #tea but bob2: bob left
         bob2> exit
         | bob2 out of #lobby
         | to #lobby but bob2: bob offline Quit
         | bob2 ended Quit",
    );
}

#[test]
fn typing_is_told_where_few_are() {
    let limits = Limits { announce_each_max: 2, ..Limits::default() };
    check_with(
        limits,
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> type lobby
         | to #lobby but ann: ann types
         ann> type tea
         | to ann: refused NotInRoom { room: RoomName(\"tea\") }
         bob> enter bob
         | to bob: welcome bob
         | bob in #lobby at 0 of 2
         | to #lobby but bob: bob entered
         zoe> enter zoe
         | to zoe: welcome zoe
         | zoe in #lobby at 0 of 3
         ann> type lobby",
    );
}

#[test]
fn nobody_is_called_what_somebody_unseen_is_called() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         probe> slip lobby
         | to probe: welcome guest1
         | probe in #lobby at 0 of 2
         ann> tell guest1 psst
         | to ann: refused NoSuchNick { nick: Nick(\"guest1\") }
         ann> ignore guest1
         | ann hears no [guest1]
         | to ann: ignores [guest1]: not guest1, who is not here
         ann> ignore guest1
         | ann hears no []
         | to ann: ignores []: guest1 again
         ann> nick guest1
         | to probe: guest1 is guest2
         | to ann: ann is guest1
         | to #lobby but ann: ann is guest1
         bob> enter Guest2
         | to probe: guest2 is guest3
         | to bob: welcome Guest2
         | bob in #lobby at 0 of 2
         | to #lobby but bob: Guest2 entered
         zoe> postas guest3 lobby hello
         | founded #lobby as 1
         | #lobby 1 guest3 said Some(\"hello\")
         | to zoe: posted at 1 as guest3
         ann> ignore guest3
         | ann hears no [guest3]
         | to ann: ignores [guest3]: not guest3, who is not here
         probe> tell guest1 boo
         | to #lobby but probe: guest3 entered
         | to probe: refused Ignored { nick: Nick(\"guest1\") }
         ",
    );
}

#[test]
fn a_crowd_that_came_unseen_is_not_announced_one_by_one_when_it_appears() {
    let limits = Limits { announce_each_max: 2, ..Limits::default() };
    check_with(
        limits,
        "ann> slip lobby
         | to ann: welcome guest1
         | ann in #lobby at 0 of 1
         bob> slip lobby
         | to bob: welcome guest2
         | bob in #lobby at 0 of 1
         zoe> slip lobby
         | to zoe: welcome guest3
         | zoe in #lobby at 0 of 1
         ann> appear
         ann> type lobby
         bob> appear
         +30s
         | to #lobby: 2 entered [guest1 guest2] 0 gone [] 2 here",
    );
}

#[test]
fn visitors_say_one_thing_look_and_follow_without_being_seen() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ci> post lobby build done
         | founded #lobby as 1
         | #lobby 1 guest1 said Some(\"build done\")
         | to ci: posted at 1 as guest1
         ci> postas robot lobby again
         | #lobby 2 robot said Some(\"again\")
         | to ci: posted at 2 as robot
         ci> postas Ann lobby it is me
         | to ci: refused NickTaken { nick: Nick(\"Ann\"), holder: Nick(\"ann\") }
         ci> post#3 lobby once
         | #lobby 3 guest2 said Some(\"once\")
         | to ci: posted at 3 as guest2
         ci> post#3 lobby once
         | to ci: duplicate of 3
         ci> look lobby
         | to ci: may read #lobby to 3
         ci> look nowhere
         | to ci: refused NoSuchRoom { room: RoomName(\"nowhere\") }
         ci> look
         | to ci: may read everywhere
         ci> say lobby not so
         eye> follow lobby
         | eye in #lobby at 3 of 1
         ann> who lobby
         | to ann: members ann of 1, page 1/1
         eye> exit lost
         | eye out of #lobby
         | eye ended Lost
         eye> follow nowhere
         | to eye: refused NoSuchRoom { room: RoomName(\"nowhere\") }
         ci> post new first words
         | founded #new as 2
         | #new 1 guest3 said Some(\"first words\")
         | to ci: posted at 1 as guest3",
    );
}

#[test]
fn a_room_that_is_followed_stays_the_same_room() {
    check(
        "ann> enter ann
         | to ann: welcome ann
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         eye> follow lobby
         | eye in #lobby at 0 of 1
         ann> leave lobby
         | ann out of #lobby
         | to #lobby but ann: ann left
         ann> join lobby
         | ann in #lobby at 0 of 1
         | to #lobby but ann: ann entered
         ann> say lobby hello
         | founded #lobby as 1
         | #lobby 1 ann said Some(\"hello\")",
    );
}

#[test]
fn answers_say_which_request_they_answer() {
    let mut chat = Chat::default();
    let mut effects = Vec::new();
    let mut ask = |session, request, action| {
        let (session, request) = (SessionId(session), RequestId(request));
        let origin = Origin(1);
        chat.apply(Proposal { session, origin, request, action }, &mut effects);
    };
    let enter = || Action::Enter { nick: None, room: None, seat: None };
    ask(1, 1, enter());
    ask(2, 2, enter());
    ask(1, 3, Action::Join { room: room("tea") });
    ask(1, 4, Action::Tell { nick: nick("guest2"), text: text("psst") });
    ask(1, 5, Action::Leave { room: room("tea") });
    let answered: Vec<(u64, u32)> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Answer { session, request, .. }
            | Effect::Joined { session, request, .. }
            | Effect::Parted { session, request, .. } => Some((session.0, request.0)),
            Effect::Founded { .. }
            | Effect::RoomRemoved { .. }
            | Effect::Ignores { .. }
            | Effect::Event(_)
            | Effect::Presence { .. }
            | Effect::Ended { .. }
            | Effect::SessionForgotten { .. } => None,
        })
        .collect();
    // What guest2 was told answers nothing that guest2 asked.
    assert_eq!(answered, [(1, 1), (2, 2), (1, 3), (2, 0), (1, 4), (1, 5)]);
}
