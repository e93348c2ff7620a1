//! A bot that answers each message `echo: WORDS` with `NICK: WORDS`, in the rooms on its command line.
//!
//! ```text
//! cargo run -p teahouse-client --example echo_bot -- localhost:5000 lobby tea
//! ```
//!
//! It needs only the crate `teahouse-client`. The link reconnects, resumes each room after the last event, and keeps
//! the bot's messages until the server has stored them. With a state directory in [`Config`] the bot also resumes
//! after a restart of its own.

#![allow(clippy::wildcard_enum_match_arm, reason = "a bot ignores what it does not need")]

use std::collections::HashMap;
use std::error::Error;
use std::io::Write;

use teahouse_client::api::{Event, Kind, Message};
use teahouse_client::{Config, Happening, Link, RoomName, Server, Stage, State, Text, run};

/// The prefix of a message to the bot.
const CALL: &str = "echo: ";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let server: Server = arguments.next().unwrap_or_else(|| "localhost".to_owned()).parse()?;
    let rooms = arguments.map(|room| room.parse()).collect::<Result<Vec<RoomName>, _>>()?;
    let nick = Some("echo".parse()?);
    run(serve(Config { nick, rooms, ..Config::new(server) }))?;
    Ok(())
}

/// Answers until the link ends.
pub(crate) async fn serve(config: Config) {
    let mut link = Link::open(config);
    // For each room, the last position before the bot joined: older messages get no answer.
    let mut joined_at: HashMap<RoomName, u64> = HashMap::new();
    while let Some(happening) = link.next().await {
        match happening {
            Happening::State(State::Online(welcome)) => log(&format!("in as {}", welcome.nick)),
            Happening::State(State::Offline { why, retry_in }) => {
                log(&format!("{why}; trying again in {retry_in:?}"));
            }
            Happening::Received(sent) => match sent.message {
                Message::Joined(joined) if !joined.complete => {
                    joined_at.insert(joined.room, joined.position);
                }
                Message::Event(event) => {
                    let is_new = joined_at
                        .get(&event.room)
                        .is_none_or(|joined_at| event.position > *joined_at);
                    if let Some(text) = answer_to(&event).filter(|_| is_new)
                        && let Err(error) = link.say(&event.room, &text, false)
                    {
                        // The outbox is full or the room was left. This bot gives up the answer.
                        log(&error.to_string());
                    }
                }
                // Newer servers send more kinds of messages; a bot ignores those that it does not know.
                _ => {}
            },
            Happening::Outgoing(outgoing) => {
                if let Stage::Refused(failure) = outgoing.stage {
                    log(&failure.message);
                }
            }
            Happening::Notice(notice) => log(&notice),
            Happening::State(State::Connecting { .. } | State::Ended { .. })
            | Happening::Unanswered { .. } => {}
        }
    }
}

/// The answer to a message that calls the bot. It never starts with the prefix of a call: two such bots would answer
/// each other for ever.
fn answer_to(event: &Event) -> Option<Text> {
    let words = (event.kind == Kind::Said).then_some(event.text.as_ref()?)?;
    let words = words.as_str().strip_prefix(CALL)?;
    let answer: Text = format!("{}: {words}", event.sender.nick).parse().ok()?;
    (!answer.as_str().starts_with(CALL)).then_some(answer)
}

fn log(what: &str) {
    // Fails only if standard error is closed, and then there is nowhere to report it.
    writeln!(std::io::stderr(), "{what}").ok();
}
