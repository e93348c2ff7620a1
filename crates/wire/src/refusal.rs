//! The words in which something is refused.

use teahouse_core::harmless::echoed;
use teahouse_core::{NameError, Refusal, TooWide};

/// Why something was not done, and what to do instead.
#[must_use]
pub fn words(refusal: &Refusal) -> String {
    match refusal {
        Refusal::NotInRoom { room } => format!("you are not in {room}; /join {room} first"),
        Refusal::NoSuchRoom { room } => format!("there is no {room}; /rooms lists the rooms"),
        Refusal::RoomLooksLike { room, existing } => {
            format!(
                "{room} looks like {existing}, which exists; /join {existing} or choose another"
            )
        }
        Refusal::RoomMixesScripts { room } => {
            format!("{room} is no name: {}", NameError::MixedScripts)
        }
        Refusal::TooManyRooms { max, .. } => {
            format!("the house has {max} rooms, its limit; join one of them")
        }
        Refusal::TooManyNewRooms { rate, wait_ms, .. } => format!(
            "too many new rooms from your address (the limit is {} at once, then one in {}); try again \
             in {}, or /join a room there is",
            rate.burst,
            seconds(rate.interval_ms),
            seconds(*wait_ms)
        ),
        Refusal::InTooManyRooms { max, .. } => {
            format!("you are in {max} rooms, the limit; /leave one first")
        }
        Refusal::NickTaken { nick, holder } if nick.as_str() == holder.as_str() => {
            format!("{nick} is taken; choose another name")
        }
        Refusal::NickTaken { nick, holder } => {
            format!("{nick} looks like {holder}, who is here; choose another name")
        }
        Refusal::NoSuchNick { nick } => format!("nobody here is called {nick}; /who lists people"),
        Refusal::Away { nick } => {
            format!("{nick} is not connected just now; try again in a minute")
        }
        Refusal::Ignored { nick } => format!("{nick} does not take messages from you"),
        Refusal::IgnoringTooMany { max } => {
            format!("you ignore {max} people, the limit; /ignore one of them to make room")
        }
        Refusal::Yourself => "that is you".to_owned(),
        Refusal::TopicTooLong { bytes, max } => {
            format!("a topic is one line of at most {max} bytes; yours has {bytes}")
        }
        Refusal::NoSuchPage { page, pages } => {
            format!("there is no page {page}; the last is {pages}")
        }
        Refusal::SearchTooWide { why } => match why {
            TooWide::Words { max } => format!("a search has at most {max} words; leave some out"),
            TooWide::Prefix { chars_min } => {
                format!("what a word* begins with has at least {chars_min} characters")
            }
            TooWide::Work => "that search takes too long; use longer or rarer words".to_owned(),
        },
        Refusal::SearchesWait => "others are searching; try again in a moment".to_owned(),
        Refusal::NoSpace { free_mib, min_mib, text } => format!(
            "the disk is nearly full ({free_mib} MiB are free, the house needs {min_mib}); not sent: {text}"
        ),
        Refusal::Conflict { room, position, .. } => {
            format!("not sent: you said other words in {room} with its id, as message {position}")
        }
        Refusal::TooFast { burst, per_second, text } => format!(
            "too fast (the limit is {burst} at once, then {per_second} per second); not sent: {text}"
        ),
        Refusal::AddressTooFast { wait_s, text } => {
            format!("too much from your network address; try again in {wait_s} s; not sent: {text}")
        }
        Refusal::BadName { input, error } => {
            format!("{:?} is no name: {error}", echoed(input))
        }
        Refusal::BadText { error } => format!("not sent: {error}"),
    }
}

/// `1 second`, `40 seconds`: a part counts as a whole one.
fn seconds(ms: u32) -> String {
    match ms.div_ceil(1000) {
        1 => "1 second".to_owned(),
        count => format!("{count} seconds"),
    }
}
