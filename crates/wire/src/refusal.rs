//! The sentences for refused requests, each once for all protocols. They differ only in what the reader can do next: a
//! person types commands, a program sends requests of the same names.

use std::borrow::Cow;

use teahouse_core::harmless::{echoed, harmless_line};
use teahouse_core::{NameError, Refusal, TooWide};

/// The hint for a person who named a room that does not exist.
pub(crate) const ROOMS_HINT: &str = "; /rooms lists the rooms";
/// The hint for a person who named a nick that nobody has.
pub(crate) const WHO_HINT: &str = "; /who lists people";

/// The reader of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A person who types commands, and gets a refused text back.
    Person,
    /// A program that sends requests, and still has the text.
    Program,
}

impl Reader {
    /// The name of a command or request for this reader.
    fn verb(self, name: &'static str) -> Cow<'static, str> {
        match self {
            Self::Person => format!("/{name}").into(),
            Self::Program => name.into(),
        }
    }

    /// These words for a person, nothing for a program.
    fn if_person(self, words: &'static str) -> &'static str {
        match self {
            Self::Person => words,
            Self::Program => "",
        }
    }
}

/// Why a request was refused and what to do instead, as one harmless line.
#[must_use]
pub fn words(refusal: &Refusal, reader: Reader) -> String {
    let line = sentence(refusal, reader);
    match (reader, given_back(refusal)) {
        (Reader::Person, Some(text)) => format!("{line}; not sent: {}", harmless_line(text)),
        (Reader::Program, _) | (_, None) => line,
    }
}

/// The text that a person gets back with the refusal.
fn given_back(refusal: &Refusal) -> Option<&str> {
    let (Refusal::NoSpace { text, .. }
    | Refusal::TooFast { text, .. }
    | Refusal::AddressTooFast { text, .. }) = refusal
    else {
        return None;
    };
    Some(text.as_str()).filter(|text| !text.is_empty())
}

fn sentence(refusal: &Refusal, reader: Reader) -> String {
    match refusal {
        Refusal::NotInRoom { room } => {
            format!("you are not in {room}; {} {room} first", reader.verb("join"))
        }
        Refusal::NoSuchRoom { room } => {
            format!("there is no {room}{}", reader.if_person(ROOMS_HINT))
        }
        Refusal::RoomLooksLike { room, existing } => format!(
            "{room} looks like {existing}, which exists; {} {existing} or choose another",
            reader.verb("join")
        ),
        Refusal::RoomMixesScripts { room } => {
            format!("{room} is no name: {}", NameError::MixedScripts)
        }
        Refusal::TooManyRooms { max, .. } => {
            format!("the house has {max} rooms, its limit; join one of them")
        }
        Refusal::TooManyNewRooms { rate, wait_ms, .. } => format!(
            "too many new rooms from your address (the limit is {} at once, then one in {} s); try again \
             in {} s, or {} a room there is",
            rate.burst,
            rate.interval_ms.div_ceil(1000),
            wait_ms.div_ceil(1000),
            reader.verb("join")
        ),
        Refusal::InTooManyRooms { max, .. } => {
            format!("you are in {max} rooms, the limit; {} one first", reader.verb("leave"))
        }
        Refusal::NickTaken { nick, holder } if nick.as_str() == holder.as_str() => {
            format!("{nick} is taken; choose another name")
        }
        Refusal::NickTaken { nick, holder } => {
            format!("{nick} looks like {holder}, who is here; choose another name")
        }
        Refusal::NoSuchNick { nick } => {
            format!("nobody here is called {nick}{}", reader.if_person(WHO_HINT))
        }
        Refusal::Away { nick } => {
            format!("{nick} is not connected just now; try again in a minute")
        }
        Refusal::Ignored { nick } => format!("{nick} does not take messages from you"),
        Refusal::IgnoringTooMany { max } => format!(
            "you ignore {max} people, the limit; {} one of them again to make room",
            reader.verb("ignore")
        ),
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
        Refusal::NoSpace { free_mib, min_mib, .. } => format!(
            "the disk is nearly full ({free_mib} MiB are free, the house needs {min_mib}); try again later"
        ),
        Refusal::Conflict { room, position, .. } => format!(
            "not sent: you said other words in {room} with this id, as message {position}; draw an id for \
             each message"
        ),
        Refusal::TooFast { burst, per_second, .. } => {
            format!("too fast (the limit is {burst} at once, then {per_second} per second)")
        }
        Refusal::AddressTooFast { wait_s, .. } => {
            format!("too much from your network address; try again in {wait_s} s")
        }
        Refusal::BadName { input, error } => format!("{:?} is no name: {error}", echoed(input)),
        Refusal::BadText { error } => format!("not sent: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use teahouse_core::harmless::harmless;
    use teahouse_core::{MessageId, Nick, Position, Rate, RoomName, TextError};

    use super::*;
    use crate::api;

    /// The most characters of a refusal without the text that is given back: a few rows of a terminal.
    const CHARS_MAX: usize = 300;

    /// All refusals, with the longest names, the largest numbers and a text with control characters.
    fn refusals() -> Vec<Refusal> {
        let room = || RoomName::parse(&"茶".repeat(64)).unwrap();
        let nick = || Nick::parse(&"茶".repeat(32)).unwrap();
        let text = || "one\ntwo\u{1b}[31m\u{202e}".to_owned();
        let all = vec![
            Refusal::NotInRoom { room: room() },
            Refusal::NoSuchRoom { room: room() },
            Refusal::RoomLooksLike { room: room(), existing: room() },
            Refusal::RoomMixesScripts { room: room() },
            Refusal::TooManyRooms { room: room(), max: usize::MAX },
            Refusal::TooManyNewRooms {
                room: room(),
                rate: Rate { burst: u32::MAX, interval_ms: u32::MAX },
                wait_ms: u32::MAX,
            },
            Refusal::InTooManyRooms { room: room(), max: usize::MAX },
            Refusal::NickTaken { nick: nick(), holder: nick() },
            Refusal::NickTaken { nick: nick(), holder: Nick::parse("ann").unwrap() },
            Refusal::NoSuchNick { nick: nick() },
            Refusal::Away { nick: nick() },
            Refusal::Ignored { nick: nick() },
            Refusal::IgnoringTooMany { max: usize::MAX },
            Refusal::Yourself,
            Refusal::TopicTooLong { bytes: usize::MAX, max: usize::MAX },
            Refusal::NoSuchPage { page: u32::MAX, pages: u32::MAX },
            Refusal::SearchTooWide { why: TooWide::Words { max: usize::MAX } },
            Refusal::SearchTooWide { why: TooWide::Prefix { chars_min: usize::MAX } },
            Refusal::SearchTooWide { why: TooWide::Work },
            Refusal::SearchesWait,
            Refusal::NoSpace { free_mib: u64::MAX, min_mib: u64::MAX, text: text() },
            Refusal::Conflict {
                room: room(),
                position: Position(u64::MAX),
                id: MessageId([9; 16]),
            },
            Refusal::TooFast { burst: u32::MAX, per_second: u32::MAX, text: text() },
            Refusal::AddressTooFast { wait_s: u32::MAX, text: text() },
            Refusal::BadName { input: text().repeat(500), error: NameError::Character('\u{202e}') },
            Refusal::BadText { error: TextError::Empty },
        ];
        // A new refusal has to be added above: the compiler reports this match, and the assertion on the count the list.
        let count = |refusal: &Refusal| match refusal {
            Refusal::NotInRoom { .. } => 0,
            Refusal::NoSuchRoom { .. } => 1,
            Refusal::RoomLooksLike { .. } => 2,
            Refusal::RoomMixesScripts { .. } => 3,
            Refusal::TooManyRooms { .. } => 4,
            Refusal::TooManyNewRooms { .. } => 5,
            Refusal::InTooManyRooms { .. } => 6,
            Refusal::NickTaken { .. } => 7,
            Refusal::NoSuchNick { .. } => 8,
            Refusal::Away { .. } => 9,
            Refusal::Ignored { .. } => 10,
            Refusal::IgnoringTooMany { .. } => 11,
            Refusal::Yourself => 12,
            Refusal::TopicTooLong { .. } => 13,
            Refusal::NoSuchPage { .. } => 14,
            Refusal::SearchTooWide { .. } => 15,
            Refusal::SearchesWait => 16,
            Refusal::NoSpace { .. } => 17,
            Refusal::Conflict { .. } => 18,
            Refusal::TooFast { .. } => 19,
            Refusal::AddressTooFast { .. } => 20,
            Refusal::BadName { .. } => 21,
            Refusal::BadText { .. } => 22,
        };
        let kinds: std::collections::BTreeSet<i32> = all.iter().map(count).collect();
        assert_eq!(kinds.len(), 23);
        all
    }

    #[test]
    fn every_refusal_is_one_short_harmless_line_in_every_protocol() {
        for refusal in refusals() {
            for reader in [Reader::Person, Reader::Program] {
                let line = words(&refusal, reader);
                assert_eq!(harmless(&line), line, "{refusal:?}");
                assert!(!line.contains(char::is_control), "{line:?}");
                let said = sentence(&refusal, reader);
                assert!(!said.is_empty() && said.chars().count() <= CHARS_MAX, "{said}");
            }
        }
    }

    #[test]
    fn people_get_commands_and_their_text_back_and_programs_do_not() {
        for refusal in refusals() {
            let [person, program] =
                [Reader::Person, Reader::Program].map(|reader| words(&refusal, reader));
            assert!(!program.contains(" /"), "{program}");
            assert!(!program.contains("; not sent: "), "{program}");
            assert_eq!(person.contains("; not sent: one two"), given_back(&refusal).is_some());
        }
        let refusal = Refusal::NotInRoom { room: RoomName::parse("tea").unwrap() };
        assert_eq!(words(&refusal, Reader::Person), "you are not in #tea; /join #tea first");
        assert_eq!(words(&refusal, Reader::Program), "you are not in #tea; join #tea first");
        // Our client receives the words for programs, and adds the commands for people.
        for refusal in refusals() {
            let (person, shown) =
                (words(&refusal, Reader::Person), api::failure_of(&refusal).for_person());
            assert_eq!(shown.contains(ROOMS_HINT), person.contains(ROOMS_HINT), "{shown}");
            assert_eq!(shown.contains(WHO_HINT), person.contains(WHO_HINT), "{shown}");
        }
        let refusal = Refusal::AddressTooFast { wait_s: 3, text: String::new() };
        assert_eq!(
            words(&refusal, Reader::Person),
            "too much from your network address; try again in 3 s"
        );
    }
}
