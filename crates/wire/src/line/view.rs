//! What the line protocol shows of what happens, borrowed from whatever tells it: the core's facts on the server, the
//! api's messages in our client. Nothing that lines do not show is needed.

use teahouse_core::{Event, EventKind, ExitCause, Nick, Presence, RoomName, Text, Time};

use super::pieces::{begin_with_room, counted, push, render_notice, some_of};
use crate::command::Clock;
use crate::moment;

/// An event as lines show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventView<'a> {
    /// The room, where it is to be named.
    pub room: Option<&'a RoomName>,
    /// When.
    pub time: Time,
    /// Who.
    pub nick: &'a Nick,
    /// What they did.
    pub deed: Deed<'a>,
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed<'a> {
    /// Said something.
    Said(&'a str),
    /// Did something (`/me`).
    Acted(&'a str),
    /// Set the topic, or cleared it.
    Topic(Option<&'a str>),
    /// Something that no line shows.
    Unshown,
}

impl<'a> EventView<'a> {
    /// Of a fact.
    #[must_use]
    pub fn of(event: &'a Event, room: Option<&'a RoomName>) -> Self {
        let text = event.text.as_ref().map(Text::as_str);
        let deed = match event.kind {
            EventKind::Said => text.map_or(Deed::Unshown, Deed::Said),
            EventKind::Acted => text.map_or(Deed::Unshown, Deed::Acted),
            EventKind::Topic => Deed::Topic(text),
            EventKind::Unknown => Deed::Unshown,
        };
        Self { room, time: event.time, nick: &event.nick, deed }
    }

    /// As it happens: each line of a text with the mark of who speaks.
    pub fn render(&self, out: &mut Vec<u8>) {
        let nick = self.nick.as_str().as_bytes();
        let mut line = |parts: &[&[u8]]| {
            begin_with_room(self.room, out);
            push(out, parts);
        };
        match self.deed {
            Deed::Said(text) => {
                for words in text.split('\n') {
                    line(&[b"<", nick, b"> ", words.as_bytes(), b"\n"]);
                }
            }
            Deed::Acted(text) => {
                for words in text.split('\n') {
                    line(&[b"* ", nick, b" ", words.as_bytes(), b"\n"]);
                }
            }
            Deed::Topic(Some(text)) => {
                line(&[b"-- ", nick, b" set the topic: ", text.as_bytes(), b"\n"]);
            }
            Deed::Topic(None) => line(&[b"-- ", nick, b" cleared the topic\n"]),
            Deed::Unshown => {}
        }
    }

    /// As something of the past: each line with the time, and with the date unless that is today's.
    pub fn render_dated(&self, clock: &Clock, out: &mut Vec<u8>) {
        let time = moment::shown(self.time, clock);
        let mut lines = Vec::new();
        self.render(&mut lines);
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            push(out, &[b"[", time.as_bytes(), b"] ", line]);
        }
    }
}

/// Comings and goings as lines show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresenceView<'a> {
    /// Somebody came in.
    Entered {
        /// Who.
        nick: &'a Nick,
    },
    /// Somebody left the room and is still in the server.
    Left {
        /// Who.
        nick: &'a Nick,
    },
    /// Somebody left the server.
    Offline {
        /// Who.
        nick: &'a Nick,
        /// Why, if that is known.
        cause: Option<ExitCause>,
    },
    /// Somebody is called otherwise.
    Renamed {
        /// Before.
        from: &'a Nick,
        /// After.
        to: &'a Nick,
    },
    /// Many came and went.
    Folded {
        /// Some who came.
        entered: &'a [Nick],
        /// How many came.
        entered_count: usize,
        /// Some who went.
        gone: &'a [Nick],
        /// How many went.
        gone_count: usize,
        /// How many are here after that.
        members: usize,
    },
}

impl<'a> PresenceView<'a> {
    /// Of a fact; `None` for what passes in seconds, which has no place between lines.
    #[must_use]
    pub fn of(presence: &'a Presence) -> Option<Self> {
        Some(match presence {
            Presence::Typing { .. } => return None,
            Presence::Entered { nick } => Self::Entered { nick },
            Presence::Left { nick } => Self::Left { nick },
            Presence::Offline { nick, cause } => Self::Offline { nick, cause: Some(*cause) },
            Presence::Renamed { from, to } => Self::Renamed { from, to },
            Presence::Folded { entered, entered_count, gone, gone_count, members } => {
                let (entered_count, gone_count) = (*entered_count, *gone_count);
                Self::Folded { entered, entered_count, gone, gone_count, members: *members }
            }
        })
    }

    /// For the others in a room, which is named for those whose current room is another.
    pub fn render(&self, room: &RoomName, is_named: bool, out: &mut Vec<u8>) {
        let line = match self {
            Self::Entered { nick } => format!("{nick} entered {room}"),
            Self::Left { nick } => format!("{nick} left {room}"),
            Self::Offline { nick, cause } => format!("{nick} is offline{}", cause.map_or("", why)),
            Self::Renamed { from, to } => format!("{from} is now known as {to}"),
            Self::Folded { entered, entered_count, gone, gone_count, members } => {
                let mut parts = Vec::new();
                if *entered_count > 0 {
                    parts.push(format!("{} entered", some_of(entered, *entered_count)));
                }
                if *gone_count > 0 {
                    parts.push(format!("{} went", some_of(gone, *gone_count)));
                }
                format!("{room}: {}; {members} here", parts.join("; "))
            }
        };
        begin_with_room(is_named.then_some(room), out);
        render_notice(&line, out);
    }
}

/// Why somebody is offline, behind the words that they are.
fn why(cause: ExitCause) -> &'static str {
    match cause {
        ExitCause::Quit => "",
        ExitCause::Lost => " (connection lost)",
        ExitCause::Idle => " (silent too long)",
        ExitCause::Unread => " (did not read)",
        ExitCause::Closing => " (the house closes)",
        ExitCause::Replaced => " (came back elsewhere)",
    }
}

/// What a page of history is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HistoryTitle<'a> {
    /// The last messages of a room.
    Latest(&'a RoomName),
    /// Messages of a room before some moment.
    Before(&'a RoomName),
    /// What a search found; each line names its room.
    Found {
        /// The words as typed.
        words: &'a str,
        /// There may be older ones.
        is_cut: bool,
    },
}

/// The words for events of a room that are gone, from one position to another.
#[must_use]
pub fn gone(room: &RoomName, (from, to): (u64, u64)) -> String {
    match from == to {
        true => format!("message {from} of {room} is gone"),
        false => format!("messages {from} to {to} of {room} are gone"),
    }
}

/// A page of history with times, in the order given. Where it reaches back to the room's beginning and something
/// before that is gone, `gone_upto` is the last position of that.
pub fn render_history<'a>(
    (title, gone_upto): (HistoryTitle<'_>, Option<u64>),
    events: impl ExactSizeIterator<Item = EventView<'a>>,
    clock: &Clock,
    out: &mut Vec<u8>,
) {
    let zone = moment::zone_shown(clock);
    let messages = counted(events.len(), "message", "messages");
    let is_empty = events.len() == 0;
    let what = match title {
        HistoryTitle::Latest(name) if is_empty && gone_upto.is_some() => {
            format!("nothing that was said in {name} is kept")
        }
        HistoryTitle::Before(name) if is_empty && gone_upto.is_some() => {
            format!("nothing that was said in {name} before that is kept")
        }
        HistoryTitle::Latest(name) if is_empty => format!("nothing has been said in {name} yet"),
        HistoryTitle::Before(name) if is_empty => format!("nothing was said in {name} before that"),
        HistoryTitle::Found { words, .. } if is_empty => format!("nothing found for {words}"),
        HistoryTitle::Latest(name) => format!("the last {messages} in {name} (times: {zone})"),
        HistoryTitle::Before(name) => format!("{messages} in {name} before that (times: {zone})"),
        HistoryTitle::Found { words, .. } => {
            format!("{messages} found for {words}, newest first (times: {zone})")
        }
    };
    render_notice(&what, out);
    if let (HistoryTitle::Latest(name) | HistoryTitle::Before(name), Some(last)) =
        (title, gone_upto)
    {
        render_notice(&gone(name, (1, last)), out);
    }
    events.for_each(|event| event.render_dated(clock, out));
    if let HistoryTitle::Found { is_cut: true, .. } = title {
        render_notice("there may be older ones; /search alone shows them", out);
    }
}
