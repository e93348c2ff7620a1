//! `teahouse say`: says something in a room and ends when it is known to be kept. For scripts. It says as a
//! visitor: nobody hears of its coming and going, and it holds no nick that a killed one would leave behind.

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
use crate::input::{self, Entered};
use crate::link::{Server, new_id, random_bytes};
use crate::signal::{OFFLINE_MAX, block_on};
use crate::visit::{Missed, Patience, Visitor};

/// An answer that takes longer than this is held back by flood control, which lets two pass in a second.
const SLOW: Duration = Duration::from_millis(400);
/// How long a server may say that it is too busy: longer than any burst of others lasts.
const BUSY_MAX: Duration = Duration::from_secs(600);

/// What to say, where and as whom.
#[derive(Clone, Debug)]
pub struct Say {
    /// Which server.
    pub server: Server,
    /// What one wants to be called; otherwise a guest. Nobody in the server may have it.
    pub nick: Option<Nick>,
    /// Where.
    pub room: RoomName,
    /// Whether the room is made if there is none of that name.
    pub create: bool,
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

/// Says it. Returns when the server has acknowledged every message, which means that it is durable and was
/// shown to everyone. What is refused is written to `complaints`, with the reason.
///
/// # Errors
/// When not every message was kept: [`ClientError::Refused`] when the server, or our own limits, did not allow
/// one, or there is no such room; otherwise why it failed. What breaks is tried again for a minute, under the
/// same id, so that it is kept once.
pub fn say(
    say: Say,
    input: impl BufRead + Send + 'static,
    complaints: impl Write,
) -> Result<(), ClientError> {
    let Say { server, nick, room, create, words } = say;
    let visitor = Visitor::new(server)?;
    let saying = Saying::new(visitor, nick, room, complaints);
    match words {
        Words::Given(words) => {
            let text = text(&words)?;
            block_on(saying.say_one(text, create))
        }
        Words::Whole => {
            let long = || refused("the input has more bytes than a message may have");
            let bytes = input::whole(input).map_err(ClientError::Input)?.ok_or_else(long)?;
            let words = decode(&bytes);
            let text = text(words.map_err(|error| refused(&format!("not sent: {error}")))?)?;
            block_on(saying.say_one(text, create))
        }
        Words::Lines => block_on(saying.say_lines(input, create)),
    }
}

fn text(words: &str) -> Result<Text, ClientError> {
    let why = |error| refusal::words(&Refusal::BadText { error }, Reader::Person);
    Text::parse(words).map_err(|error| refused(&why(error)))
}

fn refused(what: &str) -> ClientError {
    ClientError::Refused { what: what.to_owned() }
}

struct Saying<W> {
    visitor: Visitor,
    nick: Option<Nick>,
    room: RoomName,
    complaints: W,
    patience: Patience,
    refused: usize,
    /// It was told that flood control makes us wait.
    is_slow: bool,
}

impl<W: Write> Saying<W> {
    fn new(visitor: Visitor, nick: Option<Nick>, room: RoomName, complaints: W) -> Self {
        let [seed, ..] = random_bytes();
        let patience = Patience::new(u64::from(seed));
        Self { visitor, nick, room, complaints, patience, refused: 0, is_slow: false }
    }

    async fn say_one(mut self, text: Text, create: bool) -> Result<(), ClientError> {
        self.look_for_room(create).await?;
        self.say(text).await?;
        self.end()
    }

    async fn say_lines(
        mut self,
        input: impl BufRead + Send + 'static,
        create: bool,
    ) -> Result<(), ClientError> {
        self.look_for_room(create).await?;
        let mut lines = input::lines(input);
        while let Some(entered) = lines.recv().await {
            match entered {
                Entered::Line(line) if line.trim().is_empty() => {}
                Entered::Line(line) => match Text::parse(&line) {
                    Ok(text) => self.say(text).await?,
                    Err(error) => self.complain(&line, &error.to_string()),
                },
                Entered::Wrong(why) => self.complain("", &why),
                Entered::Failed(error) => return Err(ClientError::Input(error)),
            }
        }
        self.end()
    }

    /// A room that is not there is more often a slip of the fingers than a wish.
    async fn look_for_room(&mut self, create: bool) -> Result<(), ClientError> {
        if create {
            return Ok(());
        }
        loop {
            match self.visitor.read::<HistoryPage>(&self.room, "messages?limit=1").await {
                Ok(_) => {
                    self.answered();
                    return Ok(());
                }
                Err(Missed::Refused(failure)) => return Err(no_room(&failure)),
                Err(missed) => self.wait(missed, 0).await?,
            }
        }
    }

    /// Says one message until it is kept or refused, each time under the same id.
    async fn say(&mut self, text: Text) -> Result<(), ClientError> {
        let post = Post { text, nick: self.nick.clone(), id: Some(new_id()) };
        loop {
            match self.post(&post).await {
                Ok(_) => {
                    self.answered();
                    return Ok(());
                }
                Err(Missed::Refused(failure)) => {
                    self.complain(post.text.as_str(), &failure.message);
                    // So would be everything else.
                    let is_in_vain = failure.code == Code::NickTaken;
                    return if is_in_vain { Err(refused(&failure.message)) } else { Ok(()) };
                }
                Err(missed) => self.wait(missed, 1).await?,
            }
        }
    }

    /// Waits for the answer, and says so when it lets us wait.
    async fn post(&mut self, post: &Post) -> Result<Posted, Missed> {
        let answer = self.visitor.post(&self.room, post);
        tokio::pin!(answer);
        if !self.is_slow {
            tokio::select! {
                answer = &mut answer => return answer,
                () = sleep(SLOW) => {
                    self.is_slow = true;
                    let what = "waiting: the house takes a few messages at once, then a few a second \
                        (flood control)";
                    // Nothing can be told to someone who closed standard error.
                    writeln!(self.complaints, "{what}").ok();
                }
            }
        }
        answer.await
    }

    fn answered(&mut self) {
        if let Some(told) = self.patience.succeed() {
            self.tell(&told);
        }
    }

    /// Waits before the next try, of something with so many messages in it.
    async fn wait(&mut self, missed: Missed, count: usize) -> Result<(), ClientError> {
        let (wait, told) = self.patience.miss(&missed);
        let why = match missed {
            Missed::Unreached(what) if !self.patience.was_reached() => {
                let server = self.visitor.server().to_string();
                return Err(ClientError::Unreachable { server, what });
            }
            Missed::Unreached(_) | Missed::Broken(_)
                if self.patience.missed_for() >= OFFLINE_MAX =>
            {
                format!("no connection for {} seconds", OFFLINE_MAX.as_secs())
            }
            Missed::Busy { why, .. } if self.patience.missed_for() >= BUSY_MAX => why,
            Missed::Unreached(_) | Missed::Broken(_) | Missed::Busy { .. } | Missed::Refused(_) => {
                told.iter().for_each(|told| self.tell(told));
                sleep(wait).await;
                return Ok(());
            }
        };
        if count == 0 {
            let server = self.visitor.server().to_string();
            return Err(ClientError::Unreachable { server, what: why });
        }
        Err(ClientError::NotKept { count, why })
    }

    /// Gives back what could not be said.
    fn complain(&mut self, words: &str, why: &str) {
        self.refused += 1;
        self.tell(&format!("refused: {why}"));
        if !words.is_empty() {
            // It may come from a file that somebody else wrote.
            self.tell(&harmless(words));
        }
    }

    fn tell(&mut self, what: &str) {
        // Nothing can be told to someone who closed standard error.
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

/// Why a room cannot be visited, with what to do.
pub(crate) fn no_room(failure: &Failure) -> ClientError {
    let is_missing = failure.code == Code::NoSuchRoom;
    let way_out = if is_missing { "; --create makes it" } else { "" };
    refused(&format!("{}{way_out}", failure.message))
}
