//! The link to a server as the other end of the interface.

use std::collections::{BTreeMap, VecDeque};

use teahouse_core::{Refusal, RoomName, Text};
use teahouse_wire::api::{Cause, Code, Failure, Id, Message, Ref, Request, ServerMessage};
use teahouse_wire::refusal::{Reader, words};

use super::Peer;
use crate::error::ClientError;
use crate::link::{Happening, Link, Outgoing, SayError, Stage, State};
use crate::screen::input::{Input, Keep};

/// Questions whose answers are still to come; the link refuses more long before.
const ASKED_MAX: usize = 1_024;

/// A link, and which of its references are which of ours.
#[derive(Debug)]
pub struct ApiServer {
    link: Link,
    references: BTreeMap<u64, u64>,
    /// What the link would not do, told as if the server had refused it.
    refused: VecDeque<Happening>,
    was_online: bool,
    /// Why there is no connection; `None` while there is one, and after we said bye.
    lost: Option<String>,
    /// The server ended it, and not because we left.
    is_shut: bool,
    /// There is something to do without a connection: rooms of before, or what is not sent.
    has_memory: bool,
}

impl ApiServer {
    /// Talks over this link.
    #[must_use]
    pub fn new(link: Link) -> Self {
        let has_memory =
            link.is_remembered() && (link.rooms().next().is_some() || link.outbox().count() > 0);
        Self {
            link,
            references: BTreeMap::new(),
            refused: VecDeque::new(),
            was_online: false,
            lost: None,
            is_shut: false,
            has_memory,
        }
    }

    /// What is to be known after leaving: that something is not sent, and when it will be.
    pub(in crate::screen) fn last_words(&self) -> Option<String> {
        let server = self.link.server();
        match self.link.outbox().count() {
            0 => None,
            1 => Some(format!("1 message is not sent; it is when you join {server} again")),
            count => Some(format!(
                "{count} messages are not sent; they are when you join {server} again"
            )),
        }
    }

    fn follow(&mut self, state: &State) {
        match state {
            State::Connecting { .. } => {}
            State::Online(_) => {
                self.was_online = true;
                self.lost = None;
            }
            State::Offline { why, .. } => self.lost = Some(why.clone()),
            State::Ended { cause } => {
                self.is_shut = cause.is_some_and(|cause| cause != Cause::Quit);
            }
        }
    }

    fn remember(&mut self, theirs: &Ref, ours: u64) {
        if let Ref::Number(number) = theirs {
            self.references.insert(*number, ours);
        }
        if self.references.len() > ASKED_MAX {
            self.references.pop_first();
        }
    }

    /// A reference of the link as ours; that of something we did not ask by number is none.
    fn ours(&mut self, theirs: Option<Ref>) -> Option<Ref> {
        match theirs? {
            Ref::Number(number) => self.references.remove(&number).map(Ref::Number),
            Ref::Text(_) => None,
        }
    }

    fn translated(&mut self, happening: Happening) -> Happening {
        match happening {
            Happening::Received(ServerMessage { reference, message }) => {
                Happening::Received(ServerMessage { reference: self.ours(reference), message })
            }
            Happening::Unanswered { reference, request } => match self.ours(Some(reference)) {
                Some(reference) => Happening::Unanswered { reference, request },
                None => Happening::Notice("the connection broke before an answer came".to_owned()),
            },
            other @ (Happening::State(_) | Happening::Outgoing(_) | Happening::Notice(_)) => other,
        }
    }
}

fn failure(code: Code, message: String) -> Failure {
    Failure { code, message, field: None, id: None }
}

impl Peer for ApiServer {
    async fn next(&mut self) -> Option<Input> {
        if let Some(refused) = self.refused.pop_front() {
            return Some(Input::Link(refused));
        }
        let happening = self.link.next().await?;
        if let Happening::State(state) = &happening {
            self.follow(state);
        }
        Some(Input::Link(self.translated(happening)))
    }

    fn ask(&mut self, reference: u64, request: Request) {
        match self.link.ask(request) {
            Ok(theirs) => self.remember(&theirs, reference),
            Err(error) => {
                let message = Message::Error(failure(error.code(), error.to_string()));
                let reference = Some(Ref::Number(reference));
                self.refused.push_back(Happening::Received(ServerMessage { reference, message }));
            }
        }
    }

    fn say(&mut self, room: &RoomName, text: &Text, acted: bool) {
        if let Err(error) = self.link.say(room, text, acted) {
            let why = match &error {
                SayError::NotInRoom { room } => {
                    words(&Refusal::NotInRoom { room: room.clone() }, Reader::Person)
                }
                SayError::TooManyWaiting { .. }
                | SayError::TooMuchWaiting { .. }
                | SayError::Ended => error.to_string(),
            };
            let stage = Stage::Refused(failure(error.code(), why));
            let (room, text) = (room.clone(), text.clone());
            // No message has this id: it has not been sent, and it goes at once.
            let id = Id([0; 16]);
            self.refused.push_back(Happening::Outgoing(Outgoing { id, room, text, acted, stage }));
        }
    }

    fn join(&mut self, room: &RoomName) {
        self.link.join(room);
    }

    fn leave(&mut self, room: &RoomName) {
        self.link.leave(room);
    }

    fn send_line(&mut self, _: &str) {}

    fn keep(&mut self, keep: Keep) {
        match keep {
            Keep::Draft { room, text } => {
                let mut drafts = self.link.drafts().clone();
                if text.is_empty() {
                    drafts.remove(&room);
                } else {
                    drafts.insert(room, text);
                }
                self.link.set_drafts(drafts);
            }
            Keep::Sent(line) => {
                let mut history = self.link.history().to_vec();
                history.push(line);
                self.link.set_history(history);
            }
        }
    }

    fn is_hopeless(&self) -> bool {
        !self.was_online && self.lost.is_some() && !self.has_memory
    }

    fn ending(&self) -> Result<(), ClientError> {
        let server = self.link.server().to_string();
        let count = self.link.outbox().count();
        if let Some(what) = self.lost.clone().filter(|_| !self.was_online) {
            return Err(ClientError::Unreachable { server, what });
        }
        if count > 0 && !self.link.is_remembered() {
            let why = self.lost.clone().unwrap_or_else(|| "you left before that".to_owned());
            return Err(ClientError::NotKept { count, why });
        }
        if self.is_shut { Err(ClientError::Disconnected) } else { Ok(()) }
    }

    fn bye(&mut self) {
        self.link.bye();
    }
}
