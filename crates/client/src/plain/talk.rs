//! A linear conversation: what lines do, and what is printed.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write;

use teahouse_core::{Refusal, RoomName, Text};
use teahouse_wire::api::{
    self, Event, Failure, History, Id, Ignore, Joined, Message, Part, Ref, Rename, Request, Rooms,
    Search, ServerMessage, Tell, Who,
};
use teahouse_wire::command::{self, Command, CommandError, Topic};
use teahouse_wire::limits::SEARCH_COUNT;
use teahouse_wire::line::{render_left, whereabouts};

use crate::error::ClientError;
use crate::link::{AskError, Happening, Link, Outgoing, SayError, Stage, State};
use crate::render;
use crate::signal::Signal;

pub(super) struct Talk<W> {
    output: W,
    /// Where lines are said.
    current: Option<RoomName>,
    /// Whether our own messages are printed.
    echoes: bool,
    /// Whether lines can be taken: before we are somewhere they would have nowhere to go.
    pub(super) is_in: bool,
    /// Rooms that were entered: entering them again after a break is not worth a line.
    entered: BTreeSet<RoomName>,
    /// What we said and have not seen.
    said: Vec<Id>,
    /// Questions without an answer.
    asked: Vec<Ref>,
    /// The rest of the last search that was cut: what `/search` alone asks for.
    rest: Option<Search>,
    pub(super) signal: Signal,
    /// The server, or we ourselves, want it to be over.
    is_quit: bool,
}

/// What comes of a line.
pub(super) enum Then {
    /// The next one.
    GoOn,
    /// The same again, when there is room for it.
    Hold,
    /// The end.
    Quit,
}

impl<W: Write> Talk<W> {
    pub(super) fn new(output: W, current: Option<RoomName>, echoes: bool) -> Self {
        Self {
            output,
            current,
            echoes,
            is_in: false,
            entered: BTreeSet::new(),
            said: Vec::new(),
            asked: Vec::new(),
            rest: None,
            signal: Signal::default(),
            is_quit: false,
        }
    }

    /// Whether everything that was said is kept and everything that was asked is answered.
    pub(super) fn is_settled(&self, link: &Link) -> bool {
        link.outbox().next().is_none() && self.asked.is_empty()
    }

    /// All is over: well, if we wanted it or the server said goodbye.
    pub(super) fn end(&mut self, link: &Link, is_wanted: bool) -> Result<(), ClientError> {
        let count = link.outbox().count();
        match (is_wanted || self.is_quit, count) {
            (true, 0) => Ok(()),
            (false, 0) => Err(ClientError::Disconnected),
            (_, count) => {
                Err(ClientError::NotKept { count, why: "the conversation ended".to_owned() })
            }
        }
    }

    pub(super) fn print_notice(&mut self, what: &str) -> Result<(), ClientError> {
        let mut out = Vec::new();
        render::notice(what, &mut out);
        self.print(&out)
    }

    fn print(&mut self, out: &[u8]) -> Result<(), ClientError> {
        let written = self.output.write_all(out).and_then(|()| self.output.flush());
        written.map_err(ClientError::Output)
    }

    fn print_message(&mut self, message: &Message) -> Result<(), ClientError> {
        let mut out = Vec::new();
        render::message(message, self.current.as_ref(), &mut out);
        self.print(&out)
    }

    pub(super) fn handle_happening(
        &mut self,
        link: &mut Link,
        happening: Happening,
    ) -> Result<(), ClientError> {
        match happening {
            Happening::State(state) => self.handle_state(link, &state),
            Happening::Received(ServerMessage { reference, message }) => {
                if let Some(reference) = reference {
                    self.asked.retain(|asked| *asked != reference);
                }
                self.handle_message(link, message)
            }
            Happening::Outgoing(outgoing) => self.handle_outgoing(outgoing),
            Happening::Unanswered { reference, .. } => {
                self.asked.retain(|asked| *asked != reference);
                self.print_notice(
                    "the connection broke before an answer came; it may be done or not",
                )
            }
            Happening::Notice(notice) => self.print_notice(&notice),
        }
    }

    fn handle_state(&mut self, link: &Link, state: &State) -> Result<(), ClientError> {
        let notice = self.signal.handle(state, link.server())?;
        match (state, notice) {
            (_, Some(notice)) => self.print_notice(&notice),
            (State::Online(welcome), None) => {
                self.print_message(&Message::Welcome(welcome.clone()))
            }
            (State::Ended { cause: Some(cause) }, None) => {
                self.print_message(&Message::Bye { cause: *cause, reconnect: false })
            }
            (State::Ended { cause: None } | State::Connecting { .. }, None)
            | (State::Offline { .. }, None) => Ok(()),
        }
    }

    fn handle_message(&mut self, link: &Link, message: Message) -> Result<(), ClientError> {
        match message {
            Message::Joined(joined) => self.handle_joined(joined),
            Message::Event(event) => self.handle_event(&event),
            Message::Left { room } => self.handle_left(link, &room),
            Message::Error(failure) => {
                self.is_in = true;
                self.fall_back(link);
                self.print_message(&Message::Error(failure))
            }
            Message::Found { ref words, more, .. } => {
                self.rest = more.map(|before| search(words.clone(), Some(before)));
                self.print_message(&message)
            }
            other @ (Message::Welcome(_)
            | Message::Presence(_)
            | Message::Duplicate { .. }
            | Message::Told { .. }
            | Message::Delivered { .. }
            | Message::History(_)
            | Message::Members { .. }
            | Message::Rooms(_)
            | Message::Renamed { .. }
            | Message::Topic { .. }
            | Message::Ignoring { .. }
            | Message::Notice { .. }
            | Message::Bye { .. }
            | Message::Unknown) => self.print_message(&other),
        }
    }

    fn handle_joined(&mut self, joined: Joined) -> Result<(), ClientError> {
        self.is_in = true;
        self.current.get_or_insert_with(|| joined.room.clone());
        if self.entered.insert(joined.room.clone()) {
            return self.print_message(&Message::Joined(joined));
        }
        // Where it does not go on where we were, a notice follows that says so.
        Ok(())
    }

    fn handle_event(&mut self, event: &Event) -> Result<(), ClientError> {
        let own = self.said.iter().position(|id| Some(*id) == event.id);
        let is_own = own.map(|index| self.said.swap_remove(index)).is_some();
        if is_own && !self.echoes {
            return Ok(());
        }
        let mut out = Vec::new();
        render::event(event, self.current.as_ref() == Some(&event.room), &mut out);
        self.print(&out)
    }

    fn handle_left(&mut self, link: &Link, room: &RoomName) -> Result<(), ClientError> {
        self.entered.remove(room);
        if self.current.as_ref() == Some(room) {
            self.current = link.rooms().filter(|other| *other != room).last().cloned();
        }
        let mut out = Vec::new();
        render_left(room, self.current.as_ref(), &mut out);
        self.print(&out)
    }

    /// A room that could not be entered is not where the next line goes.
    fn fall_back(&mut self, link: &Link) {
        if !link.rooms().any(|room| Some(room) == self.current.as_ref()) {
            self.current = link.rooms().last().cloned();
        }
    }

    fn handle_outgoing(&mut self, outgoing: Outgoing) -> Result<(), ClientError> {
        let Outgoing { id, room, text, stage, .. } = outgoing;
        match stage {
            Stage::Waiting | Stage::Sent | Stage::Kept { .. } => Ok(()),
            Stage::Refused(Failure { message, .. }) => {
                self.said.retain(|said| *said != id);
                self.print_notice(&format!("error: not sent to {room}: {message}"))?;
                let mut lines = text.as_str().split('\n');
                lines.try_for_each(|line| self.print_notice(&format!("  {line}")))
            }
        }
    }

    pub(super) fn handle_line(&mut self, link: &mut Link, line: &str) -> Result<Then, ClientError> {
        match command::parse(line) {
            Ok(command) => self.handle_command(link, command),
            Err(error) => self.say_wrong(&error),
        }
    }

    fn say_wrong(&mut self, what: &impl Display) -> Result<Then, ClientError> {
        self.print_notice(&format!("error: {what}")).map(|()| Then::GoOn)
    }

    fn say_not_in(&mut self, room: RoomName) -> Result<Then, ClientError> {
        self.say_wrong(&CommandError::Refused(Refusal::NotInRoom { room }))
    }

    fn handle_command(&mut self, link: &mut Link, command: Command) -> Result<Then, ClientError> {
        let current = || self.current.clone().ok_or(CommandError::InNoRoom);
        let request = match command {
            Command::Nothing => return Ok(Then::GoOn),
            Command::Quit => return Ok(Then::Quit),
            Command::Say(text) => return self.say(link, &text, false),
            Command::Act(text) => return self.say(link, &text, true),
            Command::Help(verb) => {
                let mut lines = command::help(verb).into_iter();
                lines.try_for_each(|line| self.print_notice(&line))?;
                return Ok(Then::GoOn);
            }
            Command::Join(room) => return self.join(link, room),
            Command::Room(room) => return self.turn(link, room),
            Command::Leave(room) => match room.map_or_else(current, Ok) {
                Ok(room) => return self.leave(link, &room),
                Err(error) => Err(error),
            },
            Command::Nick(nick) => Ok(Request::Nick(Rename { nick })),
            Command::Rooms { page } => Ok(Request::Rooms(Rooms { page })),
            Command::Who { room, page } => {
                room.map_or_else(current, Ok).map(|room| Request::Who(Who { room, page }))
            }
            Command::Topic(topic) => current().map(|room| {
                let text = match topic {
                    Topic::Ask => None,
                    Topic::Set(text) => Some(Some(text)),
                    Topic::Clear => Some(None),
                };
                Request::Topic(api::Topic { room, text })
            }),
            Command::Tell { nick, text } => Ok(Request::Tell(Tell { nick, text })),
            Command::History { count, before } => current().map(|room| {
                let before_time_ms = before.map(|moment| moment.at(&render::clock()).0);
                let part = Part { before_time_ms, ..Part::default() };
                Request::History(History { room, part, limit: Some(count) })
            }),
            Command::Search { words: Some(words) } => Ok(Request::Search(search(words, None))),
            Command::Search { words: None } => {
                self.rest.clone().map(Request::Search).ok_or(CommandError::NothingOlder)
            }
            Command::Ignore(nick) => Ok(Request::Ignore(Ignore { nick })),
        };
        match request {
            Ok(request) => self.ask(link, request),
            Err(error) => self.say_wrong(&error),
        }
    }

    fn leave(&mut self, link: &mut Link, room: &RoomName) -> Result<Then, ClientError> {
        let is_online = link.rooms().any(|other| other == room);
        link.leave(room);
        // Without a connection nobody answers that we are out.
        if is_online && !link.rooms().any(|other| other == room) {
            self.handle_left(link, room)?;
        }
        Ok(Then::GoOn)
    }

    fn say(&mut self, link: &mut Link, text: &Text, acted: bool) -> Result<Then, ClientError> {
        let Some(room) = self.current.clone() else {
            return self.say_wrong(&CommandError::InNoRoom);
        };
        match link.say(&room, text, acted) {
            Ok(id) => {
                self.said.push(id);
                Ok(Then::GoOn)
            }
            Err(SayError::TooManyWaiting { .. } | SayError::TooMuchWaiting { .. }) => {
                Ok(Then::Hold)
            }
            Err(SayError::NotInRoom { room }) => self.say_not_in(room),
            Err(error @ SayError::Ended) => self.say_wrong(&error),
        }
    }

    fn ask(&mut self, link: &mut Link, request: Request) -> Result<Then, ClientError> {
        // A topic that is changed is answered by its event, which comes before any goodbye.
        let is_answered = !matches!(&request, Request::Topic(api::Topic { text: Some(_), .. }));
        match link.ask(request) {
            Ok(reference) => {
                self.asked.extend(is_answered.then_some(reference));
                Ok(Then::GoOn)
            }
            Err(AskError::TooManyWaiting { .. }) => Ok(Then::Hold),
            Err(error @ (AskError::Otherwise { .. } | AskError::Ended)) => self.say_wrong(&error),
        }
    }

    /// What is typed next goes to the new room, even before the server has answered.
    fn join(&mut self, link: &mut Link, room: RoomName) -> Result<Then, ClientError> {
        if link.rooms().any(|own| *own == room) {
            return self.turn(link, Some(room));
        }
        self.current = Some(room.clone());
        self.asked.push(link.join(&room));
        Ok(Then::GoOn)
    }

    fn turn(&mut self, link: &Link, room: Option<RoomName>) -> Result<Then, ClientError> {
        if let Some(room) = room {
            if !link.rooms().any(|own| *own == room) {
                return self.say_not_in(room);
            }
            self.current = Some(room);
        }
        match &self.current {
            Some(current) => self.print_notice(&whereabouts(current, link.rooms()))?,
            None => return self.say_wrong(&CommandError::InNoRoom),
        }
        Ok(Then::GoOn)
    }
}

/// Asks for messages, in every room one is in.
fn search(words: String, before: Option<u64>) -> Search {
    Search { words, room: None, before, limit: Some(SEARCH_COUNT) }
}
