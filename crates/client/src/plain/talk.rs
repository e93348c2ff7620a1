//! A linear conversation: executes the entered lines and prints what happens.

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
use crate::offline::OfflineWatch;
use crate::render;

/// The state of a linear conversation.
pub(super) struct Talk<W> {
    output: W,
    /// The room in which lines are said.
    current: Option<RoomName>,
    /// Whether to print our own messages.
    echoes: bool,
    /// Whether lines can be executed: before the first room is joined, there is nowhere to say them.
    pub(super) accepts_lines: bool,
    /// The rooms that were joined. Joining them again after a reconnect is not printed.
    entered: BTreeSet<RoomName>,
    /// The ids of our own messages whose events have not arrived.
    own_ids: Vec<Id>,
    /// Requests without an answer; of a join, the room.
    pending: Vec<(Ref, Option<RoomName>)>,
    /// The request for the rest of the last search, which `/search` without words sends.
    next_search: Option<Search>,
    pub(super) offline: OfflineWatch,
}

/// What to do after a line.
pub(super) enum Next {
    /// Read the next line.
    Continue,
    /// Execute the same line again when the outbox has space.
    Retry,
    /// End the conversation.
    Quit,
}

impl<W: Write> Talk<W> {
    pub(super) fn new(output: W, current: Option<RoomName>, echoes: bool) -> Self {
        Self {
            output,
            current,
            echoes,
            accepts_lines: false,
            entered: BTreeSet::new(),
            own_ids: Vec::new(),
            pending: Vec::new(),
            next_search: None,
            offline: OfflineWatch::default(),
        }
    }

    /// Whether all messages are stored and all requests are answered.
    pub(super) fn is_settled(&self, link: &Link) -> bool {
        link.outbox().next().is_none() && self.pending.is_empty()
    }

    /// The result of the conversation: success if its end is wanted and no message is left.
    pub(super) fn end(&mut self, link: &Link, is_wanted: bool) -> Result<(), ClientError> {
        let count = link.outbox().count();
        match (is_wanted, count) {
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
                    self.pending.retain(|(pending, _)| *pending != reference);
                }
                self.handle_message(link, message)
            }
            Happening::Outgoing(outgoing) => self.handle_outgoing(outgoing),
            Happening::Unanswered { reference, .. } => {
                self.pending.retain(|(pending, _)| *pending != reference);
                self.print_notice(
                    "the connection broke before an answer came; it may be done or not",
                )
            }
            Happening::Notice(notice) => self.print_notice(&notice),
        }
    }

    fn handle_state(&mut self, link: &Link, state: &State) -> Result<(), ClientError> {
        let notice = self.offline.handle(state, link.server())?;
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
                self.accepts_lines = true;
                self.reset_current_room(link);
                self.print_message(&Message::Error(failure))
            }
            Message::Found { ref words, more, .. } => {
                self.next_search = more.map(|before| search_request(words.clone(), Some(before)));
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
        self.accepts_lines = true;
        self.current.get_or_insert_with(|| joined.room.clone());
        if self.entered.insert(joined.room.clone()) {
            return self.print_message(&Message::Joined(joined));
        }
        // If events are missing, the link reports it with a notice.
        Ok(())
    }

    fn handle_event(&mut self, event: &Event) -> Result<(), ClientError> {
        let own = self.own_ids.iter().position(|id| Some(*id) == event.id);
        let is_own = own.map(|index| self.own_ids.swap_remove(index)).is_some();
        if is_own && !self.echoes {
            return Ok(());
        }
        let mut out = Vec::new();
        render::event(event, self.current.as_ref() == Some(&event.room), &mut out);
        self.print(&out)
    }

    fn handle_left(&mut self, link: &Link, room: &RoomName) -> Result<(), ClientError> {
        self.entered.remove(room);
        if !link.rooms().any(|own| own == room) {
            // A join of it that is not answered never will be.
            self.pending.retain(|(_, joining)| joining.as_ref() != Some(room));
        }
        if self.current.as_ref() == Some(room) {
            self.current = link.rooms().filter(|other| *other != room).last().cloned();
        }
        let mut out = Vec::new();
        render_left(room, self.current.as_ref(), &mut out);
        self.print(&out)
    }

    /// If the current room could not be joined, the last joined room becomes the current one.
    fn reset_current_room(&mut self, link: &Link) {
        if !link.rooms().any(|room| Some(room) == self.current.as_ref()) {
            self.current = link.rooms().last().cloned();
        }
    }

    fn handle_outgoing(&mut self, outgoing: Outgoing) -> Result<(), ClientError> {
        let Outgoing { id, room, text, stage, .. } = outgoing;
        match stage {
            Stage::Waiting | Stage::Sent | Stage::Kept { .. } => Ok(()),
            Stage::Refused(Failure { message, .. }) => {
                self.own_ids.retain(|own| *own != id);
                self.print_notice(&format!("error: not sent to {room}: {message}"))?;
                let mut lines = text.as_str().split('\n');
                lines.try_for_each(|line| self.print_notice(&format!("  {line}")))
            }
        }
    }

    pub(super) fn handle_line(&mut self, link: &mut Link, line: &str) -> Result<Next, ClientError> {
        match command::parse(line) {
            Ok(command) => self.handle_command(link, command),
            Err(error) => self.print_error(&error),
        }
    }

    fn print_error(&mut self, what: &impl Display) -> Result<Next, ClientError> {
        self.print_notice(&format!("error: {what}")).map(|()| Next::Continue)
    }

    fn print_not_in_room(&mut self, room: RoomName) -> Result<Next, ClientError> {
        self.print_error(&CommandError::Refused(Refusal::NotInRoom { room }))
    }

    fn handle_command(&mut self, link: &mut Link, command: Command) -> Result<Next, ClientError> {
        let current = || self.current.clone().ok_or(CommandError::InNoRoom);
        let request = match command {
            Command::Nothing => return Ok(Next::Continue),
            Command::Quit => return Ok(Next::Quit),
            Command::Say(text) => return self.say(link, &text, false),
            Command::Act(text) => return self.say(link, &text, true),
            Command::Help(verb) => {
                let mut lines = command::help(verb).into_iter();
                lines.try_for_each(|line| self.print_notice(&line))?;
                return Ok(Next::Continue);
            }
            Command::Join(room) => return self.join(link, room),
            Command::Room(room) => return self.switch_room(link, room),
            Command::Leave(room) => match room.map_or_else(current, Ok) {
                Ok(room) => return Ok(self.leave(link, &room)),
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
            Command::Search { words: Some(words) } => {
                Ok(Request::Search(search_request(words, None)))
            }
            Command::Search { words: None } => {
                self.next_search.clone().map(Request::Search).ok_or(CommandError::NothingOlder)
            }
            Command::Ignore(nick) => Ok(Request::Ignore(Ignore { nick })),
        };
        match request {
            Ok(request) => self.ask(link, request),
            Err(error) => self.print_error(&error),
        }
    }

    fn leave(&mut self, link: &mut Link, room: &RoomName) -> Next {
        let reference = link.leave(room);
        self.pending.push((reference, None));
        // Without a connection the room is left already: the next line is not for it.
        self.reset_current_room(link);
        Next::Continue
    }

    fn say(&mut self, link: &mut Link, text: &Text, acted: bool) -> Result<Next, ClientError> {
        let Some(room) = self.current.clone() else {
            return self.print_error(&CommandError::InNoRoom);
        };
        match link.say(&room, text, acted) {
            Ok(id) => {
                self.own_ids.push(id);
                Ok(Next::Continue)
            }
            Err(SayError::TooManyWaiting { .. } | SayError::TooMuchWaiting { .. }) => {
                Ok(Next::Retry)
            }
            Err(SayError::NotInRoom { room }) => self.print_not_in_room(room),
            Err(error @ SayError::Ended) => self.print_error(&error),
        }
    }

    fn ask(&mut self, link: &mut Link, request: Request) -> Result<Next, ClientError> {
        // A change of the topic is answered by its event, which arrives before a goodbye.
        let is_answered = !matches!(&request, Request::Topic(api::Topic { text: Some(_), .. }));
        match link.ask(request) {
            Ok(reference) => {
                self.pending.extend(is_answered.then_some((reference, None)));
                Ok(Next::Continue)
            }
            Err(AskError::TooManyWaiting { .. }) => Ok(Next::Retry),
            Err(error @ (AskError::Otherwise { .. } | AskError::Ended)) => self.print_error(&error),
        }
    }

    /// Joins a room and makes it the current one at once, before the server has answered.
    fn join(&mut self, link: &mut Link, room: RoomName) -> Result<Next, ClientError> {
        if link.rooms().any(|own| *own == room) {
            return self.switch_room(link, Some(room));
        }
        self.current = Some(room.clone());
        self.pending.push((link.join(&room), Some(room)));
        Ok(Next::Continue)
    }

    fn switch_room(&mut self, link: &Link, room: Option<RoomName>) -> Result<Next, ClientError> {
        if let Some(room) = room {
            if !link.rooms().any(|own| *own == room) {
                return self.print_not_in_room(room);
            }
            self.current = Some(room);
        }
        match &self.current {
            Some(current) => self.print_notice(&whereabouts(current, link.rooms()))?,
            None => return self.print_error(&CommandError::InNoRoom),
        }
        Ok(Next::Continue)
    }
}

/// A search in all joined rooms.
fn search_request(words: String, before: Option<u64>) -> Search {
    Search { words, room: None, before, limit: Some(SEARCH_COUNT) }
}
