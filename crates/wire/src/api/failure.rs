//! Reasons to say no, in words for people and codes for programs.

use teahouse_core::harmless::{echoed, excerpt};
use teahouse_core::{NameError, Refusal, RoomName, TooWide};

use super::message::{Code, Failure};

fn failure(code: Code, message: String) -> Failure {
    Failure { code, message, field: None, id: None }
}

/// Characters of an explanation that repeats what was sent.
const EXPLAINED_CHARS_MAX: usize = 300;

/// What is wrong with what was sent, as one short line.
pub(super) fn explained(error: &impl std::fmt::Display) -> String {
    excerpt(&error.to_string(), EXPLAINED_CHARS_MAX)
}

/// Why something was not done.
#[must_use]
pub fn of(refusal: &Refusal) -> Failure {
    let (code, message) = match refusal {
        Refusal::NotInRoom { room } => {
            (Code::NotInRoom, format!("you are not in {room}; join it first"))
        }
        Refusal::NoSuchRoom { room } => (Code::NoSuchRoom, format!("there is no {room}")),
        Refusal::RoomLooksLike { room, existing } => (
            Code::RoomLooksLike,
            format!(
                "{room} looks like {existing}, which exists; join {existing} or choose another"
            ),
        ),
        Refusal::RoomMixesScripts { room } => {
            (Code::BadName, format!("{room} is no name: {}", NameError::MixedScripts))
        }
        Refusal::TooManyRooms { max, .. } => {
            (Code::TooManyRooms, format!("the house has {max} rooms, its limit; join one of them"))
        }
        Refusal::TooManyNewRooms { rate, wait_ms, .. } => (
            Code::TooFast,
            format!(
                "too many new rooms from your address (the limit is {} at once, then one in {} s); try \
                 again in {} s, or join a room there is",
                rate.burst,
                rate.interval_ms.div_ceil(1000),
                wait_ms.div_ceil(1000)
            ),
        ),
        Refusal::InTooManyRooms { max, .. } => {
            (Code::InTooManyRooms, format!("you are in {max} rooms, the limit; leave one first"))
        }
        Refusal::NickTaken { nick, holder } if nick.as_str() == holder.as_str() => {
            (Code::NickTaken, format!("{nick} is taken; choose another name"))
        }
        Refusal::NickTaken { nick, holder } => (
            Code::NickTaken,
            format!("{nick} looks like {holder}, who is here; choose another name"),
        ),
        Refusal::NoSuchNick { nick } => (Code::NoSuchNick, format!("nobody here is called {nick}")),
        Refusal::Away { nick } => {
            (Code::Away, format!("{nick} is not connected just now; try again in a minute"))
        }
        Refusal::Ignored { nick } => {
            (Code::Ignored, format!("{nick} does not take messages from you"))
        }
        Refusal::IgnoringTooMany { max } => (
            Code::IgnoringTooMany,
            format!("you ignore {max} people, the limit; hear one of them again to make room"),
        ),
        Refusal::Yourself => (Code::Yourself, "that is you".to_owned()),
        Refusal::TopicTooLong { bytes, max } => (
            Code::TopicTooLong,
            format!("a topic is one line of at most {max} bytes; yours has {bytes}"),
        ),
        Refusal::NoSuchPage { page, pages } => {
            (Code::NoSuchPage, format!("there is no page {page}; the last is {pages}"))
        }
        Refusal::SearchTooWide { why } => (
            Code::SearchTooWide,
            match why {
                TooWide::Words { max } => {
                    format!("a search has at most {max} words; leave some out")
                }
                TooWide::Prefix { chars_min } => {
                    format!("what a word begins with has at least {chars_min} characters")
                }
                TooWide::Work => "that search takes too long; use longer or rarer words".to_owned(),
            },
        ),
        Refusal::SearchesWait => {
            (Code::SearchesWait, "others are searching; try again in a moment".to_owned())
        }
        Refusal::NoSpace { free_mib, min_mib, .. } => (
            Code::Unavailable,
            format!(
                "not sent: the disk is nearly full ({free_mib} MiB are free, the house needs {min_mib}); \
                 try again later"
            ),
        ),
        Refusal::Conflict { room, position, id } => {
            let message = format!(
                "not sent: you said other words in {room} with this id, as message {position}; draw an id for \
                 each message"
            );
            return Failure { code: Code::Conflict, message, field: None, id: Some((*id).into()) };
        }
        Refusal::TooFast { burst, per_second, .. } => (
            Code::TooFast,
            format!("too fast (the limit is {burst} at once, then {per_second} per second)"),
        ),
        Refusal::AddressTooFast { wait_s, .. } => {
            (Code::TooFast, format!("too much from your network address; try again in {wait_s} s"))
        }
        Refusal::BadName { input, error } => {
            (Code::BadName, format!("{:?} is no name: {error}", echoed(input)))
        }
        Refusal::BadText { error } => (Code::BadText, format!("not sent: {error}")),
    };
    failure(code, message)
}

/// Entering a room one is in.
#[must_use]
pub fn already_in(room: &RoomName) -> Failure {
    failure(Code::AlreadyIn, format!("you are in {room} already"))
}

/// Too much from one network address.
#[must_use]
pub fn too_fast(why: &str) -> Failure {
    failure(Code::TooFast, why.to_owned())
}

/// There is no place for this connection.
#[must_use]
pub fn too_many_connections(why: &str) -> Failure {
    failure(Code::TooManyConnections, why.to_owned())
}

/// The house cannot do that just now.
#[must_use]
pub fn unavailable(why: &str) -> Failure {
    failure(Code::Unavailable, why.to_owned())
}

/// History could not be read.
#[must_use]
pub fn unreadable() -> Failure {
    failure(Code::Unreadable, "history cannot be read just now; try again".to_owned())
}
