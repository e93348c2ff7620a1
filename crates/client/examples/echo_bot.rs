//! A bot: whoever says `echo: WORDS` hears `NICK: WORDS`, in every room it is given.
//!
//! ```text
//! cargo run -p teahouse-client --example echo_bot -- localhost:5000 lobby tea
//! ```
//!
//! `teahouse-client` is all it needs. The link does what is tedious: it reconnects, resumes each room where the
//! bot was, and keeps what the bot said until the server has it. With a state directory in [`Config`] the bot
//! also resumes after it was stopped itself.

#![allow(clippy::wildcard_enum_match_arm, reason = "a bot passes over what is not for it")]

use std::collections::HashMap;
use std::error::Error;
use std::io::Write;

use teahouse_client::api::{Event, Kind, Message};
use teahouse_client::{Config, Happening, Link, RoomName, Server, Stage, State, Text, run};

/// What a line to the bot begins with.
const CALL: &str = "echo: ";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let server: Server = arguments.next().unwrap_or_else(|| "localhost".to_owned()).parse()?;
    let rooms = arguments.map(|room| room.parse()).collect::<Result<Vec<RoomName>, _>>()?;
    let nick = Some("echo".parse()?);
    run(serve(Config { nick, rooms, ..Config::new(server) }))?;
    Ok(())
}

/// Answers until the server ends it for good.
pub(crate) async fn serve(config: Config) {
    let mut link = Link::open(config);
    // What was said before the bot came is not for it.
    let mut came_at: HashMap<RoomName, u64> = HashMap::new();
    while let Some(happening) = link.next().await {
        match happening {
            Happening::State(State::Online(welcome)) => tell(&format!("in as {}", welcome.nick)),
            Happening::State(State::Offline { why, retry_in }) => {
                tell(&format!("{why}; trying again in {retry_in:?}"));
            }
            Happening::Received(sent) => match sent.message {
                Message::Joined(joined) if !joined.complete => {
                    came_at.insert(joined.room, joined.position);
                }
                Message::Event(event) => {
                    let is_new =
                        came_at.get(&event.room).is_none_or(|came_at| event.position > *came_at);
                    if let Some(words) = answer(&event).filter(|_| is_new)
                        && let Err(error) = link.say(&event.room, &words, false)
                    {
                        // The outbox is full or we were put out of the room: a bot may let it be.
                        tell(&error.to_string());
                    }
                }
                // The list grows; what a bot does not know it passes over.
                _ => {}
            },
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
}

/// What is said to somebody who called. It does not begin as a call does, or two such bots would never stop.
fn answer(event: &Event) -> Option<Text> {
    let words = (event.kind == Kind::Said).then_some(event.text.as_ref()?)?;
    let words = words.as_str().strip_prefix(CALL)?;
    let answer: Text = format!("{}: {words}", event.sender.nick).parse().ok()?;
    (!answer.as_str().starts_with(CALL)).then_some(answer)
}

fn tell(what: &str) {
    // Nothing can be told to someone who closed standard error.
    writeln!(std::io::stderr(), "{what}").ok();
}
