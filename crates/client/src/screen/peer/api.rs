//! An api server as the interface's peer, over a link.

use std::collections::{BTreeMap, VecDeque};

use teahouse_core::{Refusal, RoomName, Text};
use teahouse_wire::api::{Cause, Code, Failure, Id, Message, Ref, Request, ServerMessage};
use teahouse_wire::refusal::{Reader, words};

use super::Peer;
use crate::error::ClientError;
use crate::link::{Happening, Link, Outgoing, SayError, Stage, State};
use crate::screen::input::{Input, Keep};

/// Requests in flight; the link refuses more long before this.
const REFERENCES_MAX: usize = 1_024;

/// A link, and the mapping from its references to those of the model.
#[derive(Debug)]
pub struct ApiServer {
    link: Link,
    references: BTreeMap<u64, u64>,
    /// What the link refused, reported as if the server had refused it.
    refused: VecDeque<Happening>,
    was_online: bool,
    /// Why there is no connection; `None` while there is one, and after bye.
    offline_reason: Option<String>,
    /// Whether the server ended the connection, and not because the user left.
    is_ended_by_server: bool,
    /// Whether there is something to do without a connection: rooms of the last run, or unsent messages.
    has_saved_work: bool,
}

impl ApiServer {
    /// A peer over this link.
    #[must_use]
    pub fn new(link: Link) -> Self {
        let has_saved_work =
            link.is_remembered() && (link.rooms().next().is_some() || link.outbox().count() > 0);
        Self {
            link,
            references: BTreeMap::new(),
            refused: VecDeque::new(),
            was_online: false,
            offline_reason: None,
            is_ended_by_server: false,
            has_saved_work,
        }
    }

    /// What the user has to know after leaving: that messages are not sent, and when they will be.
    pub(in crate::screen) fn unsent_notice(&self) -> Option<String> {
        let server = self.link.server();
        match self.link.outbox().count() {
            0 => None,
            1 => Some(format!("1 message is not sent; it is when you join {server} again")),
            count => Some(format!(
                "{count} messages are not sent; they are when you join {server} again"
            )),
        }
    }

    fn note_state(&mut self, state: &State) {
        match state {
            State::Connecting { .. } => {}
            State::Online(_) => {
                self.was_online = true;
                self.offline_reason = None;
            }
            State::Offline { why, .. } => self.offline_reason = Some(why.clone()),
            State::Ended { cause } => {
                self.is_ended_by_server = cause.is_some_and(|cause| cause != Cause::Quit);
            }
        }
    }

    fn map_reference(&mut self, theirs: &Ref, ours: u64) {
        if let Ref::Number(number) = theirs {
            self.references.insert(*number, ours);
        }
        if self.references.len() > REFERENCES_MAX {
            self.references.pop_first();
        }
    }

    /// The model's reference for one of the link; `None` if the model did not make the request.
    fn take_own_reference(&mut self, theirs: Option<Ref>) -> Option<Ref> {
        match theirs? {
            Ref::Number(number) => self.references.remove(&number).map(Ref::Number),
            Ref::Text(_) => None,
        }
    }

    fn translate(&mut self, happening: Happening) -> Happening {
        match happening {
            Happening::Received(ServerMessage { reference, message }) => {
                Happening::Received(ServerMessage {
                    reference: self.take_own_reference(reference),
                    message,
                })
            }
            Happening::Unanswered { reference, request } => match self
                .take_own_reference(Some(reference))
            {
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
            self.note_state(state);
        }
        Some(Input::Link(self.translate(happening)))
    }

    fn ask(&mut self, reference: u64, request: Request) {
        match self.link.ask(request) {
            Ok(theirs) => self.map_reference(&theirs, reference),
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
            // No message has this id: the message was never sent, and is removed at once.
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
        !self.was_online && self.offline_reason.is_some() && !self.has_saved_work
    }

    fn ending(&self) -> Result<(), ClientError> {
        let server = self.link.server().to_string();
        let count = self.link.outbox().count();
        if let Some(what) = self.offline_reason.clone().filter(|_| !self.was_online) {
            return Err(ClientError::Unreachable { server, what });
        }
        if count > 0 && !self.link.is_remembered() {
            let why =
                self.offline_reason.clone().unwrap_or_else(|| "you left before that".to_owned());
            return Err(ClientError::NotKept { count, why });
        }
        if self.is_ended_by_server { Err(ClientError::Disconnected) } else { Ok(()) }
    }

    fn bye(&mut self) {
        self.link.bye();
    }
}
