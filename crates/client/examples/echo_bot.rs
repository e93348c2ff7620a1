//! A bot: repeats whatever is said to it as `echo: WORDS`, in every room it is given.
//!
//! ```text
//! cargo run -p teahouse-client --example echo_bot -- localhost:5000 lobby tea
//! ```
//!
//! The link does what is tedious: it reconnects, resumes each room where the bot was, and keeps what the bot
//! said until the house has it. With a state directory the bot also resumes after it was stopped itself.

use std::error::Error;
use std::io::Write;

use teahouse_client::link::{Config, Happening, Link, Server, Stage, State};
use teahouse_core::{Nick, RoomName, Text};
use teahouse_wire::api::{Event, Kind, Message};

/// What a line to the bot begins with.
const CALL: &str = "echo: ";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let server = Server::parse(&arguments.next().unwrap_or_else(|| "localhost".to_owned()))?;
    let rooms = arguments.map(|room| RoomName::parse(&room)).collect::<Result<Vec<_>, _>>()?;
    let nick = Some(Nick::parse("echo")?);
    let mut link = Link::open(Config { nick, rooms, ..Config::new(server) });

    while let Some(happening) = link.next().await {
        match happening {
            Happening::State(State::Online(welcome)) => tell(&format!("in as {}", welcome.nick)),
            Happening::State(State::Offline { why, retry_in }) => {
                tell(&format!("{why}; trying again in {retry_in:?}"));
            }
            Happening::Received(sent) => {
                if let Message::Event(event) = sent.message
                    && let Some(words) = called(&event)
                {
                    // The outbox is full or we were put out of the room: a bot may let it be.
                    if let Err(error) = link.say(&event.room, &words, false) {
                        tell(&error.to_string());
                    }
                }
            }
            Happening::Outgoing(outgoing) => {
                if let Stage::Refused(failure) = outgoing.stage {
                    tell(&failure.message);
                }
            }
            Happening::Notice(notice) => tell(&notice),
            Happening::State(State::Connecting { .. } | State::Ended { .. })
            | Happening::Unanswered { .. } => {}
        }
    }
    Ok(())
}

/// The words after `echo: `. The answer does not begin so, or two such bots would never stop.
fn called(event: &Event) -> Option<Text> {
    let words = (event.kind == Kind::Said).then_some(event.text.as_ref()?)?;
    let words = words.as_str().strip_prefix(CALL)?;
    Text::parse(&format!("{}: {words}", event.sender.nick))
        .ok()
        .filter(|answer| !answer.as_str().starts_with(CALL))
}

fn tell(what: &str) {
    // Nothing can be told to someone who closed standard error.
    writeln!(std::io::stderr(), "{what}").ok();
}
