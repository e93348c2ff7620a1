//! The linear client: it says the typed lines and prints what arrives, and never moves the cursor. For screen readers,
//! pipes and people who prefer it.
//!
//! It uses the api and so loses nothing; for a `tcp://` address it is [`mod@crate::line`].

mod talk;

use std::io::{BufRead, Write};
use std::path::PathBuf;

use teahouse_core::{Nick, RoomName};

use crate::error::ClientError;
use crate::input::{self, InputLine};
use crate::line;
use crate::link::{Config, Link, Protocol, Server};
use crate::offline::OFFLINE_MAX;
use crate::runtime::{block_on, sleep_until};
use talk::{Next, Talk};

/// The settings of the linear client.
#[derive(Clone, Debug)]
pub struct Plain {
    /// The server.
    pub server: Server,
    /// The wanted nick; without it the last one or a guest nick.
    pub nick: Option<Nick>,
    /// The rooms to join; lines are said in the first one. Without any, the rooms of the last run or the server's first
    /// room.
    pub rooms: Vec<RoomName>,
    /// The directory of the state file. Leave it out for a pipe: the unsent messages of one script should not be sent
    /// by the next one.
    pub state: Option<PathBuf>,
    /// Whether to print our own messages. On a terminal they are visible already, because they were typed there.
    pub echoes: bool,
}

/// Talks until `/quit`, the end of the input or the end of the connection. At the end of the input it waits until
/// the server has stored all messages.
///
/// # Errors
/// When the server cannot be reached, when the connection ends for good or (after the end of the input) is lost for a
/// minute, and when input or output fail.
pub fn join(
    plain: Plain,
    input: impl BufRead + Send + 'static,
    output: impl Write,
) -> Result<(), ClientError> {
    match plain.server.protocol {
        Protocol::Line => line::join(&plain.server.authority(), input, output),
        Protocol::Api => block_on(talk(plain, input, output)),
    }
}

async fn talk(
    plain: Plain,
    input: impl BufRead + Send + 'static,
    output: impl Write,
) -> Result<(), ClientError> {
    let mut lines = input::read_in_background(input);
    let Plain { server, nick, rooms, state, echoes } = plain;
    let current = rooms.first().cloned();
    let mut link = Link::open(Config { server, nick, rooms, state });
    let mut talk = Talk::new(output, current, echoes);
    let mut is_input_closed = false;
    // A line that waits because the outbox is full.
    let mut held = None;
    let mut is_leaving = false;
    // One future for the whole loop: with a new one in each turn, a signal between two turns would be lost.
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        if is_input_closed && held.is_none() && !is_leaving && talk.is_settled(&link) {
            is_leaving = true;
            link.bye();
        }
        let deadline = is_input_closed.then(|| talk.offline.deadline()).flatten();
        let may_read = talk.accepts_lines && held.is_none() && !is_input_closed && !is_leaving;
        tokio::select! {
            happening = link.next() => match happening {
                Some(happening) => talk.handle_happening(&mut link, happening)?,
                None => return talk.end(&link, is_leaving),
            },
            entered = lines.recv(), if may_read => match entered {
                Some(InputLine::Line(line)) => held = Some(line),
                Some(InputLine::Invalid(why)) => talk.print_notice(&format!("error: not sent: {why}"))?,
                Some(InputLine::Failed(error)) => return Err(ClientError::Input(error)),
                None => is_input_closed = true,
            },
            signal = &mut interrupted => {
                signal.map_err(ClientError::Input)?;
                // The second interrupt ends the client without waiting for the server's bye.
                if is_leaving {
                    return talk.end(&link, true);
                }
                interrupted.set(tokio::signal::ctrl_c());
                is_leaving = true;
                link.bye();
            }
            () = sleep_until(deadline), if deadline.is_some() => return Err(ClientError::NotKept {
                count: link.outbox().count(),
                why: format!("no connection for {} seconds", OFFLINE_MAX.as_secs()),
            }),
        }
        if let Some(line) = held.take() {
            match talk.handle_line(&mut link, &line)? {
                Next::Continue => {}
                Next::Retry => held = Some(line),
                Next::Quit => {
                    is_leaving = true;
                    link.bye();
                }
            }
        }
    }
}
