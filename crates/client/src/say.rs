//! `teahouse say`: says something in a room and ends when it is known to be kept. For scripts.

use std::io::{BufRead, Write};

use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{Failure, Message, Ref, Sent};
use teahouse_wire::decode::decode;

use crate::error::ClientError;
use crate::input::{self, Entered};
use crate::link::{Config, Happening, Link, Outgoing, Protocol, SayError, Server, Stage, State};
use crate::signal::{OFFLINE_MAX, Signal, block_on, past};

/// What to say, where and as whom.
#[derive(Clone, Debug)]
pub struct Say {
    /// Which house.
    pub server: Server,
    /// What one wants to be called; otherwise a guest.
    pub nick: Option<Nick>,
    /// Where.
    pub room: RoomName,
    /// What.
    pub words: Words,
}

/// Where the words come from.
#[derive(Clone, Debug)]
pub enum Words {
    /// From the command line, as one message.
    Given(String),
    /// From the input, each line a message; empty lines are passed over.
    Lines,
    /// From the input, all of it one message.
    Whole,
}

/// Says it. Returns when the house has acknowledged every message, which means that it is durable and was
/// shown to everyone. What is refused is written to `complaints`, with the reason.
///
/// # Errors
/// When not every message was kept: [`ClientError::Refused`] when the house, or our own limits, did not allow
/// one; otherwise why it failed. A connection that breaks is tried again for a minute.
pub fn say(
    say: Say,
    input: impl BufRead + Send + 'static,
    complaints: impl Write,
) -> Result<(), ClientError> {
    if say.server.protocol == Protocol::Line {
        let what = format!("{} speaks plain lines, which acknowledge nothing", say.server);
        return Err(ClientError::Usage { what });
    }
    let mut texts = Vec::new();
    let input = match say.words {
        Words::Given(words) => {
            texts.push(text(&words)?);
            None
        }
        Words::Whole => {
            let long = || refused("the input has more bytes than a message may have");
            let bytes = input::whole(input).map_err(ClientError::Input)?.ok_or_else(long)?;
            let words = decode(&bytes);
            texts.push(text(words.map_err(|error| refused(&format!("not sent: {error}")))?)?);
            None
        }
        Words::Lines => Some(input),
    };
    let config =
        Config { nick: say.nick, rooms: vec![say.room.clone()], ..Config::new(say.server) };
    let saying = Saying::new(say.room, texts, complaints);
    block_on(saying.run(config, input))
}

fn text(words: &str) -> Result<Text, ClientError> {
    Text::parse(words).map_err(|error| refused(&format!("not sent: {error}")))
}

fn refused(what: &str) -> ClientError {
    ClientError::Refused { what: what.to_owned() }
}

struct Saying<W> {
    room: RoomName,
    /// Read and not said yet, in reverse.
    next: Vec<Text>,
    complaints: W,
    refused: usize,
    signal: Signal,
    is_leaving: bool,
}

impl<W: Write> Saying<W> {
    fn new(room: RoomName, mut next: Vec<Text>, complaints: W) -> Self {
        next.reverse();
        let (signal, refused) = (Signal::default(), 0);
        Self { room, next, complaints, refused, signal, is_leaving: false }
    }

    async fn run(
        mut self,
        config: Config,
        input: Option<impl BufRead + Send + 'static>,
    ) -> Result<(), ClientError> {
        let mut lines = input.map(input::lines);
        let mut link = Link::open(config);
        let join = link.join(&self.room);
        loop {
            self.say_next(&mut link)?;
            let is_said = lines.is_none() && self.next.is_empty();
            if is_said && link.outbox().next().is_none() && !self.is_leaving {
                self.is_leaving = true;
                link.bye();
            }
            let patience = self.signal.deadline();
            tokio::select! {
                happening = link.next() => match happening {
                    Some(happening) => self.handle(&link, &join, happening)?,
                    None => return self.end(&link),
                },
                entered = read(&mut lines), if self.next.is_empty() => match entered {
                    Some(Entered::Line(line)) if line.trim().is_empty() => {}
                    Some(Entered::Line(line)) => match Text::parse(&line) {
                        Ok(text) => self.next.push(text),
                        Err(error) => self.complain(&line, &error.to_string()),
                    },
                    Some(Entered::Wrong(why)) => self.complain("", &why),
                    Some(Entered::Failed(error)) => return Err(ClientError::Input(error)),
                    None => lines = None,
                },
                () = past(patience), if patience.is_some() => {
                    let why = format!("no connection for {} seconds", OFFLINE_MAX.as_secs());
                    return Err(self.not_kept(&link, why));
                }
            }
        }
    }

    fn say_next(&mut self, link: &mut Link) -> Result<(), ClientError> {
        let Some(text) = self.next.last() else { return Ok(()) };
        match link.say(&self.room, text, false) {
            Ok(_) => {
                self.next.pop();
                Ok(())
            }
            // Tried again when something has happened.
            Err(SayError::TooManyWaiting { .. } | SayError::TooMuchWaiting { .. }) => Ok(()),
            Err(SayError::Ended) => Ok(()),
            Err(error @ SayError::NotInRoom { .. }) => Err(refused(&error.to_string())),
        }
    }

    fn handle(&mut self, link: &Link, join: &Ref, happening: Happening) -> Result<(), ClientError> {
        match happening {
            Happening::State(State::Online(welcome)) => {
                if let Some(taken) = &welcome.taken {
                    self.tell(&format!("{taken} is taken; this is said as {}", welcome.nick));
                }
                self.signal.handle(&State::Online(welcome), link.server()).map(drop)
            }
            Happening::State(state) => self.signal.handle(&state, link.server()).map(drop),
            Happening::Received(Sent { reference, message: Message::Error(failure) }) => {
                if reference.as_ref() == Some(join) {
                    let what = format!("{}: {}", self.room, failure.message);
                    return Err(ClientError::Refused { what });
                }
                Ok(())
            }
            Happening::Outgoing(Outgoing { text, stage: Stage::Refused(failure), .. }) => {
                let Failure { message, .. } = failure;
                self.complain(text.as_str(), &message);
                Ok(())
            }
            Happening::Received(_)
            | Happening::Outgoing(_)
            | Happening::Unanswered { .. }
            | Happening::Notice(_) => Ok(()),
        }
    }

    /// Gives back what could not be said.
    fn complain(&mut self, words: &str, why: &str) {
        self.refused += 1;
        self.tell(&format!("refused: {why}"));
        if !words.is_empty() {
            self.tell(words);
        }
    }

    fn tell(&mut self, what: &str) {
        // Nothing can be told to someone who closed standard error.
        writeln!(self.complaints, "{what}").ok();
    }

    fn end(self, link: &Link) -> Result<(), ClientError> {
        if !self.is_leaving || link.outbox().next().is_some() {
            return Err(self.not_kept(link, "the server ended the conversation".to_owned()));
        }
        match self.refused {
            0 => Ok(()),
            1 => Err(refused("1 message was not sent")),
            count => Err(refused(&format!("{count} messages were not sent"))),
        }
    }

    fn not_kept(&self, link: &Link, why: String) -> ClientError {
        ClientError::NotKept { count: link.outbox().count() + self.next.len(), why }
    }
}

async fn read(lines: &mut Option<tokio::sync::mpsc::Receiver<Entered>>) -> Option<Entered> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}
