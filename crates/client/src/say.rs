//! `teahouse say`, for scripts: says something in a room and ends when the server has stored it.
//!
//! It uses HTTP requests and does not join the room. So it causes no presence lines, and when it is killed, no nick
//! stays in use.

use std::io::{BufRead, Write};
use std::time::Duration;

use teahouse_core::harmless::harmless;
use teahouse_core::{Nick, Refusal, RoomName, Text};
use teahouse_wire::api::http::{Post, Posted};
use teahouse_wire::api::{Code, Failure, HistoryPage};
use teahouse_wire::decode::decode;
use teahouse_wire::refusal::{self, Reader};
use tokio::time::sleep;

use crate::error::ClientError;
use crate::http::{Attempts, HttpClient, RequestError};
use crate::input::{self, InputLine};
use crate::link::{Server, new_id, random_bytes};
use crate::offline::OFFLINE_MAX;
use crate::runtime::block_on;

/// An answer that takes longer than this is delayed by flood control, which accepts two messages in a second.
const SLOW: Duration = Duration::from_millis(400);
/// How long a server may be too busy before the client gives up: longer than a burst of other clients lasts.
const BUSY_MAX: Duration = Duration::from_secs(600);

/// What to say, where, and under which nick.
#[derive(Clone, Debug)]
pub struct Say {
    /// The server.
    pub server: Server,
    /// The nick, which must not be in use; without it the server gives a guest nick.
    pub nick: Option<Nick>,
    /// The room.
    pub room: RoomName,
    /// Whether to create the room if it does not exist.
    pub create: bool,
    /// The source of the messages.
    pub words: Words,
}

/// The source of the messages.
#[derive(Clone, Debug)]
pub enum Words {
    /// The command line, as one message.
    Given(String),
    /// The input, each line as a message; empty lines are skipped.
    Lines,
    /// The whole input, as one message.
    Whole,
}

/// Says the messages. Returns when the server has confirmed each, which means that it is durable and was sent to all
/// members. Refused messages are written to `complaints`, with the reason.
///
/// # Errors
/// When a message was not stored: [`ClientError::Refused`] when the server or a limit of this client refused it, or
/// the room does not exist; otherwise the reason of the failure. After a broken connection the client repeats the
/// message under the same id for a minute, so that the server stores it once.
pub fn say(
    say: Say,
    input: impl BufRead + Send + 'static,
    complaints: impl Write,
) -> Result<(), ClientError> {
    let Say { server, nick, room, create, words } = say;
    let client = HttpClient::new(server)?;
    let poster = Poster::new(client, nick, room, complaints);
    match words {
        Words::Given(words) => {
            let text = parse_text(&words)?;
            block_on(poster.say_one(text, create))
        }
        Words::Whole => {
            let too_long = || refused("the input has more bytes than a message may have");
            let bytes =
                input::read_whole(input).map_err(ClientError::Input)?.ok_or_else(too_long)?;
            let words = decode(&bytes);
            let text = parse_text(words.map_err(|error| refused(&format!("not sent: {error}")))?)?;
            block_on(poster.say_one(text, create))
        }
        Words::Lines => block_on(poster.say_lines(input, create)),
    }
}

fn parse_text(words: &str) -> Result<Text, ClientError> {
    let why = |error| refusal::words(&Refusal::BadText { error }, Reader::Person);
    Text::parse(words).map_err(|error| refused(&why(error)))
}

fn refused(what: &str) -> ClientError {
    ClientError::Refused { what: what.to_owned() }
}

/// Says the messages one after the other.
struct Poster<W> {
    client: HttpClient,
    nick: Option<Nick>,
    room: RoomName,
    complaints: W,
    attempts: Attempts,
    /// The number of refused messages.
    refused: usize,
    /// Whether the delay by flood control was reported.
    is_slow: bool,
}

impl<W: Write> Poster<W> {
    fn new(client: HttpClient, nick: Option<Nick>, room: RoomName, complaints: W) -> Self {
        let [seed, ..] = random_bytes();
        let attempts = Attempts::new(u64::from(seed));
        Self { client, nick, room, complaints, attempts, refused: 0, is_slow: false }
    }

    async fn say_one(mut self, text: Text, create: bool) -> Result<(), ClientError> {
        self.check_room(create).await?;
        self.say(text).await?;
        self.end()
    }

    async fn say_lines(
        mut self,
        input: impl BufRead + Send + 'static,
        create: bool,
    ) -> Result<(), ClientError> {
        self.check_room(create).await?;
        let mut lines = input::read_in_background(input);
        while let Some(entered) = lines.recv().await {
            match entered {
                InputLine::Line(line) if line.trim().is_empty() => {}
                InputLine::Line(line) => match Text::parse(&line) {
                    Ok(text) => self.say(text).await?,
                    Err(error) => self.report_refusal(&line, &error.to_string()),
                },
                InputLine::Invalid(why) => self.report_refusal("", &why),
                InputLine::Failed(error) => return Err(ClientError::Input(error)),
            }
        }
        self.end()
    }

    /// Checks that the room exists: a wrong name is more often a typing mistake than a wish for a new room.
    async fn check_room(&mut self, create: bool) -> Result<(), ClientError> {
        if create {
            return Ok(());
        }
        loop {
            match self.client.read::<HistoryPage>(&self.room, "messages?limit=1").await {
                Ok(_) => {
                    self.handle_success();
                    return Ok(());
                }
                Err(RequestError::Refused(failure)) => return Err(room_error(&failure)),
                Err(error) => self.wait(error, 0).await?,
            }
        }
    }

    /// Says one message, again under the same id until the server stores or refuses it.
    async fn say(&mut self, text: Text) -> Result<(), ClientError> {
        let post = Post { text, nick: self.nick.clone(), id: Some(new_id()) };
        loop {
            match self.post(&post).await {
                Ok(_) => {
                    self.handle_success();
                    return Ok(());
                }
                Err(RequestError::Refused(failure)) => {
                    self.report_refusal(post.text.as_str(), &failure.message);
                    // The server would refuse all other messages too.
                    let refuses_all = failure.code == Code::NickTaken;
                    return if refuses_all { Err(refused(&failure.message)) } else { Ok(()) };
                }
                Err(error) => self.wait(error, 1).await?,
            }
        }
    }

    /// Sends one message and waits for the answer. Reports once that the answer is delayed.
    async fn post(&mut self, post: &Post) -> Result<Posted, RequestError> {
        let answer = self.client.post(&self.room, post);
        tokio::pin!(answer);
        if !self.is_slow {
            tokio::select! {
                answer = &mut answer => return answer,
                () = sleep(SLOW) => {
                    self.is_slow = true;
                    let what = "waiting: the house takes a few messages at once, then a few a second \
                        (flood control)";
                    // Fails only if standard error is closed, and then there is nowhere to report it.
                    writeln!(self.complaints, "{what}").ok();
                }
            }
        }
        answer.await
    }

    fn handle_success(&mut self) {
        if let Some(line) = self.attempts.succeed() {
            self.report(&line);
        }
    }

    /// Waits before the next try of a request with `count` messages, or gives up.
    async fn wait(&mut self, error: RequestError, count: usize) -> Result<(), ClientError> {
        let (wait, line) = self.attempts.fail(&error);
        let why = match error {
            RequestError::Unreachable(what) if !self.attempts.was_reached() => {
                let server = self.client.server().to_string();
                return Err(ClientError::Unreachable { server, what });
            }
            RequestError::Unreachable(_) | RequestError::Broken(_)
                if self.attempts.failing_for() >= OFFLINE_MAX =>
            {
                format!("no connection for {} seconds", OFFLINE_MAX.as_secs())
            }
            RequestError::Busy { why, .. } if self.attempts.failing_for() >= BUSY_MAX => why,
            RequestError::Unreachable(_)
            | RequestError::Broken(_)
            | RequestError::Busy { .. }
            | RequestError::Refused(_) => {
                line.iter().for_each(|line| self.report(line));
                sleep(wait).await;
                return Ok(());
            }
        };
        if count == 0 {
            let server = self.client.server().to_string();
            return Err(ClientError::Unreachable { server, what: why });
        }
        Err(ClientError::NotKept { count, why })
    }

    /// Reports a refused message, with its text.
    fn report_refusal(&mut self, words: &str, why: &str) {
        self.refused += 1;
        self.report(&format!("refused: {why}"));
        if !words.is_empty() {
            // The text may come from a file of another person, so it is made safe to print.
            self.report(&harmless(words));
        }
    }

    fn report(&mut self, what: &str) {
        // Fails only if standard error is closed, and then there is nowhere to report it.
        writeln!(self.complaints, "{what}").ok();
    }

    fn end(self) -> Result<(), ClientError> {
        match self.refused {
            0 => Ok(()),
            1 => Err(refused("1 message was not sent")),
            count => Err(refused(&format!("{count} messages were not sent"))),
        }
    }
}

/// The error for a room that the server does not give access to, with a hint.
pub(crate) fn room_error(failure: &Failure) -> ClientError {
    let is_missing = failure.code == Code::NoSuchRoom;
    let hint = if is_missing { "; --create makes it" } else { "" };
    refused(&format!("{}{hint}", failure.message))
}
