//! The session of one client on a WebSocket: its requests, and the answers that repeat their references.

use std::collections::VecDeque;

use teahouse_core::{
    Action, Answer, Event, Excerpt, ExitCause, MessageId, Nick, Position, Query, Question,
    ReadGrant, Refusal, RequestId, RoomName, Sequence, Signal,
};

use super::error::{NotUnderstood, RequestError};
use super::failure::{self, Failure};
use super::message::{Joined, Message, ServerMessage, Welcome};
use super::page::{history_count, page, question, search_count, validate_search};
use super::presence::Cause;
use super::request::{ClientMessage, Cursor, Ignore, Request, Topic};
use super::value::{Epoch, Ref, ResumeKey, ValueError};
use super::{REQUEST_BYTES_MAX, render};
use crate::Work;
use crate::error::WireError;
use crate::input::Input;
use crate::protocol::{Begin, Entered, Surroundings};
use crate::websocket::{self, CloseCode, Decoder, Received};

/// The most requests of one client in flight. Further ones stay unread in its socket.
const REQUESTS_MAX: usize = 64;

/// The session of one client on a WebSocket.
#[derive(Debug)]
pub struct ApiSession {
    decoder: Decoder,
    takes_deflate: bool,
    /// Whether the client has sent its `hello`.
    is_in: bool,
    has_resume_key: bool,
    /// Whether a close frame has been sent: nothing may follow it.
    is_closed: bool,
    /// The number of the last request.
    last: u32,
    /// The requests in flight, in the order in which the client sent them.
    pending: VecDeque<Pending>,
}

/// A request that is not answered yet.
#[derive(Debug)]
struct Pending {
    request: RequestId,
    reference: Option<Ref>,
    about: About,
}

/// What the answer to a request depends on.
#[derive(Debug)]
enum About {
    /// Only the reference.
    Plain,
    /// The `after` of a `join`.
    Join(Option<Cursor>),
    /// A request that its own event answers. It also counts as answered when a later request is answered.
    Event { room: RoomName, id: Option<MessageId> },
}

impl ApiSession {
    /// The session of a client whose handshake is complete.
    #[must_use]
    pub fn new(takes_deflate: bool) -> Self {
        Self {
            decoder: Decoder::new(REQUEST_BYTES_MAX, takes_deflate),
            takes_deflate,
            is_in: false,
            has_resume_key: false,
            is_closed: false,
            last: 0,
            pending: VecDeque::new(),
        }
    }

    /// Whether messages to the client may be compressed.
    #[must_use]
    pub(super) fn takes_deflate(&self) -> bool {
        self.takes_deflate
    }

    /// Whether so many requests are in flight that the client must not be read now.
    #[must_use]
    pub(super) fn is_busy(&self) -> bool {
        self.pending.len() >= REQUESTS_MAX
    }

    /// The number of bytes held of an incomplete message.
    #[must_use]
    pub(super) fn partial_input_bytes(&self) -> usize {
        self.decoder.partial_input_bytes()
    }

    /// Reads bytes, cut anywhere, until `work` is used up. Returns how many were consumed; the caller passes the rest
    /// again.
    pub fn handle_bytes(&mut self, bytes: &[u8], work: &mut Work, input: &mut Vec<Input>) -> usize {
        let mut taken = 0;
        // Until `hello`, frame by frame: `hello` changes what the next frame may be.
        while !self.is_in && taken < bytes.len() && !work.is_used_up() {
            let aside = work.set_aside();
            taken += self.handle_frames(&bytes[taken..], work, input);
            work.put_back(aside);
        }
        if taken < bytes.len() {
            taken += self.handle_frames(&bytes[taken..], work, input);
        }
        taken
    }

    fn handle_frames(&mut self, bytes: &[u8], work: &mut Work, input: &mut Vec<Input>) -> usize {
        let mut all = Vec::new();
        let taken = self.decoder.handle_bytes(bytes, work, &mut |received| all.push(received));
        for received in all {
            match received {
                Received::Text(text) => self.handle_text(&text, input),
                Received::Ping(payload) => {
                    let mut pong = Vec::new();
                    websocket::render_pong(&payload, &mut pong);
                    input.push(Input::Reply(pong));
                }
                Received::Close => {
                    self.close(CloseCode::Normal, "", input);
                    // A client with a resume key may come back, so its session is suspended; one without has left.
                    input.push(if self.has_resume_key { Input::Broken } else { Input::Quit });
                }
                Received::Wrong(error) => {
                    self.close(error.close_code(), &error.to_string(), input);
                    error.end_connection(input);
                }
            }
        }
        taken
    }

    fn close(&mut self, code: CloseCode, why: &str, input: &mut Vec<Input>) {
        let mut bytes = Vec::new();
        self.render_close(code, why, &mut bytes);
        input.push(Input::Reply(bytes));
    }

    /// Appends the close frame, after a `bye` if the client is at fault. Nothing is sent after it.
    pub(super) fn render_close(&mut self, code: CloseCode, why: &str, out: &mut Vec<u8>) {
        if code.is_fault_of_client() {
            let cause = Cause::Protocol;
            self.render(None, Message::Bye { cause, reconnect: cause.reconnect() }, out);
        }
        if !std::mem::replace(&mut self.is_closed, true) {
            websocket::render_close(code, why, out);
        }
    }

    fn handle_text(&mut self, text: &str, input: &mut Vec<Input>) {
        match ClientMessage::parse(text).and_then(|message| self.handle_message(message)) {
            Ok(request) => input.push(request),
            Err(error) => {
                let message = Message::Error(Failure::from(&error));
                let mut reply = Vec::new();
                self.render(error.reference.clone(), message, &mut reply);
                input.push(Input::Reply(reply));
                error.end_connection(input);
            }
        }
    }

    fn handle_message(
        &mut self,
        ClientMessage { reference, request }: ClientMessage,
    ) -> Result<Input, NotUnderstood> {
        let wrong = |field: Option<&str>, what| {
            let field = field.map(str::to_owned);
            NotUnderstood { reference: reference.clone(), field, what }
        };
        match (matches!(request, Request::Hello(_)), self.is_in) {
            (true, true) => return Err(wrong(None, RequestError::InAlready)),
            (false, false) => return Err(wrong(None, RequestError::NotIn)),
            (true, false) | (false, true) => {}
        }
        let in_field = |field| move |error: ValueError| wrong(Some(field), error.into());
        let mut about = About::Plain;
        let core_request: teahouse_core::Request = match request {
            Request::Hello(hello) => {
                self.is_in = true;
                self.decoder.trust_deflate();
                self.has_resume_key = hello.resume_key.is_some();
                let resume_key = hello.resume_key.as_ref().map(ResumeKey::hashed);
                Action::Enter { nick: hello.nick, room: None, resume_key }.into()
            }
            Request::Join(join) => {
                about = About::Join(join.after);
                Action::Join { room: join.room }.into()
            }
            Request::Leave(leave) => Action::Leave { room: leave.room }.into(),
            Request::Say(say) => {
                let id = say.id.map(Into::into);
                about = About::Event { room: say.room.clone(), id };
                Action::Say { room: say.room, text: say.text, acted: say.acted, id }.into()
            }
            Request::Tell(tell) => Action::Tell { nick: tell.nick, text: tell.text }.into(),
            Request::History(history) => {
                let count = history_count(history.limit).map_err(in_field("limit"))?;
                let question =
                    question(history.room, history.part, count).map_err(in_field("before"))?;
                Query::Read { question }.into()
            }
            Request::Search(search) => {
                let count = search_count(search.limit).map_err(in_field("limit"))?;
                let words = validate_search(search.words).map_err(in_field("words"))?;
                let (room, before) = (search.room, search.before.map(Sequence));
                Query::Read { question: Question::Search { words, room, before, count } }.into()
            }
            Request::Who(who) => Query::Who { room: who.room, page: who.page }.into(),
            Request::Rooms(rooms) => Query::Rooms { page: rooms.page }.into(),
            Request::Nick(rename) => Action::Rename { nick: rename.nick }.into(),
            Request::Topic(Topic { room, text: None }) => Query::Topic { room }.into(),
            Request::Topic(Topic { room, text: Some(topic) }) => {
                about = About::Event { room: room.clone(), id: None };
                Action::Topic { room, topic }.into()
            }
            Request::Typing(typing) => {
                return Ok(Input::ask(Signal::Typing { room: typing.room }));
            }
            Request::Ignore(Ignore { nick: Some(nick) }) => Action::Ignore { nick }.into(),
            Request::Ignore(Ignore { nick: None }) => Query::Ignored.into(),
            Request::Bye(_) => return Ok(Input::Quit),
        };
        self.last = self.last.wrapping_add(1).max(1);
        let request = RequestId(self.last);
        self.pending.push_back(Pending { request, reference, about });
        Ok(Input::Ask(request, core_request))
    }

    /// Removes a request from the list of pending ones.
    fn take_pending(&mut self, request: RequestId) -> Option<Pending> {
        let index = self.pending.iter().position(|pending| pending.request == request)?;
        self.pending.remove(index)
    }

    /// Removes a request that the hub has answered in order, and with it all earlier requests that their own events
    /// answer: those events have happened, too.
    fn take_answered(&mut self, request: RequestId) -> Option<Pending> {
        let found = self.take_pending(request)?;
        let is_event = |pending: &Pending| matches!(pending.about, About::Event { .. });
        while self.pending.front().is_some_and(|first| is_event(first) && first.request < request) {
            self.pending.pop_front();
        }
        Some(found)
    }

    /// An event that this session caused is stored: the event itself is the answer.
    pub(super) fn handle_own_event(&mut self, event: &Event) {
        let is_this = |pending: &Pending| match &pending.about {
            About::Event { id, .. } => *id == event.id,
            About::Plain | About::Join(_) => false,
        };
        if let Some(index) = self.pending.iter().position(is_this) {
            self.pending.remove(index);
        }
    }

    /// With which event a room begins that the session has just joined.
    #[must_use]
    pub(super) fn start(&self, request: RequestId, epoch: Epoch, at: Position) -> Begin {
        let pending = self.pending.iter().find(|pending| pending.request == request);
        match pending.map(|pending| &pending.about) {
            Some(About::Join(Some(after))) if after.epoch == epoch && after.position <= at.0 => {
                Begin::After(Position(after.position), after.time())
            }
            Some(About::Join(_) | About::Plain | About::Event { .. }) | None => Begin::Recent,
        }
    }

    /// Appends `joined`, which says with which event the room begins.
    pub(super) fn render_joined(&mut self, entered: &Entered<'_>, epoch: Epoch, out: &mut Vec<u8>) {
        let Entered { request, room, first, at, is_complete, members, topic, .. } = *entered;
        let reference = self.take_answered(request).and_then(|pending| pending.reference);
        let (room, topic, complete) = (room.clone(), topic.cloned(), is_complete);
        let (first, position) = (first.0, at.0);
        let joined = Joined { room, epoch, position, first, complete, members, topic };
        self.render(reference, Message::Joined(joined), out);
    }

    /// Appends `left`.
    pub(super) fn render_left(&mut self, request: RequestId, room: &RoomName, out: &mut Vec<u8>) {
        let reference = self.take_answered(request).and_then(|pending| pending.reference);
        self.render(reference, Message::Left { room: room.clone() }, out);
    }

    /// Appends an answer of the hub. The permission to read history renders as nothing: the page follows.
    pub(super) fn render_answer(
        &mut self,
        request: RequestId,
        answer: &Answer,
        here: &Surroundings<'_>,
        out: &mut Vec<u8>,
    ) {
        if matches!(answer, Answer::ReadGranted(_)) {
            return;
        }
        let pending = self.take_answered(request);
        let (reference, about) =
            pending.map_or((None, About::Plain), |pending| (pending.reference, pending.about));
        let message = match (answer, about) {
            (Answer::Welcome { nick, taken, resumed }, _) => {
                Message::Welcome(welcome(here, nick, taken.as_ref(), *resumed))
            }
            (Answer::Duplicate { position, id, .. }, About::Event { room, .. }) => {
                Message::Duplicate { room, position: position.0, id: (*id).into() }
            }
            (Answer::Refused(refusal), About::Event { id, .. }) => {
                Message::Error(Failure { id: id.map(Into::into), ..failure::of(refusal) })
            }
            (answer, _) => match render::answer(answer) {
                Some(message) => message,
                None => return,
            },
        };
        self.render(reference, message, out);
    }

    /// Appends the refusal of a request that was not answered in order: earlier requests may still be in flight.
    pub(super) fn render_refusal(
        &mut self,
        request: RequestId,
        refusal: &Refusal,
        out: &mut Vec<u8>,
    ) {
        let pending = self.take_pending(request);
        let (reference, id) = match pending {
            Some(Pending { reference, about: About::Event { id, .. }, .. }) => (reference, id),
            Some(Pending { reference, .. }) => (reference, None),
            None => (None, None),
        };
        let failure = Failure { id: id.map(Into::into), ..failure::of(refusal) };
        self.render(reference, Message::Error(failure), out);
    }

    /// Appends a page of history, oldest first, or the result of a search, newest first.
    pub(super) fn render_page(
        &mut self,
        request: RequestId,
        granted: &ReadGrant,
        excerpt: &Excerpt,
        epoch: Epoch,
        out: &mut Vec<u8>,
    ) {
        let reference = self.take_answered(request).and_then(|pending| pending.reference);
        self.render(reference, page(granted, excerpt, epoch), out);
    }

    /// Appends the error that history cannot be read.
    pub(super) fn render_unreadable(&mut self, request: RequestId, out: &mut Vec<u8>) {
        let reference = self.take_answered(request).and_then(|pending| pending.reference);
        self.render(reference, Message::Error(failure::unreadable()), out);
    }

    /// Appends a notice.
    pub(super) fn render_notice(&mut self, text: &str, out: &mut Vec<u8>) {
        self.render(None, Message::Notice { text: text.to_owned() }, out);
    }

    /// Appends `bye` and the close frame.
    pub(super) fn render_goodbye(&mut self, cause: ExitCause, out: &mut Vec<u8>) {
        let (code, why) = match cause {
            ExitCause::Quit => (CloseCode::Normal, "goodbye"),
            ExitCause::Lost => (CloseCode::Fault, "come back and resume"),
            ExitCause::Idle => (CloseCode::Idle, "silent too long"),
            ExitCause::Unread => (CloseCode::Unread, "what was sent was not read"),
            ExitCause::Closing => (CloseCode::GoingAway, "the house is closing"),
            ExitCause::Replaced => (CloseCode::Replaced, "you came back on another connection"),
        };
        let cause = Cause::from(cause);
        self.render(None, Message::Bye { cause, reconnect: cause.reconnect() }, out);
        self.render_close(code, why, out);
    }

    fn render(&mut self, reference: Option<Ref>, message: Message, out: &mut Vec<u8>) {
        if !self.is_closed {
            let json = render::json(&ServerMessage { reference, message });
            websocket::render_text(&json, out);
        }
    }
}

fn welcome(here: &Surroundings<'_>, nick: &Nick, taken: Option<&Nick>, resumed: bool) -> Welcome {
    let Surroundings { session, server, .. } = *here;
    Welcome {
        nick: nick.clone(),
        taken: taken.cloned(),
        resumed,
        session: session.0.to_string(),
        epoch: server.epoch,
        server: server.server.clone(),
        first_room: server.first_room.clone(),
        ping_s: server.ping_s,
        grace_s: server.grace_s,
    }
}
