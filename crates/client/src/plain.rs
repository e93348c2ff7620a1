//! The linear way to talk: what is typed is said, what arrives is printed, nothing moves the cursor. For
//! screen readers, pipes and people who like it so.
//!
//! With a server it speaks the api and so loses nothing; with `tcp://` it is [`mod@crate::line`].

mod talk;

use std::io::{BufRead, Write};
use std::path::PathBuf;

use teahouse_core::{Nick, RoomName};

use crate::error::ClientError;
use crate::input::{self, Entered};
use crate::line;
use crate::link::{Config, Link, Protocol, Server};
use crate::signal::{OFFLINE_MAX, block_on, past};
use talk::{Talk, Then};

/// What to join, and how.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Which server.
    pub server: Server,
    /// What one wants to be called.
    pub nick: Option<Nick>,
    /// Rooms to be in; the first is where lines are said. With none, those of last time or the first room.
    pub rooms: Vec<RoomName>,
    /// Where the state file is kept. Leave it out for a pipe: what a script could not send should not be
    /// sent by the next one.
    pub state: Option<PathBuf>,
    /// Whether one's own messages are printed. A terminal has shown them while they were typed.
    pub echoes: bool,
}

/// Talks until `/quit`, the end of the input or the end of the connection. At the end of the input it waits
/// until everything that was said is kept.
///
/// # Errors
/// When the server cannot be reached, goes away for good, or (at the end of the input) for
/// a minute; when input or output fail.
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
    let mut lines = input::lines(input);
    let Plain { server, nick, rooms, state, echoes } = plain;
    let current = rooms.first().cloned();
    let mut link = Link::open(Config { server, nick, rooms, state });
    let mut talk = Talk::new(output, current, echoes);
    // Of the input: over, or a line that waits because the outbox is full.
    let mut is_over = false;
    let mut held = None;
    let mut is_leaving = false;
    // Of one that is waited for anew in each turn, what comes while another thing is handled would be lost.
    let interrupted = tokio::signal::ctrl_c();
    tokio::pin!(interrupted);
    loop {
        if is_over && held.is_none() && !is_leaving && talk.is_settled(&link) {
            is_leaving = true;
            link.bye();
        }
        let patience = is_over.then(|| talk.signal.deadline()).flatten();
        let may_read = talk.is_in && held.is_none() && !is_over && !is_leaving;
        tokio::select! {
            happening = link.next() => match happening {
                Some(happening) => talk.handle_happening(&mut link, happening)?,
                None => return talk.end(&link, is_leaving),
            },
            entered = lines.recv(), if may_read => match entered {
                Some(Entered::Line(line)) => held = Some(line),
                Some(Entered::Wrong(why)) => talk.print_notice(&format!("error: not sent: {why}"))?,
                Some(Entered::Failed(error)) => return Err(ClientError::Input(error)),
                None => is_over = true,
            },
            signal = &mut interrupted => {
                signal.map_err(ClientError::Input)?;
                // Who asks twice does not wait for the server to say bye.
                if is_leaving {
                    return talk.end(&link, true);
                }
                interrupted.set(tokio::signal::ctrl_c());
                is_leaving = true;
                link.bye();
            }
            () = past(patience), if patience.is_some() => return Err(ClientError::NotKept {
                count: link.outbox().count(),
                why: format!("no connection for {} seconds", OFFLINE_MAX.as_secs()),
            }),
        }
        if let Some(line) = held.take() {
            match talk.handle_line(&mut link, &line)? {
                Then::GoOn => {}
                Then::Hold => held = Some(line),
                Then::Quit => {
                    is_leaving = true;
                    link.bye();
                }
            }
        }
    }
}
